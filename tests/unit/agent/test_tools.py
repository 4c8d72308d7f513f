"""What holds of every tool, without calling one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel

from ai_video.agent.chat import IN_CHAT, NARROWED, NOT_IN_CHAT, PREVIEWS
from ai_video.agent.registry import TOOLS
from ai_video.agent.schemas import schema_of
from ai_video.agent.server import INSTRUCTIONS, is_fixable, refused, tool_row
from ai_video.errors import (
    AiVideoError,
    Conflict,
    InputRefused,
    NotAvailable,
    NotFound,
    ServiceFailed,
)

PLANNED = {
    "translate_storyboard": ["storyboard", "available_workflows"],
    "list_loras": [],
    "get_lora_info": ["lora_id"],
    "select_lora_for_character": ["character_id", "base_model"],
}
"""The plan's tools that are here, and what they require."""
NOT_FROM_OUTSIDE = ("path", "file", "url", "folder", "output_dir", "directory", "command")


def names(schema: Any) -> Iterator[str]:
    """Every property name anywhere in a schema."""
    if isinstance(schema, Mapping):
        for key, value in schema.items():
            if key == "properties":
                yield from value
            yield from names(value)
    elif isinstance(schema, list):
        for entry in schema:
            yield from names(entry)


def test_the_plans_tools_have_the_plans_names_and_arguments() -> None:
    rows = {tool.name: tool_row(tool, "en").input_schema for tool in TOOLS}
    for name, required in PLANNED.items():
        assert rows[name].get("required", []) == required, name
    assert {"project_id", "type", "base_model", "tags"} <= set(rows["list_loras"]["properties"])
    kinds = rows["list_loras"]["properties"]["type"]["anyOf"][0]["enum"]
    assert kinds == ["character", "style", "concept", "object"]
    arguments = rows["translate_storyboard"]["properties"]
    assert {"character_assets", "scene_assets", "id", "lang", "project"} <= set(arguments)
    assert "additionalProperties" not in rows["translate_storyboard"]


def test_names_are_unique_and_every_tool_speaks_both_languages() -> None:
    assert len({tool.name for tool in TOOLS}) == len(TOOLS)
    for tool in TOOLS:
        words = tool.words
        assert words.title_en.isascii(), tool.name
        for chinese in (words.zh, words.title_zh):
            assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese), tool.name
        assert words.en.endswith("."), tool.name


def test_every_tool_is_in_conversations_or_kept_out_of_them() -> None:
    assert {tool.name for tool in TOOLS} == IN_CHAT | NOT_IN_CHAT
    assert not IN_CHAT & NOT_IN_CHAT
    assert {*NARROWED, *PREVIEWS} <= IN_CHAT


def test_no_tool_takes_a_place_on_this_machine() -> None:
    for tool in TOOLS:
        taken = set(names(schema_of(tool.takes, "validation")))
        suspicious = {
            name for name in taken for part in NOT_FROM_OUTSIDE if part in name.split("_")
        }
        assert suspicious == set(), tool.name


def test_schemas_are_sound_objects_that_strict_readers_take() -> None:
    for tool in TOOLS:
        row = tool_row(tool, "zh")
        for schema in (row.input_schema, row.output_schema):
            assert schema is not None
            Draft202012Validator.check_schema(schema)
            assert schema["type"] == "object", tool.name
            assert "discriminator" not in str(schema), tool.name


def test_a_property_called_title_stays_and_titles_of_models_go() -> None:
    class Book(BaseModel):
        title: str

    assert schema_of(Book, "validation") == {
        "properties": {"title": {"type": "string"}},
        "required": ["title"],
        "type": "object",
    }


@pytest.mark.parametrize(
    ("error", "fixable"),
    [
        (InputRefused("invalid_value", field="limit", reason="too large"), True),
        (NotFound("project", "x"), True),
        (Conflict("lora_none_to_assign", character="a", base_model="b"), True),
        (NotAvailable("llm openai", "pip install x"), False),
        (ServiceFailed("server_no_answer", url="http://x", reason="refused"), False),
        (AiVideoError("internal", kind="KeyError"), False),
    ],
)
def test_an_error_says_whether_other_arguments_can_help(error: AiVideoError, fixable: bool) -> None:
    assert is_fixable(error) is fixable
    result = refused(error, "zh")
    assert result.is_error
    assert result.structured_content is None
    (said,) = result.content
    assert said.type == "text"
    for part in (error.code, error.message("zh"), error.hint("zh")):
        assert part.replace('"', '\\"') in said.text


def test_the_instructions_speak_both_languages() -> None:
    assert set(INSTRUCTIONS) == {"zh", "en"}
