"""Titles, ends and covers: every word inside the frame, whatever it is and however much."""

from __future__ import annotations

import numpy as np
import pytest

from ai_video.animatic.colors import rgb
from ai_video.animatic.layers import Frame
from ai_video.animatic.lettering import Lost
from ai_video.animatic.stage import stage_of
from ai_video.animatic.theme import theme_of
from ai_video.animatic.titles import title_marks
from ai_video.domain.ports import CardText, ShotPicture
from ai_video.domain.slots import Slots

SIZES = [(640, 360), (360, 640), (480, 360), (846, 360), (360, 360)]
LONG = "一位老船长与最后一班渡轮之间不得不说的漫长故事" * 8
CARDS = [
    CardText(
        kind="title", headline="最后一班渡轮", kicker="海岛故事 · 第 2 集", byline="编剧 海宁"
    ),
    CardText(kind="title", headline=LONG, kicker=LONG, byline=LONG),
    CardText(kind="title", headline="Pneumonoultramicroscopicsilicovolcanoconiosis" * 3),
    CardText(kind="end", headline="完", byline="AI", rows=(("编剧", "海宁"), ("人物", "甲、乙"))),
    CardText(kind="end", headline="The End", rows=(("Sources", LONG),) * 30, byline=LONG),
    CardText(kind="end"),
    CardText(kind="title", headline="\u202e😀\x00", kicker="", byline="龘"),
]


def shot(card: CardText, wide: int, high: int) -> ShotPicture:
    return ShotPicture(
        width=wide, height=high, seed=1, description="", slots=Slots(), place="sea",
        scene_name="码头", figures=(), card=card,
    )  # fmt: skip


@pytest.mark.parametrize(("wide", "high"), SIZES)
@pytest.mark.parametrize("card", CARDS)
def test_every_block_of_a_card_stands_inside_the_frame(card, wide, high):
    theme = theme_of("cinematic", rgb("#f0b64a"), ())
    blocks = title_marks(card, wide=wide, high=high, theme=theme, lost=Lost())
    spans = []
    for mark in blocks:
        rows, columns = mark.planes.y.shape
        assert mark.left >= 0
        assert mark.top >= 0
        assert mark.left + columns <= wide
        assert mark.top + rows <= high
        spans.append((mark.top, mark.top + rows))
    assert len(blocks) > 0 or card == CardText(kind="end")


@pytest.mark.parametrize("kind", ["title", "end"])
def test_a_card_is_alive_while_its_words_stand(kind):
    card = CardText(kind=kind, headline="海边的灯", rows=(("编剧", "海宁"),))
    stage = stage_of(shot(card, 320, 180), seconds=3)
    first, later = Frame.blank(320, 180), Frame.blank(320, 180)
    stage.draw(first, 1.8)
    stage.draw(later, 2.3)
    assert np.abs(first.y.astype(int) - later.y).mean() > 0.1


def test_a_cover_shows_its_shot_with_the_title_and_nothing_else_written():
    bare = shot(CardText(kind="cover"), 320, 180)
    titled = shot(CardText(kind="cover", headline="海边的灯"), 320, 180)
    pictures = []
    for one in (bare, titled):
        frame = Frame.blank(320, 180)
        stage_of(one, seconds=3).draw(frame, 1.6, settled=True)
        pictures.append(frame.y.astype(int))
    changed = np.abs(pictures[0] - pictures[1]) > 8
    assert changed[110:].mean() > 0.05
    assert changed[:60].mean() == 0
