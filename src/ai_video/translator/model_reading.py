"""A language model's choice becomes a reading, by the same rules as a reading by rules.

The model says what the words mean; who is in the picture, aspect, level and output stay with the
rules (`ModelShot.by_rules`), and so does what moods, light and styles imply.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, get_args

from ai_video.domain.slots import Movement, Slots
from ai_video.filmwords import Hit, Reading
from ai_video.filmwords.reading import contradictions, slots_of
from ai_video.translator.answer import PromptLanguage
from ai_video.translator.exclusions import things_of
from ai_video.translator.model_checks import SLOT_OF, people_of, placed
from ai_video.translator.model_schema import ONE_OF, SIDES, SOME_OF, ModelChoice
from ai_video.translator.model_shots import ModelShot
from ai_video.translator.notices import Notice, notice
from ai_video.translator.reading import with_project
from ai_video.translator.shot import (
    Advice,
    AspectRead,
    CharacterFound,
    Exclusion,
    Piece,
    SceneFound,
    ShotReading,
)

_CLAUSES: Final = re.compile(r"[，。！？；,!?;:：\n]+|\.(?=\s|$)")
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")


def reading_of(choice: ModelChoice, shot: ModelShot) -> ShotReading:
    """What a usable choice (`problems_of` finds nothing) says of its shot."""
    by_rules = shot.by_rules
    exclude = tuple(_exclusions(choice, by_rules))
    words = _words_of(choice, shot, exclude)
    slots, from_project = with_project(slots_of(words), words, shot.request)
    aspect = _aspect(slots, by_rules)
    people = _people(choice, shot)
    scene = _scene(choice, shot)
    slots = slots.model_copy(
        update={
            "aspect": aspect.value if aspect is not None else None,
            "exclude": tuple(dict.fromkeys(entry.noun for entry in exclude)),
            "characters": tuple(found.id for found in people),
            "scene": scene.id if scene is not None else None,
        }
    )
    return replace(
        by_rules,
        slots=slots,
        exclude=exclude,
        aspect=aspect,
        characters=people,
        scene=scene,
        pieces=tuple(_pieces(choice, shot, people)),
        from_project=from_project,
        warnings=tuple(_warnings(choice, shot, words)),
        place=choice.place.strip(" ,，。."),
        advice=Advice(choice.template, choice.why, choice.unmet),
    )


def _words_of(choice: ModelChoice, shot: ModelShot, exclude: Sequence[Exclusion]) -> Reading:
    """The choice as if its values had been said in words: what they imply is added as for words."""
    one: dict[str, str | None] = {slot: getattr(choice, slot) for slot in ONE_OF}
    one |= {f"palette.{side}": getattr(choice, side) for side in SIDES}
    one["movement"] = _moves(shot) or one["movement"]
    said = [(slot, value) for slot, value in one.items() if value is not None]
    said += [(slot, value) for slot in SOME_OF for value in getattr(choice, slot)]
    denied = [(entry.slot or "noun", entry.noun) for entry in exclude]
    return Reading(
        said=tuple(_hit(*row) for row in said),
        denied=tuple(_hit(*row) for row in denied),
        excludes=tuple(entry.noun for entry in exclude),
    )


def _hit(slot: str, value: str) -> Hit:
    return Hit(slot, value, 0, 0, value)


def _moves(shot: ModelShot) -> str | None:
    """The camera movement that the shot's own field names: no reader changes it."""
    given = (shot.request.storyboard.camera_movement or "").strip().lower()
    return given if given in get_args(Movement) else None


def _exclusions(choice: ModelChoice, by_rules: ShotReading) -> Iterator[Exclusion]:
    """The model's, and those of the rules that no value of the model contradicts; each noun once."""
    told = {value for slot in SOME_OF for value in getattr(choice, slot)}
    told |= {getattr(choice, slot) for slot in ONE_OF}
    rows = [_exclusion(noun) for noun in choice.exclusions]
    rows += [entry for entry in by_rules.exclude if entry.noun not in told]
    yield from {row.noun: row for row in reversed(rows)}.values()


def _exclusion(noun: str) -> Exclusion:
    value = noun.replace(" ", "_").replace("-", "_")
    if value in SLOT_OF:
        return Exclusion(value, SLOT_OF[value], noun)
    english = next(iter(things_of(noun)), noun) if _CHINESE.search(noun) else noun
    return Exclusion(english, None, noun)


def _aspect(slots: Slots, by_rules: ShotReading) -> AspectRead | None:
    """The stated or the project's, as the rules read it; else what the model's style implies."""
    if by_rules.aspect is not None and by_rules.aspect.source != "style":
        return by_rules.aspect
    if "cinematic" in slots.style:
        return AspectRead("2.35:1", "style")
    return AspectRead(slots.aspect, "style") if slots.aspect is not None else None


def _people(choice: ModelChoice, shot: ModelShot) -> tuple[CharacterFound, ...]:
    found = {each.id: each for each in shot.by_rules.characters}
    return tuple(found.get(id, CharacterFound(id, "name")) for id in people_of(choice, shot))


def _scene(choice: ModelChoice, shot: ModelShot) -> SceneFound | None:
    """The shot's own; else the model's; else the one that the text names."""
    named = shot.by_rules.scene
    if (named is not None and named.by == "id") or choice.scene not in shot.scenes:
        return named
    if named is not None and named.id == choice.scene:
        return named
    return SceneFound(choice.scene, "model")


def _pieces(
    choice: ModelChoice, shot: ModelShot, people: Sequence[CharacterFound]
) -> Iterator[Piece]:
    numbers = {str(shot.known.index(found.id)): number for number, found in enumerate(people)}
    for clause in _CLAUSES.split(placed(choice, numbers)):
        said = re.sub(r"\s+", " ", clause).strip(" -–'’")
        if said:
            language: PromptLanguage = "zh" if _CHINESE.search(said) else "en"
            yield Piece(said, language)


def _warnings(choice: ModelChoice, shot: ModelShot, words: Reading) -> Iterator[Notice]:
    there = people_of(choice, shot)
    for said in shot.by_rules.warnings:
        meant = said.code == "ambiguous_name" and {*said.values["ids"].split(", ")} & {*there}
        if said.code != "conflicting_palette" and not meant:
            yield said
    for side, values in contradictions(words).items():
        yield notice("conflicting_palette", side=side, values=", ".join(values))
    for id in choice.characters:
        asset = shot.request.character(id)
        if id not in there and asset is not None:
            yield notice("model_character_removed", id=id, name=asset.name or id)
