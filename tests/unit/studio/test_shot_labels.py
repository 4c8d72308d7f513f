"""A shot's label counts inside its scene."""

from __future__ import annotations

from uuid import uuid4

from ai_video.domain.entities import Storyboard
from ai_video.studio.production.shot_labels import shot_labels


def shots(*scenes: int) -> list[Storyboard]:
    return [Storyboard.fresh(episode_id=uuid4(), scene_number=number) for number in scenes]


def test_labels_name_the_scene_and_the_place_in_it():
    assert list(shot_labels(shots(1, 1, 2, 1)).values()) == [
        "S1 · 01", "S1 · 02", "S2 · 01", "S1 · 03",
    ]  # fmt: skip


def test_a_shot_put_in_renames_the_rest_of_its_scene_only():
    film = shots(1, 1, 2, 2)
    new = shots(1)[0]
    before, after = shot_labels(film), shot_labels([film[0], new, *film[1:]])
    assert [shot for shot in before if before[shot] != after[shot]] == [film[1].id]
