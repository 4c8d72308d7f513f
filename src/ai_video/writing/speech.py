"""Spoken text: cleaned of mark-up, cut into sentences, and how long it takes to say."""

from __future__ import annotations

import re
from typing import Final

from ai_video.domain.entities import Lang

LINE_LIMIT_S: Final = 9.5
# Characters looked at for one cut: more than a voice says within the limit.
_WINDOW: Final = 400
_CHINESE: Final = re.compile("[\u2e80-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
_PICTURE: Final = re.compile(r"!\[[^\]\n]{0,300}\]\([^)\n]{0,300}\)")
_LINK: Final = re.compile(r"\[([^\[\]\n]{0,300})\]\([^)\n]{0,300}\)")
_NOTE: Final = re.compile(
    r"\[\^?\d{1,3}\]|\[\[[^\[\]\n]{0,300}\]\]|<[^<>\n]{1,200}>|https?://[^\s，。）)]{1,500}"
)
_EMPHASIS: Final = re.compile(
    r"\*{1,3}|_{2,3}|`+|(?<!\w)_|_(?!\w)|~~|\\(?=[*_])|^[~>#]+\s*", re.MULTILINE
)
_BLANKS: Final = re.compile(r"\s+")
_BETWEEN_CHINESE: Final = re.compile(
    "(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])"
)
_ASIDE: Final = re.compile(r"[（(【][^（(【）)】]{0,60}[）)】]")
_SENTENCE: Final = re.compile(
    r"[。！？!?…]+[”」』’\"')）】]*|(?<![A-Z])(?<!\b[A-Z][a-z])(?<!Mrs)(?<!Prof)(?<!\betc)(?<!\be\.g)(?<!\bi\.e)\.+[”\"')]*(?=\s|$)|[；;](?=\s|[\u4e00-\u9fff])|\n+"
)
_COMMA: Final = re.compile(
    r"[，、,：:；;—–]+[”\"’]?\s*|\s(?=(?:and|but|or|which|that|because|when|while|where|so)\s)"
)
_OPENING: Final = re.compile(r"[：:,，]\s*(?=[“「\"])")
_RUN: Final = re.compile(r"(?:[^\w\s]){12,}")
_SPOKEN: Final = re.compile(r"\w")


def spoken_text(text: str, *, asides: bool = True) -> str:
    """The words as a voice says them: no mark-up; without `asides`, stage directions are left out."""
    cleaned = _NOTE.sub("", _LINK.sub(r"\1", _PICTURE.sub("", text)))
    cleaned = _EMPHASIS.sub("", cleaned)
    cleaned = _RUN.sub(lambda match: match[0][:3], cleaned)
    if not asides:
        cleaned = _ASIDE.sub("", cleaned)
    return _BETWEEN_CHINESE.sub("", _BLANKS.sub(" ", cleaned)).strip()


def is_speakable(text: str) -> bool:
    """Whether there is a letter or digit in it to say."""
    return _SPOKEN.search(text) is not None


def speech_s(text: str, lang: Lang) -> float:
    """Seconds a voice needs at speed 1, on the safe side.

    About 4.3 Chinese characters or 14.5 English ones a second with their pauses, measured on the
    embedded voices; digits are read out and take longer.
    """
    chinese = len(_CHINESE.findall(text))
    digits = sum(1 for char in text if char.isdigit())
    if lang == "zh":
        others = sum(1 for char in text if char.isalpha()) - chinese
        seconds = chinese / 4.3 + max(others, 0) * 0.085 + digits * 0.24
        seconds += 0.1 * sum(text.count(mark) for mark in "，、；：—") + 0.15 * len(
            _SENTENCE.findall(text)
        )
    else:
        seconds = (len(text) - chinese) / 14.5 + chinese / 4.0 + digits * 0.16
    return max(seconds, 0.7)


def sentences_of(text: str) -> list[str]:
    """The sentences of a cleaned text, with their end marks; together they are the text."""
    pieces: list[str] = []
    at = 0
    for match in _SENTENCE.finditer(text):
        piece = text[at : match.end()].strip()
        at = match.end()
        if piece and pieces and not is_speakable(piece):
            pieces[-1] += piece
        elif piece:
            pieces.append(piece)
    rest = text[at:].strip()
    if rest and pieces and not is_speakable(rest):
        pieces[-1] += rest
    elif rest:
        pieces.append(rest)
    return pieces


def lines_from(sentence: str, lang: Lang, *, limit_s: float = LINE_LIMIT_S) -> list[str]:
    """A sentence in pieces a voice says in at most `limit_s`, cut at commas, else at words."""
    total = speech_s(sentence, lang)
    if total <= limit_s:
        return [sentence]
    target = round(len(sentence) / (total // limit_s + 1))
    pieces: list[str] = []
    at = 0
    while len(sentence) - at > _WINDOW or speech_s(sentence[at:], lang) > limit_s:
        cut = _cut(sentence[at : at + _WINDOW], target, lang, limit_s)
        pieces.append(sentence[at : at + cut].strip())
        at += cut
    rest = sentence[at:].strip()
    if rest and pieces and not is_speakable(rest):
        pieces[-1] += rest
    else:
        pieces.append(rest)
    return [piece for piece in pieces if piece]


def _cut(text: str, target: int, lang: Lang, limit_s: float) -> int:
    """Where to cut: the comma nearest to `target` within the limit, else a blank, else the limit."""
    longest = max(1, int(len(text) * limit_s / max(speech_s(text, lang), 0.1)))
    longest = min(longest, len(text) - 1)
    quote = _OPENING.search(text, 4, longest + 1)
    if quote:
        return quote.end()
    window = text[: longest + 1]
    commas = [match.end() for match in _COMMA.finditer(window) if 0 < match.end() <= longest]
    good = [cut for cut in commas if cut >= longest // 4]
    if good:
        return min(good, key=lambda cut: abs(cut - target))
    blank = window.rfind(" ", longest // 3, longest)
    return blank + 1 if blank > 0 else longest
