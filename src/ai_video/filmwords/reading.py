"""A text about a picture, read into slots: negation, correction, names kept apart, implied colour."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from ai_video.domain.slots import Slots
from ai_video.filmwords.chinese import fold
from ai_video.filmwords.context import fits
from ai_video.filmwords.lexicon import Hit, Lexicon, lexicon
from ai_video.filmwords.patterns import pattern_hits

Language = Literal["zh", "en", "zh-Hans", "zh-Hant", "mixed"]
ONE_VALUE: Final = (
    "shot_size", "angle", "movement", "time_of_day", "depth_of_field", "pace", "aspect",
)  # fmt: skip
LISTS: Final = ("weather", "light", "mood", "style")
_RANKS: Final = {"light": 3, "time_of_day": 3, "weather": 3, "mood": 2, "style": 1}
_CLAUSE: Final = re.compile(r"[，。！？；：,.!?;:\n—…]")
_NEGATION_ZH: Final = re.compile(
    r"没有了?|不要出现|不出现|不要|不是|不带|不含|不再|不需要|不用|不得|[看见找]不[见到]|不见|毫无|并无|无须"
    r"|避免|去掉|去除|禁止|排除|没|无|别"
)
_NEGATION_CLOSE_ZH: Final = re.compile(r"(?<![无不])[不非未](?:太|算|那么|很)?$")
_HARMLESS_ZH: Final = re.compile(
    r"不断|不停|不禁|不由|不得不|差点没|不可思议|无奈|无比|无人机|无线|无限|无尽|无边|无语|无辜|无聊|无法|无意|没关系|没事|没错|没准|没办法|别墅|告别|离别|分别|性别|级别|别致|别处|别人|区别|无论|无数|不止|不远|无声|特别|不仅"
)
_BUT_ZH: Final = re.compile(r"而是|只有|只剩|但|改为|改成|换成|却|才是|就是")
_ACTING_ZH: Final = re.compile(r"[站走坐跑躺跪看望打穿拿]")
_ANY_ZH: Final = re.compile(
    r"(?:任何|一点儿?|一丝|其他|其它|别的|半[个点]|多余|额外|明显|现代|出现|拍到|看到|看见|哪怕|一?[个只辆盏把张本座棵朵片条名位艘]"
    r"|[带有戴穿撑打拿背系画写用放让]|什么|的|再|再有|过多)*"
)
_STOPPED_ZH: Final = re.compile(
    r"^(?:已经|早已|渐渐|终于|慢慢|刚刚|刚)?(?:停|散去|散了|消散|退去|过去了)"
)
_JOIN: Final = re.compile(
    r"^(?:、|和|或|与|及|跟|以及|或者|也没有|也无|,? ?(?:or|and|nor) |, ?|/| )$"
)
_CORRECTION: Final = re.compile(
    r"不对|抱歉|算了|改用|更准确地说|更确切地说|改成|改为|应该是|还是用|换成|不，|no, rather|or rather|scratch that|"
    r"make that|make it (?:a|an|the)\b|\bactually\b|no wait|on second thought|instead, |\bno,? sorry|\bsorry, |\bcorrection:|\bi mean\b|\bno — |\bno - ",
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
    r"|stops|stopped|ends|ended|clears|lifts|passes|subsides)\b"
    r"|^[^.!?;]{0,20}\bit\s+(?:has|had)?\s*(?:now\s+|finally\s+|just\s+)*(?:stopped|cleared|passed|ended)\b",
    re.IGNORECASE,
)
_NOT_ZH: Final = re.compile(r"(?<![无不])不(?!同|过是|管|论|久|时|已|由)|未|(?<!无)非(?!常|洲)")
_MISSING_AFTER: Final = re.compile(
    r"^(?:都|也)(?:没有?|不见)了?"
    r"|^(?:都)?(?:不见了|不存在|消失了|不出现|不要出现|不入镜|不入画|全部?去掉|去掉)"
    r"|^\s+(?:is|are|was|were)\s+(?:absent|gone|missing|nowhere)\b"
)
_FREE_EN: Final = re.compile(r"^[ -]free\b", re.IGNORECASE)
_EMPTY: Final = re.compile(
    r"空无一人|四下无人|\b(?:not|isn't|wasn't|without) a (?:single )?soul\b|杳无人烟|无人(?!机|驾驶|售货|车|艇|区域管)|渺无人迹|人影全无|没人(?!注意|知道|敢|能|会|说|理|看|发现|管|回答|应)"
    r"|一?个?人影?(?:都|也)(?:没有|看不到|不见)|看不[见到]人|不见人影|\b(?:nobody|no one|no-one|unpeopled|deserted|"
    r"uninhabited)\b",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    r"“[^“”]{2,400}”|「[^「」]{2,400}」|『[^『』]{2,400}』|《[^《》]{0,100}》|\"[^\"\n]{2,400}\"|<[^<>\n]{0,200}>"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The words found in a text: `said` describe the picture, `denied` must not be in it.

    Attributes:
        corrected: words that the text takes back.
        denials: (start, end) of what denies and what it denies.
        corrections: (start, end) of the words that correct.
    """

    said: tuple[Hit, ...]
    denied: tuple[Hit, ...]
    excludes: tuple[str, ...]
    corrected: tuple[Hit, ...] = ()
    denials: tuple[tuple[int, int], ...] = ()
    corrections: tuple[tuple[int, int], ...] = ()


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
    denials: list[tuple[int, int]] = []
    for hit in _all_hits(masked, folded):
        if _is_name(masked, hit) or not fits(masked, folded, hit):
            continue
        follows = bool(denied) and _JOIN.match(folded[denied[-1].end : hit.start]) is not None
        described = bool(denied) and folded[denied[-1].end : hit.start] == "的"
        span = (denied[-1].end, hit.end) if follows else _denial(folded, hit)
        if described:
            span = None
        if span is not None:
            denied.append(hit)
            denials.append(span)
        elif hit.slot != "noun":
            said.append(hit)
    for match in _EMPTY.finditer(folded):
        denials.append(match.span())
    excludes = [hit.value for hit in denied]
    if _EMPTY.search(folded):
        excludes.insert(0, "people")
    kept = _corrected(folded, said)
    standing = frozenset(kept)
    return Reading(
        tuple(kept),
        tuple(denied),
        tuple(dict.fromkeys(excludes)),
        tuple(hit for hit in said if hit not in standing),
        tuple(denials),
        tuple(match.span() for match in _CORRECTION.finditer(folded)),
    )


