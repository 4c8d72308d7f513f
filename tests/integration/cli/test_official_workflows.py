"""ComfyUI's official templates: found by words, kept as templates, and said where they are missing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from ai_video.comfyui import official_templates

from .conftest import Done


def test_an_official_template_is_found_and_kept_in_a_fresh_data_folder(
    ai: Callable[..., Done],
) -> None:
    found = ai("workflows", "official", "z-image", "text", "--json").json["items"]
    assert "image_z_image_turbo" in [row["name"] for row in found]
    assert all(row["is_local"] for row in found)
    kept = ai("workflows", "import", "--official", "image_z_image_turbo", "--json")
    assert kept.code == 0, kept.err
    assert (kept.json["name"], kept.json["purpose"], kept.json["family"]) == (
        "image_z_image_turbo", "text_to_image", "z_image",
    )  # fmt: skip
    again = ai("workflows", "import", "--official", "image_z_image_turbo", "--json")
    assert again.json["id"] == kept.json["id"]
    assert ai("workflows", "check", kept.json["id"], "--assume-models", "--json").code == 0


def test_titles_are_in_the_language_of_the_reader_and_paid_ones_are_asked_for(
    ai: Callable[..., Done],
) -> None:
    assert "文生图" in ai("--lang", "zh", "workflows", "official", "文生图", "z-image").out
    local = ai("workflows", "official", "--json").json["items"]
    every = ai("workflows", "official", "--paid", "--json").json["items"]
    assert len(every) > len(local) > 200


@pytest.mark.parametrize("name", ["image_z_image_turbos", "../__init__", "index", ""])
def test_an_unknown_name_is_refused_with_the_names_like_it(
    ai: Callable[..., Done], name: str
) -> None:
    refused = ai("workflows", "import", "--official", name, "--json")
    assert refused.code == 3
    assert json.loads(refused.out)["error"]["code"] == "official_template_unknown"


def test_a_near_name_is_offered(ai: Callable[..., Done]) -> None:
    assert "image_z_image_turbo," in ai("workflows", "import", "--official", "z_image_turbo").err


def test_without_the_package_the_command_that_brings_it_is_said(
    ai: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(official_templates, "_PACKAGE", "no_such_package_of_templates")
    for words in (("official",), ("import", "--official", "image_z_image_turbo")):
        refused = ai("workflows", *words)
        assert refused.code == 3
        assert "pip install 'ai-video[templates]'" in refused.err


@pytest.mark.parametrize("words", [(), ("a.json", "--official", "image_z_image_turbo")])
def test_a_file_or_a_name_is_given_not_both(
    ai: Callable[..., Done], words: tuple[str, ...]
) -> None:
    assert ai("workflows", "import", *words).code == 2
