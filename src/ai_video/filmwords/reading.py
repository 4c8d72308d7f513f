"""A text about a picture, read into slots: negation, correction, names kept apart, implied colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from ai_video.domain.slots import Slots
from ai_video.filmwords.chinese import fold
from ai_video.filmwords.lexicon import Hit, Lexicon, lexicon

Language = Literal["zh", "en", "zh-Hans", "zh-Hant", "mixed"]
ONE_VALUE: Final = (
    "shot_size", "angle", "movement", "time_of_day", "depth_of_field", "pace", "aspect",
)  # fmt: skip
LISTS: Final = ("weather", "light", "mood", "style")
_RANKS: Final = {"light": 3, "time_of_day": 3, "weather": 3, "mood": 2, "style": 1}
_CLAUSE: Final = re.compile(r"[，。！？；：,.!?;:\n—…]")
_NEGATION_ZH: Final = re.compile(
    r"没有了?|不要出现|不出现|不要|不是|不带|不含|不再|不需要|不用|不得|看不[见到]|不见|毫无|并无|无须"
    r"|避免|去掉|去除|禁止|排除|没|无|别"
)
_NEGATION_CLOSE_ZH: Final = re.compile(r"(?<![无不])[不非未](?:太|算|那么|很)?$")
_HARMLESS_ZH: Final = re.compile(
    r"不断|不停|不禁|不由|不得不|差点没|不可思议|无奈|无比|无人机|无线|无限|无尽|无边|无语|无辜|无聊|无法|无意|没关系|没事|没错|没准|没办法|别墅|告别|离别|分别|性别|级别|别致|别处|别人|区别|无论|无数|不止|不远|无声|特别|不仅"
)
_BUT_ZH: Final = re.compile(r"而是|只有|只剩|但|改为|改成|换成|却|才是|就是")
_ACTING_ZH: Final = re.compile(r"[站走坐跑躺跪看望打穿拿]")
_ANY_ZH: Final = re.compile(r"(?:任何|一个|一点|其他|别的|半个|多余|明显|出现|带|有|什么|的|哪怕)*")
_STOPPED_ZH: Final = re.compile(
    r"^(?:已经|早已|渐渐|终于|慢慢|刚刚|刚)?(?:停|散去|散了|消散|退去|过去了)"
)
_JOIN: Final = re.compile(
    r"^(?:、|和|或|与|及|跟|以及|或者|也没有|也无|,? ?(?:or|and|nor) |, ?|/| )$"
)
_CORRECTION: Final = re.compile(
    r"不对|更准确地说|更确切地说|改成|改为|应该是|还是用|换成|不，|no, rather|or rather|scratch that|"
    r"make that|\bactually\b|no wait|on second thought|instead, ",
    re.IGNORECASE,
)
_NEGATION_EN: Final = re.compile(
    r"\b(?:no|not|without|never|avoid|avoiding|exclude|excluding|free of|devoid of|instead of|"
    r"rather than|nothing|neither|nor|lacks?|lacking|absent|minus|omit|remove|empty of)\b|n't\b",
    re.IGNORECASE,
)
_BUT_EN: Final = re.compile(r"\b(?:but|only|just|rather(?! than)|except|yet)\b", re.IGNORECASE)
_STOPPED_EN: Final = re.compile(
    r"^s?\s+(?:(?:is|was|has|had|have)\s+(?:just\s+|finally\s+)?(?:over|passed|stopped|ended|gone|cleared|died down|blown over)"
    r"|stops|stopped|ends|ended|clears|lifts|passes|subsides)\b",
    re.IGNORECASE,
)
_FREE_EN: Final = re.compile(r"^[ -]free\b", re.IGNORECASE)
_EMPTY: Final = re.compile(
    r"空无一人|四下无人|杳无人烟|无人(?!机)|渺无人迹|\b(?:nobody|no one|no-one|unpeopled|deserted|"
    r"uninhabited)\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    r"“[^“”]{2,400}”|「[^「」]{2,400}」|『[^『』]{2,400}』|《[^《》]{0,100}》|\"[^\"\n]{2,400}\"|<[^<>\n]{0,200}>"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The words found in a text: `said` describe the picture, `denied` must not be in it."""

    said: tuple[Hit, ...]
    denied: tuple[Hit, ...]
    excludes: tuple[str, ...]


def read_words(text: str, lang: Language = "zh", *, names: Sequence[str] = ()) -> Reading:
    """The film words of a text, sorted by position.

    Args:
        text: a description of a picture; quoted speech, titles and mark-up in it are not read.
        lang: a hint only; words of both languages are found.
        names: names of people, places and things: they are never film words.
    """
    masked = _masked(text, names)
    folded = fold(masked)
    said: list[Hit] = []
    denied: list[Hit] = []
    for hit in lexicon().hits(masked):
        if _is_name(masked, hit):
            continue
        follows = bool(denied) and _JOIN.match(folded[denied[-1].end : hit.start]) is not None
        if follows or _is_denied(folded, hit):
            denied.append(hit)
        elif hit.slot != "noun":
            said.append(hit)
    excludes = [hit.value for hit in denied]
    if _EMPTY.search(folded):
        excludes.insert(0, "people")
    return Reading(tuple(_corrected(folded, said)), tuple(denied), tuple(dict.fromkeys(excludes)))


def _masked(text: str, names: Sequence[str]) -> str:
    """The text with names, quotes and mark-up blanked out, as long as before."""
    masked = _QUOTED.sub(lambda match: "\ufffc" * len(match[0]), text)
    pattern = _any_name(tuple(names))
    if pattern is None:
        return masked
    return pattern.sub(lambda match: "\ufffc" * len(match[0]), masked)


