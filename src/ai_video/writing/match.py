"""Which shot of a new plan is which old one, so that ids, takes and locks survive an edited text."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Final
from uuid import UUID

from ai_video.writing.plan import LineDraft, ShotDraft

_ALIKE: Final = 0.45
_GAP_LIMIT: Final = 40


@dataclass(frozen=True, slots=True)
class OldLine:
    id: UUID
    speaker: str
    text: str


@dataclass(frozen=True, slots=True)
class OldShot:
    """A stored shot in the order of its episode; `description` helps where its text changed."""

    id: UUID
    source_digest: str
    lines: tuple[OldLine, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class ShotMatch:
    """By index of the new shots: the old shot's id, and by line index the old line's id.

    `unchanged` holds the new shots whose paragraphs all read as before.
    """

    shots: Mapping[int, UUID] = field(default_factory=dict[int, UUID])
    lines: Mapping[tuple[int, int], UUID] = field(default_factory=dict[tuple[int, int], UUID])
    unchanged: frozenset[int] = frozenset()


def match_shots(old: Sequence[OldShot], new: Sequence[ShotDraft]) -> ShotMatch:
    """Old ids for new shots; each old shot and line is given at most once.

    Equal paragraphs match first, wherever they moved; then shots that share a paragraph; then, in
    the gaps between matched shots, those that read alike.
    """
    finder = _Finder(old, new)
    finder.match_equal()
    unchanged = frozenset(finder.found)
    finder.match_shared()
    finder.match_alike()
    shots = {at: old[source].id for at, source in finder.found.items()}
    return ShotMatch(shots, _match_lines(old, new, finder.found), unchanged)


class _Finder:
    def __init__(self, old: Sequence[OldShot], new: Sequence[ShotDraft]) -> None:
        self.old, self.new = old, new
        self.found: dict[int, int] = {}
        self.taken: set[int] = set()

    def _pair(self, at: int, source: int) -> None:
        self.found[at] = source
        self.taken.add(source)

    def match_equal(self) -> None:
        """Shots with the same paragraphs: where their number is unchanged, in order; then by
        neighbourhood, so that one of several equal lines keeps its own place; then in order."""
        before = Counter(shot.source_digest for shot in self.old)
        after = Counter(shot.source_digest for shot in self.new)
        same = {key for key, count in after.items() if key and before[key] == count}
        self._in_order(same)
        self._beside(range(len(self.new)), step=1)
        self._beside(range(len(self.new) - 1, -1, -1), step=-1)
        self._in_order({key for key in after if key})

    def _in_order(self, keys: set[str]) -> None:
        places: dict[str, deque[int]] = defaultdict(deque)
        for source, shot in enumerate(self.old):
            if source not in self.taken and shot.source_digest in keys:
                places[shot.source_digest].append(source)
        for at, shot in enumerate(self.new):
            if at not in self.found and places.get(shot.source_digest):
                self._pair(at, places[shot.source_digest].popleft())

    def _beside(self, order: range, *, step: int) -> None:
        for at in order:
            source = self.found.get(at - step)
            if at in self.found or source is None or not 0 <= source + step < len(self.old):
                continue
            beside = source + step
            key = self.new[at].source_digest
            if beside not in self.taken and key and self.old[beside].source_digest == key:
                self._pair(at, beside)

    def match_shared(self) -> None:
        """Shots that share at least one paragraph; the one that shares most."""
        holders: dict[str, list[int]] = defaultdict(list)
        for source, shot in enumerate(self.old):
            for digest in shot.source_digest.split(","):
                if source not in self.taken and digest:
                    holders[digest].append(source)
        for at, shot in enumerate(self.new):
            if at in self.found:
                continue
            votes = Counter(
                source
                for digest in shot.source_digest.split(",")
                for source in holders.get(digest, ())[:50]
                if source not in self.taken
            )
            if votes:
                self._pair(at, max(votes, key=lambda source: (votes[source], -source)))

    def match_alike(self) -> None:
        """In each gap between matched neighbours, the pairs that read alike, in order."""
        at = 0
        while at < len(self.new):
            if at in self.found:
                at += 1
                continue
            end = at
            while end < len(self.new) and end not in self.found:
                end += 1
            self._pair_gap(list(range(at, end)), self._old_gap(at, end))
            at = end

    def _old_gap(self, start: int, end: int) -> list[int]:
        low = self.found[start - 1] + 1 if start else 0
        high = self.found[end] if end < len(self.new) else len(self.old)
        return [source for source in range(low, high) if source not in self.taken][:_GAP_LIMIT]

    def _pair_gap(self, fresh: list[int], left: list[int]) -> None:
        first = 0
        for at in fresh[:_GAP_LIMIT]:
            scores = [
                (_likeness(self.old[left[i]], self.new[at]), -i) for i in range(first, len(left))
            ]
            if not scores:
                return
            best, place = max(scores)
            if best >= _ALIKE or len(fresh) == len(left) == 1:
                self._pair(at, left[-place])
                first = -place + 1


def _likeness(old: OldShot, new: ShotDraft) -> float:
    said = " ".join(line.text for line in old.lines), " ".join(line.text for line in new.lines)
    if any(said):
        return _ratio(*said)
    return _ratio(old.description, new.description)


def _ratio(before: str, after: str) -> float:
    if not before or not after:
        return 0.0
    return SequenceMatcher(None, before[:300], after[:300], autojunk=False).ratio()


def _match_lines(
    old: Sequence[OldShot], new: Sequence[ShotDraft], found: Mapping[int, int]
) -> dict[tuple[int, int], UUID]:
    """Lines keep their ids inside their shot; a line that moved to another shot keeps its id too."""
    ids: dict[tuple[int, int], UUID] = {}
    taken: set[UUID] = set()
    for at, source in found.items():
        for index, line in enumerate(new[at].lines):
            same = _first_free(old[source].lines, line, taken)
            if same is not None:
                ids[at, index] = same
                taken.add(same)
    elsewhere: dict[tuple[str, str], deque[UUID]] = defaultdict(deque)
    for shot in old:
        for line in shot.lines:
            if line.id not in taken:
                elsewhere[line.speaker, line.text].append(line.id)
    for at, shot in enumerate(new):
        for index, line in enumerate(shot.lines):
            free = elsewhere.get((line.speaker, line.text))
            if (at, index) not in ids and free:
                ids[at, index] = free.popleft()
                taken.add(ids[at, index])
    _match_changed_lines(old, new, found, ids, taken)
    return ids


def _first_free(lines: Sequence[OldLine], line: LineDraft, taken: set[UUID]) -> UUID | None:
    for other in lines:
        if other.id not in taken and (other.speaker, other.text) == (line.speaker, line.text):
            return other.id
    return None


def _match_changed_lines(
    old: Sequence[OldShot],
    new: Sequence[ShotDraft],
    found: Mapping[int, int],
    ids: dict[tuple[int, int], UUID],
    taken: set[UUID],
) -> None:
    """A changed line of a matched shot takes the next free id of the same speaker there."""
    for at, source in found.items():
        for index, line in enumerate(new[at].lines):
            if (at, index) in ids:
                continue
            for other in old[source].lines:
                if other.id not in taken and other.speaker == line.speaker:
                    ids[at, index] = other.id
                    taken.add(other.id)
                    break
