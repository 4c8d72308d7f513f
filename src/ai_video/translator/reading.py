"""A shot read by rules: slots, exclusions, people, scene, aspect, what is asked; pure, no graph."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast, get_args

from ai_video.domain.slots import Aspect, Movement, Slots, Style
from ai_video.filmwords import Reading, name_of, read_words
from ai_video.filmwords.reading import contradictions, negation_at, slots_of, stated_aspect
from ai_video.translator.answer import PromptLanguage
from ai_video.translator.exclusions import find_nouns, things_of
from ai_video.translator.naming import Naming, blanked, find_people, find_scene, place_names
from ai_video.translator.notices import Notice, NoticeLanguage, notice
from ai_video.translator.request import TranslateRequest
from ai_video.translator.sanitising import BLANK, clean
from ai_video.translator.shot import (
    AspectRead,
    CharacterFound,
    Exclusion,
    LevelAsked,
    Piece,
    SceneFound,
    ShotReading,
)

__all__ = ["CharacterFound", "Exclusion", "Piece", "SceneFound", "ShotReading", "read_shot"]

_MOVEMENTS: Final = frozenset(get_args(Movement))
_ANIMATION: Final = re.compile(r"animate[\s_-]?diff", re.IGNORECASE)
_NOT_DRAWN: Final = frozenset(
    ["shot_size", "angle", "movement", "aspect", "depth_of_field", "style"]
)
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_MARK: Final = re.compile("\ufffa\\d+\ufffb")
_CLAUSES: Final = re.compile(r"[，。！？；：,.!?;:\n—…]+")
_LEFTOVER: Final = re.compile(
    r"^(?:and|but|with|of|over|on|in|at|to|from|as|by|the|a|an|is|are|there|then|only|just|rather|no|not|shot|camera|style|"
    r"lighting|light|look|mood|atmosphere|ratio|format|screen|framing|view|这|是|的|了|着|过|而|用|在|为|和|与|画面|镜头|风格|拍摄|画幅|比例|色调|感|"
    r"\s|[-–'’])*$",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"^(?:\s|of\b|and\b|but\b|over\b|on\b(?=\s+(?:the|a|an|his|her|their)\b)|at\b(?=\s+(?:the|a|an)\b)|to\b(?=\s+(?:the|a|an)\b)|"
    r"of\b|showing\b|rather\b|style\b|shot\b|view\b|的|，|,|-)+",
    re.IGNORECASE,
)
_TRAILING: Final = re.compile(
    r"(?:\s|\band\b|\bbut\b|\bwith\b|\bin\b|\bof\b|\ba\b|\ban\b|\bthe\b|\bat\b|\bfrom\b|\bas\b|\bthere (?:is|are)\b|\bis\b|\bare\b|，|,|-|和|与|在)+$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Source:
    """One text of the shot, cleaned, with the names and words found in it."""

    clean: str
    naming: Naming
    words: Reading
    nouns: tuple[Exclusion, ...]
    noun_spans: tuple[tuple[int, int], ...]


def read_shot(request: TranslateRequest) -> ShotReading:
    """All that the shot, its camera field and its notes say of the picture; dialogue is not read."""
    shot = request.storyboard
    warnings: list[Notice] = []
    texts = [_camera_words(shot.camera_movement or ""), shot.description, shot.notes]
    joined = "\n".join(texts)
    cleaned = clean(joined)
    warnings += cleaned.warnings
    if not shot.description.strip():
        warnings.append(notice("description_empty"))
    naming = find_people(cleaned.text, request)
    warnings += naming.warnings
    scene, said = find_scene(cleaned.text, request)
    warnings += said
    source = _read(cleaned.text, naming, place_names(request))
    first = len(texts[0]) + 1
    slots, from_project = with_project(slots_of(source.words), source.words, request)
    for side, values in contradictions(source.words).items():
        warnings.append(notice("conflicting_palette", side=side, values=", ".join(values)))
    aspect = _aspect(source.words, slots, request)
    exclude = _exclusions(source)
    slots = slots.model_copy(
        update={
            "aspect": aspect.value if aspect is not None else None,
            "exclude": tuple(dict.fromkeys(entry.noun for entry in exclude)),
            "characters": tuple(found.id for found in naming.people),
            "scene": scene.id if scene is not None else None,
        }
    )
    return ShotReading(
        slots=slots,
        exclude=exclude,
        aspect=aspect,
        characters=_moved(naming.people, -first),
        scene=scene,
        level_asked=_level(request),
        output=shot.generation_config.output,
        asks_animation=_ANIMATION.search(cleaned.text) is not None,
        pieces=tuple(_pieces(source, first)),
        colours=request.project.color_palette,
        from_project=from_project,
        warnings=_unique(warnings),
        language=_language(request),
    )


def _unique(warnings: Iterable[Notice]) -> tuple[Notice, ...]:
    unique: dict[tuple[str, str], Notice] = {}
    for entry in warnings:
        unique.setdefault((entry.code, str(sorted(entry.values.items()))), entry)
    return tuple(unique.values())


def _camera_words(movement: str) -> str:
    """A canonical value as words, so that `push_in` reads like any text."""
    key = movement.strip().lower()
    return key.replace("_", " ") if key in _MOVEMENTS else movement


def _read(text: str, naming: Naming, names: Sequence[str]) -> _Source:
    without = blanked(text, naming.spans)
    words = _undenied(read_words(without, "mixed", names=names))
    covered = [(hit.start, hit.end) for hit in words.denied]
    nouns = list(find_nouns(without, covered))
    return _Source(
        text, naming, words, tuple(noun for noun, _ in nouns), tuple(span for _, span in nouns)
    )


def _undenied(words: Reading) -> Reading:
    """A value that the text denies and does not restate in a correction is not said."""
    denied: dict[tuple[str, str], int] = {}
    for hit in words.denied:
        denied[hit.slot, hit.value] = hit.start
    restated = [start for start, _ in words.corrections]
    said = tuple(
        hit
        for hit in words.said
        if (hit.slot, hit.value) not in denied
        or any(denied[hit.slot, hit.value] < mark < hit.start for mark in restated)
    )
    kept = {(hit.slot, hit.value) for hit in said}
    excludes = tuple(
        value for value in words.excludes if not any(value == name for _, name in kept)
    )
    return replace(words, said=said, excludes=excludes)


def _exclusions(source: _Source) -> tuple[Exclusion, ...]:
    """What is denied: canonical values, beside each the thing that the word names, and nouns."""
    rows = [Exclusion(noun, None, noun) for noun in source.words.excludes[:1] if noun == "people"]
    allowed = frozenset(source.words.excludes)
    for hit in source.words.denied:
        if hit.value in allowed:
            slot = hit.slot if hit.slot != "noun" else None
            rows.append(Exclusion(hit.value, slot, hit.word))
            rows += [Exclusion(noun, None, hit.word) for noun in things_of(hit.word)]
    rows += source.nouns
    unique: dict[str, Exclusion] = {}
    for row in rows:
        unique.setdefault(row.noun, row)
    return tuple(unique.values())


def with_project(
    slots: Slots, words: Reading, request: TranslateRequest
) -> tuple[Slots, tuple[str, ...]]:
    """(slots, which were filled): the project's style and colours where the shot says nothing of them."""
    project = request.project
    preset = _preset(project.style_preset or "")
    brought = preset if not slots.style else Slots()
    stated = slots_of(read_words(clean("，".join(project.color_palette)).text, "mixed"))
    update: dict[str, object] = {}
    if not slots.style and brought.style:
        update["style"] = brought.style
    denied = {hit.value for hit in words.denied}
    if not slots.light and brought.light and not denied.intersection(brought.light):
        update["light"] = brought.light
    if slots.depth_of_field is None and brought.depth_of_field not in (None, *denied):
        update["depth_of_field"] = brought.depth_of_field
    open_sides = {side for side, value in slots.palette if value is None}
    open_sides -= contradictions(words).keys()
    sides = {
        side: getattr(stated.palette, side) or getattr(brought.palette, side)
        for side in sorted(open_sides)
    }
    filled = {side: value for side, value in sides.items() if value is not None}
    if filled:
        update["palette"] = slots.palette.model_copy(update=filled)
    return slots.model_copy(update=update), tuple(update)