@lru_cache(maxsize=256)
def _any_name(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """A pattern that finds any of the names, longest first."""
    wanted = sorted({name for name in names if name.strip()}, key=len, reverse=True)
    if not wanted:
        return None
    return re.compile(
        "|".join(
            rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"
            if name.isascii()
            else re.escape(name)
            for name in wanted
        )
    )


def _is_name(text: str, hit: Hit) -> bool:
    """A single English word with a capital inside a sentence is a name."""
    if not hit.word.isalpha() or not hit.word.isascii() or not hit.word[0].isupper():
        return False
    if hit.word.isupper():
        return False
    before = text[: hit.start].rstrip()
    return (
        bool(before) and before[-1] not in '.!?;:"“”—-,，。！？、：；\n\ufffc' and before.isascii()
    )


def _clause_before(text: str, start: int) -> str:
    """What stands before `start` in its clause, at most 40 characters."""
    piece = text[max(0, start - 40) : start]
    marks = list(_CLAUSE.finditer(piece))
    return piece[marks[-1].end() :] if marks else piece


def _is_denied(text: str, hit: Hit) -> bool:
    after = text[hit.end : hit.end + 30]
    stopped = _STOPPED_ZH.match(after) or _STOPPED_EN.match(after)
    if stopped and hit.slot in ("weather", "light"):
        return True
    if _FREE_EN.match(after):
        return True
    before = _clause_before(text, hit.start)
    return _denied_zh(before, noun=hit.slot == "noun") or _denied_en(before)


def _denied_zh(before: str, *, noun: bool) -> bool:
    spared = _HARMLESS_ZH.sub(lambda match: "\ufffc" * len(match[0]), before)
    if _NEGATION_CLOSE_ZH.search(spared):
        return not noun
    negations = list(_NEGATION_ZH.finditer(spared))
    if not negations:
        return False
    gap = spared[negations[-1].end() :]
    if noun:
        return _ANY_ZH.fullmatch(gap) is not None
    return len(gap) <= 6 and not _BUT_ZH.search(gap) and not _ACTING_ZH.search(gap)


def _denied_en(before: str) -> bool:
    negations = list(_NEGATION_EN.finditer(before))
    if not negations:
        return False
    gap = before[negations[-1].end() :]
    return len(gap.split()) <= 4 and not _BUT_EN.search(gap)


def _corrected(text: str, said: Sequence[Hit]) -> list[Hit]:
    """Where a text corrects itself, a one-value slot named again after it loses its first value."""
    marks = [match.start() for match in _CORRECTION.finditer(text)]
    if not marks:
        return list(said)
    kept: list[Hit] = []
    for hit in said:
        later = [other for other in said if other.slot == hit.slot and other.start > hit.start]
        corrected = any(hit.start < mark <= other.start for other in later for mark in marks) and (
            hit.slot in ONE_VALUE or hit.slot in LISTS or hit.slot.startswith("palette.")
        )
        if not corrected:
            kept.append(hit)
    return kept


def read_slots(
    text: str, lang: Language = "zh", *, names: Sequence[str] = (), aspect: str | None = None
) -> Slots:
    """The slots that a text speaks of, with the colour, light and depth they imply.

    Slots that the text does not speak of stay null or empty; `characters` and `scene` are the
    caller's to fill.

    Args:
        text: a description of a picture.
        lang: a hint only.
        names: names that are never film words.
        aspect: the project's aspect; the text's own wins over it, it wins over an implied one.
    """
    reading = read_words(text, lang, names=names)
    values: dict[str, object] = {slot: _first(reading.said, slot) for slot in ONE_VALUE}
    lists = {slot: _all(reading.said, slot) for slot in LISTS}
    _apply_implied(lexicon(), reading.said, values, lists)
    values["aspect"] = _first(reading.said, "aspect") or aspect or values["aspect"]
    values["palette"] = _palette(lexicon(), reading.said, values["time_of_day"], lists)
    return Slots.model_validate({**values, **lists, "exclude": reading.excludes})


def _first(said: Sequence[Hit], slot: str) -> str | None:
    return next((hit.value for hit in said if hit.slot == slot), None)


def _all(said: Sequence[Hit], slot: str) -> list[str]:
    return list(dict.fromkeys(hit.value for hit in said if hit.slot == slot))


def _apply_implied(
    words: Lexicon, said: Sequence[Hit], values: dict[str, object], lists: dict[str, list[str]]
) -> None:
    """Light, depth and aspect that moods and styles bring where the text says nothing of them."""
    spoken_light = bool(lists["light"])
    for slot in ("mood", "style"):
        for value in lists[slot]:
            brought = words.implied.get(value, {})
            if "light" in brought and not spoken_light and not lists["light"]:
                lists["light"].append(brought["light"])
            for name in ("depth_of_field", "aspect"):
                if name in brought and values[name] is None:
                    values[name] = brought[name]


def _palette(
    words: Lexicon, said: Sequence[Hit], time_of_day: object, lists: dict[str, list[str]]
) -> dict[str, str | None]:
    """Colour by rank: stated over light, time and weather, over mood, over style; a tie is null."""
    found: dict[str, str | None] = {}
    for side in ("temperature", "saturation", "contrast"):
        votes: dict[int, set[str]] = {}
        for value in _all(said, f"palette.{side}"):
            votes.setdefault(4, set()).add(value)
        sources = [(slot, value) for slot in LISTS for value in lists[slot]]
        sources += [("time_of_day", str(time_of_day))]
        for slot, value in sources:
            if side in words.implied.get(value, {}):
                votes.setdefault(_RANKS[slot], set()).add(words.implied[value][side])
        best = votes[max(votes)] if votes else set[str]()
        found[side] = next(iter(best)) if len(best) == 1 else None
    return found
