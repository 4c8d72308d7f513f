"""`--set key=value` means text or JSON, by the field's type."""

from __future__ import annotations

import pytest

from ai_video.cli.values import said_values, value_of
from ai_video.domain.entities import Character, Line, Project, Storyboard
from ai_video.errors import UsageError


@pytest.mark.parametrize(
    ("entity", "key", "text", "wanted"),
    [
        (Project, "name", "123", "123"),
        (Project, "name", "true", "true"),
        (Project, "name", "null", "null"),
        (Project, "settings.music_style", "calm", "calm"),
        (Project, "settings.fps", "30", 30),
        (Project, "settings.label", "false", False),
        (Project, "settings.color_palette", '["#fff"]', ["#fff"]),
        (Project, "settings.subtitle_style.size", "40", 40),
        (Project, "settings.lang", "null", None),
        (Project, "settings.pronunciation.重庆", "12", "12"),
        (Project, "settings.pronunciation", '{"a":"b"}', {"a": "b"}),
        (Character, "voice", "null", None),
        (Character, "aliases", '["小明","明哥"]', ["小明", "明哥"]),
        (Storyboard, "duration", "2.5", 2.5),
        (Storyboard, "duration", "long", "long"),
        (Storyboard, "slots.mood", '["sad"]', ["sad"]),
        (Storyboard, "generation_config.parameters.steps", "20", 20),
        (Line, "text", '{"a": 1}', '{"a": 1}'),
        (Line, "nonsense.deeper", "7", "7"),
    ],
)
def test_a_value_is_text_where_the_field_is_text_and_json_elsewhere(
    entity: type, key: str, text: str, wanted: object
) -> None:
    assert value_of(entity, key, text) == wanted


def test_the_last_value_of_a_key_counts_and_equals_signs_stay_in_the_value() -> None:
    assert said_values(Line, ["text=a=b", "text=c=d"]) == {"text": "c=d"}


@pytest.mark.parametrize("piece", ["text", "=value", ""])
def test_a_piece_without_key_or_equals_is_a_usage_error(piece: str) -> None:
    with pytest.raises(UsageError):
        said_values(Line, [piece])
