"""Partial bodies become dotted keys, so that what is left out stays as it is."""

from __future__ import annotations

from ai_video.api.answers import dotted, written
from ai_video.domain.entities import Project, Storyboard
from ai_video.studio.record_kinds import KINDS


def test_nested_values_become_dotted_keys() -> None:
    changes = {"name": "a", "settings": {"fps": 30, "subtitle_style": {"size": 40}}}
    assert dotted(Project, changes) == {
        "name": "a",
        "settings.fps": 30,
        "settings.subtitle_style.size": 40,
    }


def test_free_mappings_are_replaced_whole() -> None:
    changes = {"settings": {"pronunciation": {"重庆": "x"}}}
    assert dotted(Project, changes) == {"settings.pronunciation": {"重庆": "x"}}


def test_a_nested_value_that_is_emptied_stays_one_key() -> None:
    assert dotted(Storyboard, {"card": None}) == {"card": None}


def test_a_partial_body_keeps_only_what_was_said() -> None:
    body = written(KINDS["projects"], partial=True)
    said = body.model_validate({"settings": {"music_style": "calm"}})
    assert said.model_dump(exclude_unset=True) == {"settings": {"music_style": "calm"}}


def test_bodies_offer_only_fields_that_a_person_may_set() -> None:
    fields = written(KINDS["storyboards"], partial=True).model_fields
    assert "description" in fields
    assert not fields.keys() & {"id", "revision", "video_locked", "thumbnail_asset_id"}