def _preset(text: str) -> Slots:
    """A style preset: a canonical value or words in any language."""
    key = text.strip().lower().replace(" ", "_").replace("-", "_")
    if key in get_args(Style):
        text = name_of("style", key, "en")
    return slots_of(read_words(clean(text).text, "mixed"))


def _aspect(words: Reading, slots: Slots, request: TranslateRequest) -> AspectRead | None:
    """The ratio that the sentence states, else the project's, else what a style implies."""
    stated = stated_aspect(words)
    if stated is not None:
        return AspectRead(cast("Aspect", stated), "sentence")
    if request.project.aspect is not None:
        return AspectRead(request.project.aspect, "project")
    if "cinematic" in slots.style:
        return AspectRead("2.35:1", "style")
    return AspectRead(slots.aspect, "style") if slots.aspect is not None else None


def _level(request: TranslateRequest) -> LevelAsked | None:
    if request.storyboard.generation_config.consistency_level is not None:
        return LevelAsked(request.storyboard.generation_config.consistency_level, "shot")
    if request.project.consistency_level is not None:
        return LevelAsked(request.project.consistency_level, "project")
    return None


def _moved(people: Sequence[CharacterFound], offset: int) -> tuple[CharacterFound, ...]:
    """Positions in the description instead of in all texts; None outside of it."""
    return tuple(
        replace(found, start=found.start + offset if found.start + offset >= 0 else None)
        if found.start is not None
        else found
        for found in people
    )


