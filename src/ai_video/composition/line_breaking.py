"""Where a subtitle may break: by phrase, in Chinese and English. Pure.

A text is a row of atoms that never break inside (a Chinese word, a Latin word with the punctuation
that hangs on it); between two atoms stands a price for breaking there. Lines and cues are both cut
by the same search for the cheapest breaks.
"""

from __future__ import annotations

import itertools
import logging
import math
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

Width = Callable[[str], float]

SENTENCE_END, CLAUSE_END, SPACE, WORD_END, INSIDE = 0.0, 0.15, 0.5, 0.8, 1.6

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f\u3040-\u30ff]")
_HAN_RUN = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f\u3040-\u30ff]+"
    r"|[^\s\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f\u3040-\u30ff]+"
    r"|\s+"
)
_SENTENCE = frozenset("。！？!?…；;")
_CLAUSE = frozenset("，、,：:—")
_CLOSING = frozenset("。！？!?…；;，、,：:—）)》」』】〉”’\"'%％")
_OPENING = frozenset("（(《「『【〈“‘")
_TITLE = re.compile(
    r"(?:^|[^A-Za-z])(?:[A-Z]|Dr|Mr|Mrs|Ms|Prof|St|Gen|Capt|Lt|Col|Sgt|Rev|Sen|Gov|No|Fig|vs|approx)\.$"
)
"""An abbreviation or initial that belongs to the word after it: its dot ends no sentence."""
_BEFORE = frozenset("和与及或而但却因为所以如果虽然在把被从向对将给让并且以就也还都不")
_AFTER = frozenset("的了着过地得吗呢吧啊们")


class _Segmenter(Protocol):
    def lcut(self, sentence: str, *, HMM: bool) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Atom:
    """A piece that stays whole; `price` is what a break after it costs.

    `width` and `tight` are its width with and without the space at its end.
    """

    text: str
    start: int
    price: float
    width: float
    tight: float

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@cache
def _segmenter() -> _Segmenter:
    with warnings.catch_warnings():
        # Its source has invalid escapes, which newer Pythons warn of when they compile it.
        warnings.simplefilter("ignore")
        import jieba  # pyright: ignore[reportMissingTypeStubs]  loads a dictionary: only when needed

    jieba.setLogLevel(logging.ERROR)
    return jieba  # pyright: ignore[reportReturnType]  untyped module with this function


def atoms_of(text: str, *, width: Width, limit: float) -> list[Atom]:
    """The atoms of a text, none wider than `limit` (a longer word is cut where it must be)."""
    pieces: list[str] = []
    for run in _HAN_RUN.findall(text):
        if _HAN.match(run):
            pieces += _segmenter().lcut(run, HMM=False) if len(run) > 2 else [run]
        else:
            pieces += _with_spaces_apart(run)
    cut = _cut_wide(_joined(pieces), width, limit)
    starts = itertools.accumulate((len(piece) for piece in cut), initial=0)
    return [
        Atom(piece, start, _price(piece, following), width(piece), width(piece.rstrip()))
        for piece, following, start in zip(cut, [*cut[1:], ""], starts)
    ]


def _with_spaces_apart(run: str) -> list[str]:
    """Latin runs break after a hyphen or slash, and around opening and closing marks."""
    return [part for part in re.split(r"(?<=[-/，。、；：！？…—])(?=\S)", run) if part]


def _joined(pieces: Sequence[str]) -> list[str]:
    """Closing marks and spaces hang on what precedes, opening marks and titles on what follows."""
    joined: list[str] = []
    for piece in pieces:
        hangs = bool(joined) and (piece[0] in _CLOSING or piece.isspace())
        opens = bool(joined) and (
            joined[-1][-1] in _OPENING or bool(_TITLE.search(joined[-1].rstrip()))
        )
        if hangs or opens:
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined


def _cut_wide(pieces: Sequence[str], width: Width, limit: float) -> list[str]:
    cut: list[str] = []
    for piece in pieces:
        rest = piece
        while len(rest) > 1 and width(rest.rstrip()) > limit:
            fits = max(1, _longest_fit(rest, width, limit))
            cut.append(rest[:fits])
            rest = rest[fits:]
        cut.append(rest)
    return cut


def _longest_fit(text: str, width: Width, limit: float) -> int:
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle]) <= limit:
            low = middle
        else:
            high = middle - 1
    return low


def _price(atom: str, following: str) -> float:
    bare = atom.rstrip()
    marks = bare.rstrip("”’\"'）)》」』】〉")
    last = (marks or bare)[-1:]
    if not following or last in _SENTENCE or (last == "." and bare != atom):
        return SENTENCE_END
    if last in _CLAUSE:
        return CLAUSE_END
    if bare != atom:
        return SPACE
    if following[0] in _BEFORE or last in _AFTER:
        return SPACE
    if _HAN.match(last) or _HAN.match(following[0]):
        return WORD_END
    return INSIDE


def cut_cheaply(
    atoms: Sequence[Atom], *, limit: float, rows: int, weight: float, piece: float
) -> list[str]:
    """Cut a text into pieces of at most `rows` lines, at the cheapest places, of even size.

    A piece of one atom always stands. The cost of a cut is `piece` for every piece, `weight` times
    the price of every break (the cheapest one inside a piece of two lines too), and the square of
    every piece's empty share.
    """
    count = len(atoms)
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, count + 1):
        chosen = (math.inf, end - 1)
        price = atoms[end - 1].price * weight if end < count else 0.0
        for start in range(end - 1, -1, -1):
            block = atoms[start:end]
            if len(block) > 1 and rows_of(block, limit) > rows:
                break
            slack = max(0.0, 1.0 - sum(atom.width for atom in block) / (limit * rows))
            inner = _price_inside(block, limit) * weight if rows > 1 else 0.0
            cost = best[start][0] + piece + price + inner + slack * slack
            if cost < chosen[0]:
                chosen = (cost, start)
        best.append(chosen)
    cuts: list[str] = []
    end = count
    while end:
        start = best[end][1]
        cuts.append("".join(atom.text for atom in atoms[start:end]))
        end = start
    return cuts[::-1]


def _price_inside(atoms: Sequence[Atom], limit: float) -> float:
    """What the break between the two lines of a piece costs; nothing when it needs one line."""
    ends = list(itertools.accumulate(atom.width for atom in atoms))
    if ends[-1] <= limit or len(atoms) == 1:
        return 0.0
    prices = [
        atom.price
        for atom, end in zip(atoms[:-1], ends[:-1], strict=True)
        if end - atom.width + atom.tight <= limit and ends[-1] - end <= limit
    ]
    return min(prices, default=INSIDE)


def rows_of(atoms: Sequence[Atom], limit: float) -> int:
    """Lines that the atoms fill when each takes as many as it can hold."""
    rows, filled = 1, 0.0
    for atom in atoms:
        if filled and filled + atom.tight > limit + 1e-6:
            rows, filled = rows + 1, 0.0
        filled += atom.width
    return rows


def wrap(text: str, *, width: Width, limit: float) -> list[str]:
    """A text as the fewest lines no wider than `limit`, broken by phrase."""
    atoms = atoms_of(text, width=width, limit=limit)
    lines = cut_cheaply(atoms, limit=limit, rows=1, weight=0.6, piece=1000)
    return [line.strip() for line in lines if line.strip()]
