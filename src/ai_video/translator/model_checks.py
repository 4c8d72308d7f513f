"""What of a language model's choice can be used: cut to size, told in sentences where it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, get_args

from ai_video.domain.slots import DepthOfField, Light, Mood, Movement, Style, TimeOfDay, Weather
from ai_video.translator.model_schema import ModelChoice
from ai_video.translator.model_shots import Handles, ModelShot, folded
from ai_video.translator.naming import find_people
from ai_video.translator.sanitising import BLANK, clean, plain

_LONGEST_PICTURE: Final = 600
_LONGEST_PLACE: Final = 120
_LONGEST_REASON: Final = 200
_LONGEST_WISH: Final = 120
_LONGEST_NOUN: Final = 40
_MOST_WISHES: Final = 6
_MOST_EXCLUSIONS: Final = 8
_CHINESE: Final = re.compile(r"[\u3400-\u9fff]")
_PLACEHOLDER: Final = re.compile(r"\{([^{}]{1,300})\}")
_ADDRESS: Final = re.compile(
    r"\b[a-z][a-z0-9+.-]{1,15}://|\bwww\.|\b(?:data|javascript|file):|(?:^|[\s\"'(=@])(?:~|\.{1,2})?[/\\][\w.-]+[/\\]"
    r"|\b[A-Za-z]:[/\\]|\\\\[\w.-]+\\|@[/~.]",
    re.IGNORECASE,
)
SLOT_OF: Final = {
    value: slot
    for slot, values in (
        ("weather", get_args(Weather)),
        ("light", get_args(Light)),
        ("mood", get_args(Mood)),
        ("style", get_args(Style)),
        ("time_of_day", get_args(TimeOfDay)),
        ("movement", get_args(Movement)),
        ("depth_of_field", get_args(DepthOfField)),
    )
    for value in values
}
"""Slot values that may be forbidden by their name alone; `low` or `full` say too little for that."""


def settled(choice: ModelChoice, shot: ModelShot, people: Handles, places: Handles) -> ModelChoice:
    """A choice by the caller's ids, characters in its picture by number, all of it cut to size."""
    updates: dict[str, object] = {
        name: tuple(dict.fromkeys(getattr(choice, name)))
        for name in ("weather", "light", "mood", "style")
    }
    nouns = [plain(each).lower()[:_LONGEST_NOUN].strip(" .。") for each in choice.exclusions]
    wishes = [plain(each)[:_LONGEST_WISH] for each in choice.unmet]
    updates |= {
        "characters": tuple(dict.fromkeys(people.id(each) for each in choice.characters)),
        "scene": places.id(choice.scene) if choice.scene is not None else None,
        "picture": _by_numbers(choice.picture[:_LONGEST_PICTURE], shot, people),
        "place": plain(choice.place)[:_LONGEST_PLACE],
        "why": _harmless(plain(choice.why)[:_LONGEST_REASON]),
        "exclusions": tuple(dict.fromkeys(each for each in nouns if each))[:_MOST_EXCLUSIONS],
        "unmet": tuple(dict.fromkeys(each for each in wishes if _harmless(each)))[:_MOST_WISHES],
    }
    return choice.model_copy(update=updates)


def _by_numbers(picture: str, shot: ModelShot, people: Handles) -> str:
    """The picture with numbers in `shot.known` for handles, and for names written all the same."""
    parts: list[str] = []
    at = 0
    for match in _PLACEHOLDER.finditer(picture):
        parts.append(_names_by_numbers(picture[at : match.start()], shot))
        parts.append(_numbered(people.id(match[1]), match[1], shot))
        at = match.end()
    return "".join([*parts, _names_by_numbers(picture[at:], shot)])


def _names_by_numbers(text: str, shot: ModelShot) -> str:
    naming = find_people(text, shot.request)
    parts: list[str] = []
    at = 0
    for start, end, number in sorted(naming.spans):
        id = naming.people[number].id if number is not None else None
        parts += [text[at:start], _numbered(id, text[start:end], shot)]
        at = end
    return "".join([*parts, text[at:]])


def _numbered(id: str | None, word: str, shot: ModelShot) -> str:
    return f"{{{shot.known.index(id)}}}" if id in shot.known else f"{{!{word}}}"


def problems_of(choice: ModelChoice, shot: ModelShot) -> list[str]:
    """What is wrong with a choice, as the model is told it; empty: it can be used."""
    return [
        *_wrong_template(choice, shot),
        *_contradictions(choice),
        *_wrong_text(choice, shot),
        *_wrong_people(choice, shot),
    ]


