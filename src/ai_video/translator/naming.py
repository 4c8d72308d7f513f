"""Who and what is named in a text: characters and the scene, found by id, name or alias."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ai_video.filmwords import fold, read_words, words_of
from ai_video.translator.notices import Notice, notice
from ai_video.translator.request import CharacterInput, SceneInput, TranslateRequest
from ai_video.translator.sanitising import BLANK
from ai_video.translator.shot import CharacterFound, FoundBy, SceneFound

_CLAUSE: Final = re.compile(r"[，。！？；：,.!?;:\n—…]")
_DENIED_ZH: Final = re.compile(
    r"(?:没有了?|不要出现|不出现|不要|不是|而不是|不见|看不[见到]|除去|去掉|不含|没|别拍|不拍|代替|取代)(?:任何|了|让|出现|看到|看见)*$"
)
_ABSENT_ZH: Final = re.compile(
    r"^(?:[和与跟、][^，。！？]{1,8}?)?(?:都|也|并)?(?:不在|没在|不出现|没有出现|不出镜|不入镜|没出现|没有来|没来|缺席|不见了|已经?离开|早已离开|不在场|未出现|未到)"
)
_DENIED_EN: Final = re.compile(
    r"\b(?:no|not|without|minus|except for|instead of|rather than|no sign of|no trace of|neither|nor|never)\s+(?:the\s+|any\s+|show(?:ing)?\s+)*$",
    re.IGNORECASE,
)
_ABSENT_EN: Final = re.compile(
    r"^(?:\s+(?:is|was|has|does|should|must|will)(?:\s+not|n['’]t|\s+nowhere|\s+never|\s+absent|\s+missing|\s+gone|\s+left)"
    r"(?:\s+(?:be|appear|show|here|there|present|in|visible|shown|seen|to be seen))*(?=\s*(?:[,.;!?]|$|in\b|the\b|frame|shot|picture|on\b)))",
    re.IGNORECASE,
)
_WEATHER_BEFORE: Final = re.compile(r"[下飘落刮起降](?:着|起|了|起了)?$")
_WEATHER_AFTER: Final = re.compile(
    r"^(?:纷飞|纷纷|飘落|淅沥|淅淅|绵绵|霏霏|蒙蒙|初霁|过后|停了|初晴)"
)
_CORRECTION: Final = re.compile(
    r"不对|不，|改成|换成|应该是|\bno,|\bno\b\s*[—-]|rather|\bactually\b|scratch that|make that|i mean",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Naming:
    """Names found in a text.

    Attributes:
        people: characters in the picture, in the order of the text.
        spans: (start, end, number among `people` or None) of every mention; None: a name that is
            denied or taken back.
        denied: ids whose name is denied.
        unclear: ids among which an ambiguous name leaves open who is meant.
    """

    people: tuple[CharacterFound, ...]
    spans: tuple[tuple[int, int, int | None], ...]
    denied: frozenset[str]
    warnings: tuple[Notice, ...]
    unclear: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    owners: tuple[tuple[str, FoundBy], ...]
    word: str


def find_people(text: str, request: TranslateRequest) -> Naming:
    """The characters a (cleaned) text names; listed ids that it does not name come last."""
    listed, warnings = _listed(request)
    found: dict[str, CharacterFound] = {}
    denied: set[str] = set()
    spans: list[tuple[int, int, str | None]] = []
    ambiguous: set[str] = set()
    unclear: set[str] = set()
    folded = fold(text)
    mentions = list(_mentions(folded, request.character_assets))
    kept = _uncorrected(folded, mentions)
    spans += [(m.start, m.end, None) for m in mentions if m not in kept]
    for mention in kept:
        owners = list(dict(mention.owners).items())
        if len(owners) > 1:
            named = [owner for owner in owners if owner[0] in listed]
            owners = named if len(named) == 1 else owners
        if len(owners) > 1:
            if mention.word not in ambiguous:
                ids = ", ".join(id for id, _ in owners)
                warnings.append(notice("ambiguous_name", word=mention.word, ids=ids))
            ambiguous.add(mention.word)
            unclear.update(owner for owner, _ in owners)
            continue
        id, by = owners[0]
        if _is_denied(folded, mention):
            denied.add(id)
            spans.append((mention.start, mention.end, None))
            continue
        spans.append((mention.start, mention.end, id))
        found.setdefault(id, CharacterFound(id, by, mention.word, mention.start))
    for id in listed:
        if id not in found:
            found[id] = CharacterFound(id, "id")
            if id in denied:
                asset = request.character(id)
                name = asset.name if asset is not None else id
                warnings.append(notice("character_denied", id=id, name=name))
    order = list(found)
    numbered = [(s, e, order.index(id) if id is not None else None) for s, e, id in spans]
    return Naming(
        tuple(found.values()),
        tuple(numbered),
        frozenset(denied),
        tuple(warnings),
        frozenset(unclear),
    )


def find_scene(text: str, request: TranslateRequest) -> tuple[SceneFound | None, list[Notice]]:
    """The scene: by its id, else the first one that the text names."""
    given = request.storyboard.scene_id
    if given:
        if request.scene(given) is not None:
            return SceneFound(given, "id"), []
        return _named_scene(text, request.scene_assets), [notice("unknown_scene", id=given[:80])]
    return _named_scene(text, request.scene_assets), []


def place_names(request: TranslateRequest) -> list[str]:
    """Names of places, which are never film words (those of people are blanked where they stand)."""
    return [entry.name for entry in request.scene_assets if len(entry.name) > 1]


def _listed(request: TranslateRequest) -> tuple[list[str], list[Notice]]:
    listed: list[str] = []
    warnings: list[Notice] = []
    for id in dict.fromkeys(request.storyboard.characters):
        if request.character(id) is not None:
            listed.append(id)
        else:
            warnings.append(notice("unknown_character", id=id[:80]))
    return listed, warnings


def _named_scene(text: str, scenes: Sequence[SceneInput]) -> SceneFound | None:
    folded = fold(text)
    best: tuple[int, int, str] | None = None
    for entry in scenes:
        name = fold(entry.name.strip())
        if len(name) < 2:
            continue
        for match in _pattern(name).finditer(folded):
            before = _clause_before(folded, match.start())
            if _DENIED_ZH.search(before) or _DENIED_EN.search(before):
                continue
            key = (match.start(), -len(name), entry.id)
            best = min(best, key) if best is not None else key
            break
    return SceneFound(best[2], "name") if best is not None else None


def _pattern(name: str) -> re.Pattern[str]:
    escaped = re.escape(name)
    if not name.isascii():
        return re.compile(escaped, re.IGNORECASE)
    return re.compile(rf"(?<![A-Za-z0-9_-]){escaped}(?![A-Za-z0-9_]|-[A-Za-z0-9])", re.IGNORECASE)


def _mentions(text: str, people: Sequence[CharacterInput]) -> Iterator[_Mention]:
    """Mentions in the order of a folded text, longest names first, not overlapping."""
    owners: dict[str, list[tuple[str, FoundBy]]] = {}
    seen: set[str] = set()
    for entry in people:
        if entry.id in seen:
            continue
        seen.add(entry.id)
        names: list[tuple[str, FoundBy]] = [(entry.name, "name"), (entry.id, "id")]
        for alias in entry.aliases:
            names.append((alias, "alias"))
        for name, by in names:
            key = fold(name.strip())
            if key and not (by == "id" and len(key) < 3):
                owners.setdefault(key, []).append((entry.id, by))
    taken: list[_Mention] = []
    covered = bytearray(len(text))
    for name in sorted(owners, key=len, reverse=True):
        for match in _pattern(name).finditer(text):
            mention = _Mention(match.start(), match.end(), tuple(owners[name]), match[0])
            if not any(covered[mention.start : mention.end]) and _is_mention(text, match, name):
                taken.append(mention)
                covered[mention.start : mention.end] = b"\1" * (mention.end - mention.start)
    yield from sorted(taken, key=lambda mention: mention.start)


def _is_mention(text: str, match: re.Match[str], name: str) -> bool:
    """Whether a name stands for its owner: not weather, not part of a longer word."""
    before = text[max(0, match.start() - 12) : match.start()]
    after = text[match.end() : match.end() + 12]
    if not name.isascii():
        if _WEATHER_BEFORE.search(before) and read_words(name).said:
            return False
        if _WEATHER_AFTER.match(after) and read_words(name).said:
            return False
        return len(name) > 1 or _stands_alone(text, match)
    if match[0] == name or match[0] == name.upper() or not name[0].isupper():
        return True
    led = re.search(r"\bthe\s+$", before, re.IGNORECASE) is not None
    plain_word = not read_words(name.lower(), "en").said
    return plain_word and (led or len(name.split()) > 1)


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    """A name of one Chinese character is no part of a known longer word."""
    piece = text[max(0, match.start() - 4) : match.end() + 4]
    at = match.start() - max(0, match.start() - 4)
    return not any(
        word.start <= at < word.end and word.end - word.start > 1 and word.kind != "unknown"
        for word in words_of(piece)
    )


def _clause_before(text: str, start: int) -> str:
    piece = text[max(0, start - 40) : start]
    marks = list(_CLAUSE.finditer(piece))
    return piece[marks[-1].end() :] if marks else piece


def _is_denied(text: str, mention: _Mention) -> bool:
    before = _clause_before(text, mention.start)
    after = text[mention.end : mention.end + 40]
    if _DENIED_ZH.search(before) or _DENIED_EN.search(before):
        return True
    return _ABSENT_ZH.match(after) is not None or _ABSENT_EN.match(after) is not None


def _uncorrected(text: str, mentions: list[_Mention]) -> list[_Mention]:
    """Mentions without those that the text takes back: A, no, B does something."""
    kept: list[_Mention] = []
    for index, mention in enumerate(mentions):
        following = mentions[index + 1] if index + 1 < len(mentions) else None
        gap = text[mention.end : following.start] if following is not None else ""
        marks = list(_CORRECTION.finditer(gap))
        takes_back = bool(marks) and len(gap) - marks[-1].end() <= 6 and len(gap) <= 40
        if not (takes_back and following is not None and following.owners != mention.owners):
            kept.append(mention)
    return kept


def blanked(text: str, spans: Sequence[tuple[int, int, int | None]]) -> str:
    """The text with names blanked, as long as before."""
    chars = list(text)
    for start, end, _ in spans:
        chars[start:end] = BLANK * (end - start)
    return "".join(chars)
