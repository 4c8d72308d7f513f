"""Which template draws a shot, and why."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from pydantic import JsonValue
from tests.translating import BASE_MODELS, asked, character, lora, read

from ai_video.comfyui.graph import write_api
from ai_video.comfyui.library import library
from ai_video.comfyui.object_info import NodeList, shipped_node_list
from ai_video.domain.entities import ConsistencyLevel
from ai_video.errors import InputRefused
from ai_video.translator.choice import Choice, choose
from ai_video.translator.notices import notice_texts
from ai_video.translator.request import Output

NODES = shipped_node_list()
SD15 = {"category": "image", "family": "sd15"}
SDXL = {"category": "image", "family": "sdxl"}


def chosen(
    *characters: Mapping[str, JsonValue],
    workflows: tuple[JsonValue, ...] = ("*",),
    output: Output | None = "image",
    level: ConsistencyLevel | None = None,
    animation: bool = False,
    scene: Mapping[str, JsonValue] | None = None,
    nodes: NodeList = NODES,
) -> Choice:
    request = asked(characters, workflows=workflows, scene=scene)
    reading = read(request, output=output, level=level, animation=animation)
    return choose(reading, request, nodes=nodes, library=library())


def held(id: str, family: str) -> dict[str, JsonValue]:
    return character(id, lora=lora(id, BASE_MODELS[family]))


def inline(template: str, **more: JsonValue) -> JsonValue:
    """A shipped graph as a caller would give it, under a name of their own."""
    graph = write_api(library()[template].workflow, NODES)
    return {"id": "mine", "name": "Mine", "description": "", "workflow_json": graph, **more}


@pytest.mark.parametrize(
    ("base_model", "template"),
    [
        ("SD 1.5", "sd15_text_to_image"),
        ("SDXL 1.0", "sdxl_text_to_image"),
        ("FLUX.1 dev", "flux_text_to_image"),
        ("Qwen-Image", "qwen_image_text_to_image"),
        ("Z-Image Turbo", "z_image_text_to_image"),
    ],
)
def test_a_lora_pulls_the_picture_to_its_family(base_model: str, template: str) -> None:
    found = chosen(character("ned", lora=lora("ned", base_model)))
    assert found.template.id == template
    assert found.levels.level == "high"
    assert [each.code for each in found.reasons] == ["choice_lora"]


def test_a_lora_that_the_asked_level_leaves_unused_pulls_nothing() -> None:
    ned = character("ned", lora=lora("ned", "SD 1.5"), reference_images=["a"])
    assert chosen(ned, level="low").template.manifest.family == "sdxl"


def test_of_two_families_the_one_that_holds_more_characters_wins_then_the_first_named() -> None:
    two = chosen(held("a", "sdxl"), held("b", "sd15"), held("c", "sd15"))
    assert two.template.manifest.family == "sd15"
    first = chosen(held("a", "sd15"), held("b", "sdxl"))
    assert first.template.manifest.family == "sd15"
    other = chosen(held("b", "sdxl"), held("a", "sd15"))
    assert other.template.manifest.family == "sdxl"


def test_without_assets_the_usual_order_decides() -> None:
    found = chosen()
    assert found.template.id == "sdxl_text_to_image"
    assert found.reasons[0].code == "choice_order"


def test_an_editing_template_is_taken_where_a_family_holds_by_reference_only_there() -> None:
    ned = character("ned", reference_images=["a"])
    flux = {"category": "image", "family": "flux"}
    assert chosen(ned, workflows=(flux,)).template.id == "flux_kontext_edit"
    assert chosen(workflows=(flux,)).template.id == "flux_text_to_image"
    by_lora = character("ned", reference_images=["a"], lora=lora("ned", "flux"))
    assert chosen(by_lora, workflows=(flux,)).template.id == "flux_text_to_image"
    assert chosen(by_lora, workflows=(flux,), level="low").template.id == "flux_kontext_edit"


def test_a_clip_starts_from_its_keyframe_whose_family_fits_the_characters() -> None:
    found = chosen(held("ned", "sd15"), output="video")
    assert found.template.id == "wan22_image_to_video"
    assert found.keyframe is not None
    assert found.keyframe.id == "sd15_text_to_image"
    assert found.levels.level == "high"
    assert [each.code for each in found.reasons] == ["choice_keyframe", "choice_lora"]


def test_a_silent_shot_is_a_clip_where_one_is_offered_else_a_picture() -> None:
    assert chosen(output=None).output == "video"
    assert chosen(output=None, workflows=(SDXL,)).output == "image"


def test_a_video_lora_is_drawn_without_a_keyframe() -> None:
    found = chosen(held("ned", "wan22"), output="video")
    assert found.template.id == "wan22_text_to_video"
    assert found.keyframe is None
    assert found.levels.level == "high"
    # A keyframe that holds as many is preferred: it is seen before the dear clip is made.
    both = chosen(held("ned", "wan22"), held("ada", "sdxl"), output="video")
    assert both.template.id == "wan22_image_to_video"


def test_a_lora_of_the_small_wan_takes_the_small_template() -> None:
    ned = character("ned", lora=lora("ned", "Wan 2.2 5B"))
    assert chosen(ned, output="video").template.id == "wan22_5b_text_to_video"


def test_animatediff_is_taken_where_asked_for_or_where_nothing_else_makes_a_clip() -> None:
    assert chosen(output="video", animation=True).template.id == "animatediff_text_to_video"
    only = chosen(output="video", workflows=({"category": "animation"}, SDXL))
    assert only.template.id == "animatediff_text_to_video"
    assert only.reasons[0].code == "choice_animation"
    lacking = chosen(output="video", animation=True, workflows=({"category": "video"},))
    assert lacking.template.manifest.category == "video"
    assert [each.code for each in lacking.unmet] == ["animation_not_offered"]


@pytest.mark.parametrize(
    ("family", "found"),
    [("SDXL 1.0", "sdxl"), ("sd1.5", "sd15"), ("WAN", "wan22"), ("z-image", "z_image"), ("hunyuan", "hunyuan")],
)  # fmt: skip
def test_a_family_is_known_by_the_names_that_people_write(family: str, found: str) -> None:
    assert chosen(output=None, workflows=({"family": family},)).template.manifest.family == found


@pytest.mark.parametrize(
    ("workflows", "output", "code"),
    [
        ((), "image", "translate_no_workflows"),
        (({"category": "video", "family": "not-installed"},), None, "translate_no_match"),
        (({"category": "video", "family": "sd15"},), None, "translate_no_match"),
        (({},), None, "translate_no_match"),
        (({"id": "unknown"},), None, "translate_no_match"),
        ((SDXL,), "video", "translate_no_output"),
        (({"category": "animation"},), "image", "translate_no_output"),
    ],
)
def test_a_filter_that_fits_nothing_is_an_error(
    workflows: tuple[JsonValue, ...], output: Output | None, code: str
) -> None:
    with pytest.raises(InputRefused) as refused:
        chosen(workflows=workflows, output=output)
    assert refused.value.code == code
    assert refused.value.hint()


def test_a_workflow_given_with_the_call_goes_before_shipped_ones() -> None:
    found = chosen(workflows=("*", inline("flux_text_to_image")))
    assert (found.template.id, found.template.shipped) == ("mine", False)
    assert found.template.manifest.family == "flux"
    assert found.template.manifest.prompt_language == "en"
    # But not before one that holds the characters.
    ned = held("ned", "sd15")
    assert chosen(ned, workflows=("*", inline("flux_text_to_image"))).template.shipped


def test_a_given_workflow_knows_the_lengths_of_its_models() -> None:
    found = chosen(workflows=(inline("wan22_5b_text_to_video"),), output="video")
    assert found.template.manifest.clip == library()["wan22_5b_text_to_video"].manifest.clip
    assert found.template.manifest.prompt_language == "zh_en"


def test_a_given_workflow_that_draws_no_shot_is_named() -> None:
    with pytest.raises(InputRefused) as refused:
        chosen(workflows=(inline("upscale_image"),))
    assert refused.value.code == "translate_workflow_unclear"
    beside = chosen(workflows=(inline("upscale_image"), "*"))
    assert [each.code for each in beside.unmet] == ["workflow_left_out"]
    with pytest.raises(InputRefused) as broken:
        chosen(workflows=({"id": "x", "workflow_json": {"1": 7}},))
    assert broken.value.code == "workflow_invalid"


def test_templates_whose_nodes_a_server_lacks_are_passed_over() -> None:
    lacking = NodeList(
        "9",
        {name: node for name, node in NODES.nodes.items() if not name.startswith(("Wan", "ADE_"))},
    )
    assert chosen(output="video", nodes=lacking).template.manifest.family == "hunyuan"
    with pytest.raises(InputRefused) as refused:
        chosen(output="video", workflows=({"category": "animation"},), nodes=lacking)
    assert refused.value.code == "translate_nodes_missing"
    assert "ADE_" in json.dumps(refused.value.fields)


def test_every_reason_has_words_in_both_languages() -> None:
    for words in notice_texts().values():
        assert words["zh"]
        assert words["en"]
