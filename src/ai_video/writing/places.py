"""The places of an episode: one scene for each, however often the story comes back."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from ai_video.domain.entities import Lang
from ai_video.domain.slots import Slots, TimeOfDay
from ai_video.filmwords import fold, place_of, read_slots
from ai_video.filmwords.places import INDOORS
from ai_video.writing.beats import Setting
from ai_video.writing.plan import Cast, SceneDraft

_TIMES: Final[tuple[tuple[str, TimeOfDay], ...]] = (
    (r"^(?:日|白天|day|next day|the next day)$", "day"),
    (r"^(?:夜|晚|当晚|雨夜|雪夜|月夜|晚饭时|night)$", "night"),
    (r"^(?:晨|次日)$", "morning"),
    (r"^evening$", "dusk"),
)
_OPEN: Final = frozenset(
    ["sea", "river", "forest", "mountain", "desert", "field", "park", "street", "city", "sky",
     "rooftop", "village"]
)  # fmt: skip
_SAME_PLACE: Final = re.compile(
    r"^(?:同上|同前|原地|同一地点|same|same place|continuous)$", re.IGNORECASE
)


class Places:
    """Scenes by name; a known scene of the project keeps its name and looks."""

    def __init__(self, lang: Lang, known: Cast) -> None:
        self._lang: Lang = lang
        self._known = {_key(scene.name): scene for scene in known.scenes}
        self._found: dict[str, SceneDraft] = {}

    def named(
        self, name: str, *, last: Setting | None, interior: bool | None = None
    ) -> tuple[str | None, str]:
        """(scene name, place class) of a heading's place; without one, the last scene's."""
        name = _plain_case(name.strip())
        if last is not None and (not name or _SAME_PLACE.match(fold(name))):
            return last.name, last.place
        if not name:
            return None, "abstract"
        key = _key(name)
        if key not in self._found:
            known = self._known.get(key)
            place = _sided(place_of(name), interior)
            looks = Slots(weather=read_slots(name).weather)
            self._found[key] = known or SceneDraft(name, "", place, looks)
        scene = self._found[key]
        return scene.name, scene.place

    def of_class(self, place: str, name: str) -> tuple[str | None, str]:
        """(scene name, place class) of a place that a text speaks of without naming a set.

        A scene of that class that the story has met, or the project knows, is it.
        """
        met = (*self._found.values(), *self._known.values())
        scene = next((scene for scene in met if scene.place == place), SceneDraft(name, "", place))
        self._found.setdefault(_key(scene.name), scene)
        return scene.name, scene.place

    def describe(self, name: str | None, text: str) -> None:
        """Give a scene the story's own words about it, once."""
        if name is None or not text:
            return
        scene = self._found.get(_key(name))
        if scene is not None and not scene.description:
            place = scene.place
            if place in ("abstract", "interior"):
                inside = True if place == "interior" else None
                found = _sided(place_of(text), inside)
                place = place if found == "abstract" else found
            self._found[_key(name)] = replace(scene, description=text[:160], place=place)

    def scenes(self) -> tuple[SceneDraft, ...]:
        return tuple(self._found.values())


def _sided(place: str, interior: bool | None) -> str:
    """The class that fits a heading's INT. or EXT.: the inside of a lighthouse is no sea."""
    if interior is True and place in _OPEN:
        return "interior"
    if interior is True and place == "abstract":
        return "interior"
    if interior is False and place in INDOORS:
        return "street"
    return place


def _plain_case(name: str) -> str:
    """A heading's capitals as words: ROCKY COAST is Rocky Coast."""
    if not name.isascii() or not name.isupper():
        return name
    return " ".join(word.capitalize() for word in name.split(" "))


def _key(name: str) -> str:
    return re.sub(r"[\s·,，.。—–-]+", "", fold(name)).lower()


def time_slots(time: str, place: str, carried: Slots) -> Slots:
    """The time, weather and light that a scene heading states, else the carried ones."""
    folded = fold(time).strip()
    stated: TimeOfDay | None = next(
        (value for pattern, value in _TIMES if re.match(pattern, folded, re.IGNORECASE)), None
    )
    read = read_slots(f"{time} {place}")
    return Slots(
        time_of_day=stated or read.time_of_day or carried.time_of_day,
        weather=read.weather or carried.weather,
    )
