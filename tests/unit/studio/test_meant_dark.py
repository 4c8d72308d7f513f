"""Shots whose pictures are right although they look like a fault."""

from __future__ import annotations

import pytest

from ai_video.domain.slots import Slots
from ai_video.studio.production.film_params import (
    DrawnScene,
    DrawnStoryboard,
    LookSettings,
    PictureParams,
)
from ai_video.studio.production.meant_dark import can_be_used, meant_defects


def picture(description: str, slots: Slots | None = None, place: str = "street") -> PictureParams:
    return PictureParams(
        generator="comfyui", generator_version="1", seed=1, width=64, height=64,
        storyboard=DrawnStoryboard(description=description, slots=slots or Slots()),
        character=(), scene=DrawnScene(name="", description="", place=place),
        settings=LookSettings(style_preset=None, color_palette=(), lang="zh"),
    )  # fmt: skip


@pytest.mark.parametrize(
    "description",
    [
        "深夜, 远处一盏灯",
        "画面全黑",
        "A single lamp in the night",
        "We fade in from black.",
        "漆黑的房间",
    ],
)
def test_dark_by_its_words(description: str) -> None:
    assert meant_defects(picture(description)) == {"black", "blank"}


@pytest.mark.parametrize("slots", [Slots(time_of_day="night"), Slots(light=("low_key",))])
def test_dark_by_its_slots(slots: Slots) -> None:
    assert meant_defects(picture("一个人", slots)) == {"black", "blank"}


def test_outer_space_is_dark_and_fog_is_empty() -> None:
    assert meant_defects(picture("一艘飞船", place="space")) == {"black", "blank"}
    assert meant_defects(picture("大雾笼罩的田野")) == {"blank"}


@pytest.mark.parametrize(
    "description", ["黑色的小狗在草地上跑", "A black dog at noon", "教室里的黑板"]
)
def test_black_things_are_not_dark(description: str) -> None:
    assert meant_defects(picture(description)) == frozenset()


def test_what_is_meant_can_be_used() -> None:
    dark = meant_defects(picture("深夜"))
    assert can_be_used(["black"], dark)
    assert not can_be_used(["black"], frozenset())
    assert not can_be_used(["unreadable"], dark)
    assert can_be_used(["noise"], frozenset())