def _language(request: TranslateRequest) -> NoticeLanguage:
    hint = (request.lang or "").lower()
    if hint.startswith("zh"):
        return "zh"
    if hint.startswith("en"):
        return "en"
    return "zh" if _CHINESE.search(request.storyboard.description) else "en"


def _pieces(source: _Source, start: int) -> Iterator[Piece]:
    """Clauses that are drawn, with characters marked and denied, corrected and camera words gone."""
    chars = list(source.clean)
    names = {begin: (end, number) for begin, end, number in source.naming.spans}
    gone = [(hit.start, hit.end) for hit in source.words.said if hit.slot in _NOT_DRAWN]
    gone += [(hit.start, hit.end) for hit in source.words.corrected]
    gone += [*source.words.denials, *source.words.corrections, *source.noun_spans]
    for begin, end in gone:
        chars[begin:end] = BLANK * (end - begin)
    text = "".join(chars)
    at = start
    for mark in [*_CLAUSES.finditer(text, start), None]:
        end = mark.start() if mark is not None else len(text)
        said = _clause(text, at, end, names)
        at = mark.end() if mark is not None else end
        if said and not _LEFTOVER.match(_MARK.sub("", said)):
            language: PromptLanguage = "zh" if _CHINESE.search(said) else "en"
            yield Piece(said, language)
        elif said and _MARK.search(said):
            yield Piece("".join(_MARK.findall(said)), "en")


def _clause(text: str, start: int, end: int, names: Mapping[int, tuple[int, int | None]]) -> str:
    """One clause; empty where it is about somebody who is not there, cut where it denies a verb."""
    parts: list[str] = []
    at = start
    while at < end:
        found = names.get(at)
        if found is not None and text[at] != BLANK:
            if found[1] is None:
                return ""
            parts.append(f"\ufffa{found[1]}\ufffb")
            at = found[0]
        else:
            parts.append(text[at])
            at += 1
    said = "".join(parts)
    negation = negation_at(said)
    if negation is not None:
        said = said[:negation]
    said = re.sub(rf"[{BLANK}\s<>{{}}\[\]()（）【】|\\“”「」『』《》]+", " ", said)
    return _TRAILING.sub("", _LEADING.sub("", said)).strip(" -–'’\"")