def _harmless(text: str) -> str:
    """A remark for people; nothing where it holds an address or reads like an instruction."""
    return "" if _ADDRESS.search(text) or clean(text).warnings else text


def _wrong_template(choice: ModelChoice, shot: ModelShot) -> Iterator[str]:
    there = [template.id for template in shot.templates]
    if choice.template is not None and choice.template not in there:
        yield f"template: {choice.template} is not open to this shot; {', '.join(there)} or null"


def _contradictions(choice: ModelChoice) -> Iterator[str]:
    values = {
        choice.time_of_day, choice.movement, choice.depth_of_field,
        *choice.weather, *choice.light, *choice.mood, *choice.style,
    }  # fmt: skip
    for noun in choice.exclusions:
        if noun in values:
            yield f"{noun} stands in a slot and in exclusions; it can be only one of them"


def _wrong_text(choice: ModelChoice, shot: ModelShot) -> Iterator[str]:
    bare = _PLACEHOLDER.sub(" ", choice.picture)
    if not choice.picture.strip() and (shot.by_rules.pieces or shot.allowed):
        yield "picture: it is empty; say who does what"
    for field, text in (("picture", bare), ("place", choice.place)):
        if shot.language == "en" and _CHINESE.search(text):
            yield f"{field}: write it in English; it holds Chinese"
        if _ADDRESS.search(text):
            yield f"{field}: it holds an address or a path; say what is seen"
        elif clean(text).warnings:
            yield f"{field}: it holds mark-up or reads like an instruction; say what is seen"
        said = folded(text)
        if any(passage in said for passage in shot.silenced):
            yield f"{field}: it repeats speech or a passage that is not drawn; leave it out"
    nouns = [*choice.exclusions, *(each.noun for each in shot.by_rules.exclude if not each.slot)]
    for noun in dict.fromkeys(nouns):
        for field, text in (("picture", bare), ("place", choice.place)):
            if _says(text, noun):
                yield f"{field}: it names {noun}, which must not be there; do not mention it"


def _wrong_people(choice: ModelChoice, shot: ModelShot) -> Iterator[str]:
    """Placeholders of nobody, and names of people who are not in the picture."""
    there = {str(shot.known.index(id)) for id in people_of(choice, shot)}
    for match in _PLACEHOLDER.finditer(choice.picture):
        if match[1] not in there:
            name = (
                shot.request.character(shot.known[int(match[1])]) if match[1].isdecimal() else None
            )
            who = name.name if name is not None else match[1].removeprefix("!")
            yield f"picture: {plain(who)[:60]} is not in this shot; leave them out"
    for start, end, _ in find_people(choice.place, shot.request).spans:
        yield f"place: {choice.place[start:end]} is a person's name; leave it out"


def people_of(choice: ModelChoice, shot: ModelShot) -> tuple[str, ...]:
    """Who is in the picture: all that the rules found, and of unclear names those that the model means."""
    found = [each.id for each in shot.by_rules.characters]
    meant = [id for id in choice.characters if id in shot.allowed]
    return tuple(dict.fromkeys([*found, *meant]))


def _says(text: str, noun: str) -> bool:
    """Whether a text says a noun, in the singular or the plural."""
    if not noun.isascii():
        return noun in text
    stem = noun.replace("_", " ")
    if stem.endswith("ies"):
        stem = stem[:-3]
    elif stem.endswith("s") and not stem.endswith("ss"):
        stem = stem[:-1]
    return bool(re.search(rf"\b{re.escape(stem)}(?:s|es|y|ies)?\b", text, re.IGNORECASE))


def placed(choice: ModelChoice, numbers: Mapping[str, int]) -> str:
    """The picture with marks for its characters, and nothing that is not drawn.

    `numbers`: which mark each placeholder becomes.
    """
    parts: list[str] = []
    at = 0
    for match in _PLACEHOLDER.finditer(choice.picture):
        parts.append(_drawn(choice.picture[at : match.start()]))
        number = numbers.get(match[1])
        parts.append("" if number is None else f"\ufffa{number}\ufffb")
        at = match.end()
    parts.append(_drawn(choice.picture[at:]))
    return "".join(parts)


def _drawn(text: str) -> str:
    cleaned = "".join(letter if letter.isprintable() else " " for letter in text)
    return re.sub(rf"[{BLANK}\ufffa\ufffb<>{{}}\[\]()（）【】|\\\"“”「」『』《》]+", " ", cleaned)
