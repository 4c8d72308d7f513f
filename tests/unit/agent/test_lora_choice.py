"""Whose LoRA it is, and which of several is taken."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from ai_video.domain.entities import Character, LoraAsset, LoraMetadata
from ai_video.studio.records.lora_choice import match_of, rank_loras

PROJECT = uuid4()


def person(name: str = "小明", **more: Any) -> Character:
    return Character.fresh(project_id=PROJECT, name=name, **more)


def lora(name: str = "x", *, file_name: str = "x.safetensors", **more: Any) -> LoraAsset:
    said = {"type": "character", "status": "ready", "base_model": "SDXL 1.0", **more}
    return LoraAsset.fresh(name=name, metadata=LoraMetadata(file_name=file_name), **said)


@pytest.mark.parametrize(
    ("character", "found", "match"),
    [
        (person(), lora("小明_v2"), "name"),
        (person(), lora(trigger_words=("小明",)), "trigger_word"),
        (person(), lora(tags=("主角小明",)), "tag"),
        (person(), lora(file_name="xiaoming_sdxl-v1.safetensors"), "pinyin"),
        (person(aliases=("Ming",)), lora("ming v3"), "name"),
        (person("Old Ned"), lora(file_name="old_ned_xl.safetensors"), "file_name"),
        (person("Ned"), lora("wedned style"), None),
        (person("明"), lora("明亮"), None),
        (person(), lora("小红", trigger_words=("xiaohong",)), None),
    ],
)
def test_a_lora_is_a_characters_where_something_names_the_character(
    character: Character, found: LoraAsset, match: str | None
) -> None:
    assert match_of(character, found) == match


def test_the_assigned_one_comes_first_unless_it_cannot_be_used() -> None:
    named, assigned = lora("小明"), lora("someone")
    character = person(lora_model_id=assigned.id)
    ranked = rank_loras(character, [named, assigned], base_model="sdxl")
    assert [each.lora for each in ranked] == [assigned, named]
    other = assigned.model_copy(update={"base_model": "SD 1.5"})
    ranked = rank_loras(character, [other, named], base_model="sdxl")
    assert [(each.lora.name, each.usable) for each in ranked] == [
        ("小明", True),
        ("someone", False),
    ]


def test_of_several_the_projects_own_and_most_used_comes_first() -> None:
    own = lora("小明 a", project_id=PROJECT)
    used = lora("小明 b", usage_count=9)
    rest = lora("小明 c", usage_count=1)
    ranked = rank_loras(person(), [rest, used, own], base_model="SDXL")
    assert [each.lora for each in ranked] == [own, used, rest]


def test_styles_are_no_candidates() -> None:
    assert rank_loras(person(), [lora("小明", type="style")], base_model="sdxl") == []