def _all_hits(text: str, folded: str) -> list[Hit]:
    """Words of the list and patterns, by position; of one slot the longer of two that overlap."""
    patterns = list(pattern_hits(folded))
    words = [
        hit
        for hit in lexicon().hits(text)
        if not any(
            other.slot == hit.slot
            and other.start < hit.end
            and hit.start < other.end
            and other.end - other.start >= hit.end - hit.start
            for other in patterns
        )
    ]
    longer = [
        hit
        for hit in patterns
        if not any(
            other.slot == hit.slot and other.start < hit.end and hit.start < other.end
            for other in words
        )
    ]
    return sorted([*words, *longer], key=lambda hit: hit.start)


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
    """English words with capitals inside a sentence, or before another capital, are a name."""
    words = re.findall(r"[A-Za-z']+", hit.word)
    if not words or not all(word[0].isupper() and not word.isupper() for word in words):
        return False
    if _is_headline(text):
        return False
    before = text[: hit.start].rstrip()
    opens = not before or before[-1] in _OPENING
    following = _NEXT_NAME.match(text, hit.end)
    if following is not None and not lexicon().hits(following[1].lower()):
        return True
    return not opens and before.isascii() and len(words) <= 3


_OPENING: Final = '.!?;:"“”—-,，。！？、：；\n\ufffc'
_NEXT_NAME: Final = re.compile(r" ([A-Z][a-z]+)(?:'s)?\b")


@lru_cache(maxsize=16)
def _is_headline(text: str) -> bool:
    """Whether most English words of a text begin with a capital."""
    words = re.findall(r"[A-Za-z][a-z']+", text)
    return len(words) > 3 and sum(word[0].isupper() for word in words) * 10 > len(words) * 6


def _clause_before(text: str, start: int) -> str:
    """What stands before `start` in its clause, at most 40 characters."""
    piece = text[max(0, start - 40) : start]
    marks = list(_CLAUSE.finditer(piece))
    return piece[marks[-1].end() :] if marks else piece


def _denial(text: str, hit: Hit) -> tuple[int, int] | None:
    """(start, end) of what denies a word and the word itself; None where nothing does."""
    after = text[hit.end : hit.end + 30]
    stopped = _STOPPED_ZH.match(after) or _STOPPED_EN.match(after)
    if stopped and hit.slot in ("weather", "light"):
        return hit.start, hit.end + stopped.end()
    missing = _MISSING_AFTER.match(after)
    if missing and hit.slot == "noun":
        return hit.start, hit.end + missing.end()
    free = _FREE_EN.match(after)
    if free:
        return hit.start, hit.end + free.end()
    before = _clause_before(text, hit.start)
    at = _denied_zh(before, noun=hit.slot == "noun")
    if at is None:
        at = _denied_en(before)
    return None if at is None else (hit.start - len(before) + at, hit.end)


