"""Designed illustrations of places; `paint_place` chooses one by place class, name and words."""

from ai_video.animatic.scenery.ground import paint_ground, paint_rings
from ai_video.animatic.scenery.places import paint_place, place_class
from ai_video.animatic.scenery.setting import MASTER, Setting, Sheet

__all__ = [
    "MASTER",
    "Setting",
    "Sheet",
    "paint_ground",
    "paint_place",
    "paint_rings",
    "place_class",
]
