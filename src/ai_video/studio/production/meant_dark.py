"""What a shot is meant to show that looks like a fault: the dark of a night, white fog."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from ai_video.composition.defects import UNUSABLE, DefectName
from ai_video.domain.slots import Slots
from ai_video.filmwords.reading import read_words, slots_of
from ai_video.studio.production.film_params import PictureParams

_DARK_LIGHT: Final = frozenset({"low_key", "silhouette", "moonlight", "candlelight"})
_VEILS: Final = frozenset({"fog", "snow", "blizzard", "sandstorm"})
_BLACK: Final = re.compile(
    r"全黑|纯黑|黑屏|黑场|黑幕|一片漆?黑|黑色(?:背景|画面)"
    r"|\b(?:black(?:ness)? (?:screen|frame|background|void|sky)|(?:all|pure) black|blackout"
    r"|(?:fad|cut|dissolv)\w* (?:\w+ )?(?:from|to) black)\b",
    re.IGNORECASE,
)


def meant_defects(params: PictureParams) -> frozenset[DefectName]:
    """Defects that the shot's slots or description ask for; a result that has them is still drawn
    again, and used with a warning where no other is better."""
    description = params.storyboard.description
    told = (params.storyboard.slots, slots_of(read_words(description, params.settings.lang)))
    in_space = params.scene.place == "space"
    if in_space or _BLACK.search(description) or any(map(_is_dark, told)):
        return frozenset({"black", "blank"})
    if any(_VEILS.intersection(slots.weather) for slots in told):
        return frozenset({"blank"})
    return frozenset()


def can_be_used(defects: Collection[str], meant: frozenset[DefectName]) -> bool:
    """Is there something to see in a result, or was little to be seen?"""
    return not (UNUSABLE - meant).intersection(defects)


def _is_dark(slots: Slots) -> bool:
    return slots.time_of_day == "night" or bool(_DARK_LIGHT.intersection(slots.light))