def _denied_zh(before: str, *, noun: bool) -> int | None:
    """Where in the clause before a word the Chinese negation of it stands."""
    spared = _HARMLESS_ZH.sub(lambda match: "\ufffc" * len(match[0]), before)
    close = _NEGATION_CLOSE_ZH.search(spared)
    if close:
        return None if noun else close.start()
    negations = list(_NEGATION_ZH.finditer(spared))
    if not negations:
        return None
    gap = spared[negations[-1].end() :]
    if noun:
        denied = _ANY_ZH.fullmatch(gap) is not None
    else:
        denied = len(gap) <= 6 and not _BUT_ZH.search(gap) and not _ACTING_ZH.search(gap)
    return negations[-1].start() if denied else None


def _denied_en(before: str) -> int | None:
    """Where in the clause before a word the English negation of it stands."""
    negations = list(_NEGATION_EN.finditer(before))
    if not negations:
        return None
    gap = before[negations[-1].end() :]
    denied = len(gap.split()) <= 4 and not _BUT_EN.search(gap)
    return negations[-1].start() if denied else None


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
    slots = slots_of(read_words(text, lang, names=names))
    stated = slots.aspect if aspect is None or _states_aspect(text, lang, names) else aspect
    return slots.model_copy(update={"aspect": stated})


def _states_aspect(text: str, lang: Language, names: Sequence[str]) -> bool:
    return stated_aspect(read_words(text, lang, names=names)) is not None


def stated_aspect(reading: Reading) -> str | None:
    """The ratio that a text itself states."""
    return _first(reading.said, "aspect")


def slots_of(reading: Reading) -> Slots:
    """The slots that the words of a text fill, with the colour, light, depth and ratio they imply."""
    values: dict[str, object] = {slot: _first(reading.said, slot) for slot in ONE_VALUE}
    lists = {slot: _all(reading.said, slot) for slot in LISTS}
    _apply_implied(lexicon(), reading.said, values, lists, reading.excludes)
    votes = _palette_votes(lexicon(), reading.said, values["time_of_day"], lists)
    values["palette"] = {
        side: next(iter(said)) if len(said) == 1 else None for side, said in votes.items()
    }
    return Slots.model_validate({**values, **lists, "exclude": reading.excludes})


def contradictions(reading: Reading) -> dict[str, tuple[str, ...]]:
    """Sides of the palette for which a text says different things with equal right."""
    lists = {slot: _all(reading.said, slot) for slot in LISTS}
    time = _first(reading.said, "time_of_day")
    votes = _palette_votes(lexicon(), reading.said, time, lists)
    return {side: tuple(sorted(said)) for side, said in votes.items() if len(said) > 1}


def negation_at(clause: str) -> int | None:
    """Where in a clause the first negation stands; words that only look like one do not count."""
    spared = _HARMLESS_ZH.sub(lambda match: "\ufffc" * len(match[0]), fold(clause))
    found = [_NEGATION_ZH.search(spared), _NEGATION_EN.search(spared), _NOT_ZH.search(spared)]
    return min((match.start() for match in found if match is not None), default=None)


def _first(said: Sequence[Hit], slot: str) -> str | None:
    return next((hit.value for hit in said if hit.slot == slot), None)


def _all(said: Sequence[Hit], slot: str) -> list[str]:
    return list(dict.fromkeys(hit.value for hit in said if hit.slot == slot))


def _apply_implied(
    words: Lexicon,
    said: Sequence[Hit],
    values: dict[str, object],
    lists: dict[str, list[str]],
    excludes: Sequence[str],
) -> None:
    """Light, depth and aspect that moods and styles bring where the text says nothing of them."""
    spoken_light = bool(lists["light"])
    for slot in ("mood", "style"):
        for value in lists[slot]:
            brought = words.implied.get(value, {})
            if (
                "light" in brought
                and not spoken_light
                and not lists["light"]
                and brought["light"] not in excludes
            ):
                lists["light"].append(brought["light"])
            for name in ("depth_of_field", "aspect"):
                if name in brought and values[name] is None and brought[name] not in excludes:
                    values[name] = brought[name]


def _palette_votes(
    words: Lexicon, said: Sequence[Hit], time_of_day: object, lists: dict[str, list[str]]
) -> dict[str, set[str]]:
    """What each side of the palette is said to be, by the highest rank that speaks of it.

    Stated over light, time and weather, over mood, over style.
    """
    found: dict[str, set[str]] = {}
    for side in ("temperature", "saturation", "contrast"):
        votes: dict[int, set[str]] = {}
        for value in _all(said, f"palette.{side}"):
            votes.setdefault(4, set()).add(value)
        sources = [(slot, value) for slot in LISTS for value in lists[slot]]
        sources += [("time_of_day", str(time_of_day))]
        for slot, value in sources:
            if side in words.implied.get(value, {}):
                votes.setdefault(_RANKS[slot], set()).add(words.implied[value][side])
        found[side] = votes[max(votes)] if votes else set()
    return found
