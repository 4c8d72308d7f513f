"""A chosen template, a prompt and assets become a graph whose every value has a source."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import JsonValue
from tests.translating import PROMPT, asked, character, lora, read

from ai_video.comfyui.graph import Link, write_api
from ai_video.comfyui.library import library
from ai_video.comfyui.object_info import NodeList, shipped_node_list
from ai_video.comfyui.validate import validate
from ai_video.domain.entities import ConsistencyLevel
from ai_video.domain.slots import Aspect
from ai_video.errors import InputRefused
from ai_video.translator.bench import picture_file
from ai_video.translator.binder import Bound, bind
from ai_video.translator.choice import choose
from ai_video.translator.request import Output

NODES = shipped_node_list()
GRAPHS = Path(__file__).parents[2] / "data" / "workflows"
SCENE: dict[str, JsonValue] = {
    "id": "pier",
    "name": "Pier",
    "reference_images": ["img-pier"],
    "control_images": {"depth": "img-depth", "pose": "img-pose"},
}
NED = character("ned", reference_images=["img-ned-1", "img-ned-2"])
ADA = character("ada", lora=lora("ada", "SDXL 1.0"), face_image="img-ada-face")


def bound(
    *characters: Mapping[str, JsonValue],
    template: str | None = None,
    workflow: JsonValue = None,
    output: Output = "image",
    level: ConsistencyLevel | None = None,
    aspect: Aspect | None = None,
    exclude: tuple[str, ...] = (),
    scene: Mapping[str, JsonValue] | None = None,
    duration: float | None = None,
    seed: int | None = 7,
    nodes: NodeList = NODES,
) -> Bound:
    """A bound graph, checked to be one that a server takes."""
    known = {**library()}
    workflows: JsonValue = ["*"]
    if template is not None:
        manifest = known[template].manifest
        keyframe = {"sdxl_text_to_image": known["sdxl_text_to_image"]}
        known = {template: known[template], **keyframe}
        workflows = [{"category": manifest.category, "family": manifest.family}]
    if workflow is not None:
        workflows = [workflow]
    request = asked(characters, scene=scene, duration=duration, available_workflows=workflows)
    reading = read(request, output=output, level=level, aspect=aspect, exclude=exclude)
    choice = choose(reading, request, nodes=nodes, library=known)
    made = bind(choice, PROMPT, reading=reading, request=request, nodes=nodes, seed=seed)
    verdict = validate(write_api(made.workflow, nodes), nodes, assume_models=True)
    assert verdict.errors == ()
    return made


def unmet(made: Bound) -> list[str]:
    return [said.code for said, _ in made.unmet]


def inputs(made: Bound, node: str) -> Mapping[str, object]:
    return made.workflow.nodes[node].inputs


def test_prompt_seed_size_and_their_sources_are_in_the_graph() -> None:
    made = bound(template="sdxl_text_to_image", aspect="9:16")
    assert inputs(made, "positive")["text"] == PROMPT.positive
    assert inputs(made, "negative")["text"] == PROMPT.negative
    assert (made.parameters.width, made.parameters.height) == (768, 1344)
    assert inputs(made, "sampler")["seed"] == made.parameters.seed == 7
    rows = {row.role: row for row in made.bindings.roles}
    assert rows["positive_prompt"].source == "slot"
    assert rows["width"].source == "slot"
    assert rows["seed"].source == "request"
    assert rows["checkpoint"].source == "template"
    for row in made.bindings.roles:
        value = inputs(made, row.node)[row.input]
        assert row.value == (None if isinstance(value, Link) else value)
        assert row.class_type == made.workflow.nodes[row.node].class_type


def test_a_shot_without_an_aspect_has_a_films_and_a_seed_of_its_own() -> None:
    made = bound(template="sdxl_text_to_image", seed=None)
    assert (made.parameters.width, made.parameters.height) == (1344, 768)
    assert made.parameters.seed == bound(template="sd15_text_to_image", seed=None).parameters.seed
    sources = {row.role: row.source for row in made.bindings.roles}
    assert sources["width"] == sources["seed"] == "default"


def test_one_character_by_lora_and_one_by_references_stand_side_by_side() -> None:
    made = bound(NED, ADA, scene={**SCENE, "reference_images": []})
    assert made.level == "high"
    (ada,) = made.bindings.lora
    assert (ada.name, ada.weight, ada.character_id) == ("ada.safetensors", 0.8, "ada")
    assert inputs(made, ada.nodes[0])["lora_name"] == "ada.safetensors"
    ned = made.bindings.ip_adapter
    assert [(row.asset_id, row.character_id, row.method) for row in ned] == [
        ("img-ned-1", "ned", "ip_adapter"),
        ("img-ned-2", "ned", "ip_adapter"),
    ]
    # Named first: on the left, in half of the picture.
    (adapter,) = ned[0].nodes
    mask = inputs(made, adapter)["attn_mask"]
    assert isinstance(mask, Link)
    assert inputs(made, mask.node)["x"] == 0
    assert inputs(made, f"{adapter}_mask_white")["width"] == 672
    (face,) = made.bindings.face_swap
    assert (face.asset_id, face.character_id) == ("img-ada-face", "ada")
    assert inputs(made, face.nodes[0])["input_faces_index"] == "1"
    assert [(row.type, row.asset_id) for row in made.bindings.controlnet] == [
        ("pose", "img-pose"),
        ("depth", "img-depth"),
    ]
    assert all(row.nodes for row in made.bindings.controlnet)
    assert unmet(made) == []


def test_uploads_name_every_file_of_the_input_that_the_graph_reads() -> None:
    made = bound(NED, ADA, scene=SCENE)
    assert {(row.folder, row.asset_id, row.name) for row in made.uploads} == {
        ("input", "img-ned-1", "img-ned-1.png"),
        ("input", "img-ned-2", "img-ned-2.png"),
        ("input", "img-pier", "img-pier.png"),
        ("input", "img-depth", "img-depth.png"),
        ("input", "img-pose", "img-pose.png"),
        ("input", "img-ada-face", "img-ada-face.png"),
        ("loras", "ada.safetensors", "ada.safetensors"),
    }
    read_files = {
        node.inputs["image"]
        for node in made.workflow.nodes.values()
        if node.class_type == "LoadImage"
    }
    assert read_files == {row.name for row in made.uploads if row.folder == "input"}


def test_low_binds_references_only() -> None:
    both = {**ADA, "reference_images": ["img-ada-1"]}
    made = bound(both, scene=SCENE, level="low", template="sdxl_text_to_image")
    assert made.level == "low"
    assert [row.asset_id for row in made.bindings.ip_adapter] == ["img-ada-1"]
    assert made.bindings.lora == made.bindings.face_swap == ()
    assert made.bindings.controlnet == ()


@pytest.mark.parametrize(("weight", "used"), [(0.1, 0.3), (5.0, 1.0), (-2.0, 0.3), (0.6, 0.6)])
def test_a_weight_out_of_range_is_clamped_and_told(weight: float, used: float) -> None:
    ada = character("ada", lora=lora("ada", "SDXL 1.0", recommended_weight=weight))
    made = bound(ada)
    assert made.bindings.lora[0].weight == used
    assert ("lora_weight_clamped" in [said.code for said in made.warnings]) == (weight != used)


@pytest.mark.parametrize(
    "name",
    ["../up.safetensors", "/etc/x.safetensors", "C:\\x.safetensors", "x.ckpt", "x.pt", "x", "a\n.safetensors"],
)  # fmt: skip
def test_a_lora_file_that_is_unsafe_never_reaches_the_graph(name: str) -> None:
    ada = character("ada", lora=lora("ada", "SDXL 1.0", name=name))
    made = bound(ada, template="sdxl_text_to_image")
    assert unmet(made) == ["lora_file_unsafe"]
    assert made.bindings.lora == ()
    assert made.level is None
    assert not made.workflow.of_class("LoraLoader", "LoraLoaderModelOnly")


def test_a_lora_that_two_characters_share_acts_once() -> None:
    twins = [character(id, lora=lora("twins", "SDXL 1.0")) for id in ("a", "b")]
    made = bound(*twins)
    assert [row.character_id for row in made.bindings.lora] == ["a", "b"]
    assert len({row.nodes for row in made.bindings.lora}) == 1
    assert len(made.workflow.of_class("LoraLoader")) == 1


def test_a_lora_in_a_folder_of_its_own_is_taken_as_it_is_named() -> None:
    ada = character("ada", lora=lora("ada", "SDXL 1.0", name="people/ada.safetensors"))
    assert bound(ada).bindings.lora[0].name == "people/ada.safetensors"


def test_a_wan_lora_for_one_half_of_the_pair_acts_on_that_half() -> None:
    pair = character("a", lora=lora("a", "Wan 2.2 14B", name="a_low_noise.safetensors"))
    whole = character("b", lora=lora("b", "Wan 2.2 14B"))
    made = bound(pair, whole, template="wan22_text_to_video", output="video")
    nodes = {row.name: row.nodes for row in made.bindings.lora}
    assert len(nodes["b.safetensors"]) == 2
    assert len(nodes["a_low_noise.safetensors"]) == 1
    stages = made.workflow.descendants(nodes["a_low_noise.safetensors"])
    assert "sampler_low" in stages
    model = inputs(made, "shift_high")["model"]
    assert isinstance(model, Link)
    assert model.node not in nodes["a_low_noise.safetensors"]


def test_a_lora_of_the_other_wan_size_is_not_bound_and_said() -> None:
    small = character("a", lora=lora("a", "Wan 2.2 5B"))
    made = bound(small, template="wan22_text_to_video", output="video")
    assert unmet(made) == ["lora_size_differs"]
    assert made.level is None


def test_an_editing_model_looks_at_people_first_and_then_at_the_place() -> None:
    ada = character("ada", reference_images=["img-ada-1", "img-ada-2"])
    made = bound(NED, ada, scene=SCENE, template="qwen_image_edit")
    assert [(row.asset_id, row.method) for row in made.bindings.ip_adapter] == [
        ("img-ned-1", "reference_latent"),
        ("img-ada-1", "reference_latent"),
    ]
    assert inputs(made, "reference")["image"] == "img-ned-1.png"
    pictures = {row.role: row.value for row in made.bindings.roles if "reference" in row.role}
    assert pictures["scene_reference"] == "img-pier.png"
    assert unmet(made).count("references_left_out") == 2
    assert made.level == "medium"


def test_flux_hangs_further_references_on_its_conditioning() -> None:
    made = bound(NED, template="flux_kontext_edit")
    assert [row.asset_id for row in made.bindings.ip_adapter] == ["img-ned-1", "img-ned-2"]
    assert made.bindings.ip_adapter[1].nodes[0] in made.workflow.nodes
    assert "sampler" in made.workflow.descendants([made.bindings.ip_adapter[1].nodes[0]])


def test_a_place_is_a_style_reference_where_the_family_has_ip_adapters() -> None:
    made = bound(scene=SCENE, template="sdxl_text_to_image")
    assert made.bindings.ip_adapter == ()
    (row,) = [row for row in made.bindings.roles if row.role == "scene_reference"]
    assert row.value == "img-pier.png"
    adapter = made.workflow.of_class("IPAdapterAdvanced")[0]
    assert inputs(made, adapter)["weight_type"] == "style transfer"
    assert [said.code for said in made.warnings] == ["scene_reference_style"]


def test_what_a_family_cannot_do_is_unmet() -> None:
    made = bound(NED, scene=SCENE, template="z_image_text_to_image", exclude=("people",))
    assert set(unmet(made)) == {
        "reference_no_method", "scene_reference_unmet", "exclude_no_negative",
    }  # fmt: skip
    assert made.level is None
    video = bound(scene=SCENE, template="wan22_text_to_video", output="video")
    assert unmet(video) == ["scene_reference_unmet", "control_no_model", "control_no_model"]


def test_a_clip_is_carried_by_its_keyframe_and_swaps_faces_again() -> None:
    made = bound(NED, ADA, scene=SCENE, output="video")
    assert made.bindings.carried_by == "keyframe"
    assert made.level == "high"
    assert made.bindings.lora == made.bindings.controlnet == ()
    assert [(row.asset_id, row.character_id, row.method) for row in made.bindings.ip_adapter] == [
        ("keyframe", "ned", "first_frame")
    ]
    assert "first_frame" in made.bindings.ip_adapter[0].nodes
    assert [row.asset_id for row in made.bindings.face_swap] == ["img-ada-face"]
    assert ("keyframe", "keyframe.png") in {(row.asset_id, row.name) for row in made.uploads}
    assert [said.code for said in made.warnings] == ["carried_by_keyframe"]
    assert unmet(made) == []


def test_a_shot_without_people_starts_from_its_keyframe_too() -> None:
    made = bound(output="video")
    assert made.bindings.carried_by == "keyframe"
    assert made.bindings.ip_adapter == ()
    assert inputs(made, "first_frame")["image"] == "keyframe.png"


@pytest.mark.parametrize(
    ("template", "seconds", "frames"),
    [
        ("wan22_image_to_video", 5.0, 81),
        ("wan22_image_to_video", 2.0, 33),
        ("wan22_5b_image_to_video", 4.0, 97),
        ("ltx2_image_to_video", 4.0, 97),
        ("animatediff_text_to_video", 4.0, 32),
    ],
)
def test_a_clip_lasts_as_long_as_the_shot_on_its_models_grid(
    template: str, seconds: float, frames: int
) -> None:
    made = bound(template=template, output="video", duration=seconds)
    assert made.parameters.length == frames
    assert made.parameters.fps
    assert made.parameters.length / made.parameters.fps >= seconds
    assert "clip_shorter" not in unmet(made)


def test_a_shot_longer_than_the_model_can_is_said() -> None:
    made = bound(template="wan22_image_to_video", output="video", duration=12)
    assert made.parameters.length == 81
    assert unmet(made) == ["clip_shorter"]
    odd = bound(template="wan22_image_to_video", output="video", duration=-3)
    assert [said.code for said in odd.warnings] == ["duration_ignored"]


def test_a_given_workflow_gets_pictures_where_it_takes_them() -> None:
    graph = write_api(library()["flux_kontext_edit"].workflow, NODES)
    mine: JsonValue = {"id": "mine", "name": "m", "workflow_json": graph}
    made = bound(NED, workflow=mine)
    assert inputs(made, "reference")["image"] == "img-ned-1.png"
    empty = bound(workflow=mine)
    assert unmet(empty) == ["picture_missing"]


def given_graph(name: str) -> JsonValue:
    """A workflow as a caller gives it."""
    graph = json.loads((GRAPHS / f"{name}.json").read_text(encoding="utf-8"))
    return {"id": "mine", "name": "Mine", "workflow_json": graph}


@pytest.mark.parametrize("name", sorted(path.stem for path in GRAPHS.glob("*.json")))
def test_any_given_workflow_is_bound_or_refused_by_name(name: str) -> None:
    clip = name.startswith(("c_", "i_", "j_template_video", "x_"))
    output: Output = "video" if clip else "image"
    workflow = given_graph(name)
    if name.startswith(("nomodel", "k_")):
        with pytest.raises(InputRefused, match="Mine"):
            bound(NED, workflow=workflow, output=output)
        return
    made = bound(NED, ADA, workflow=workflow, output=output, scene=SCENE, duration=3)
    texts = [row.value for row in made.bindings.roles if row.role == "positive_prompt"]
    assert PROMPT.positive in texts


def test_a_given_ip_adapter_holds_the_first_character_and_further_ones_come_beside() -> None:
    ada = character("ada", reference_images=["img-ada-1"])
    made = bound(NED, ada, workflow=given_graph("d_ipadapter"))
    rows = [(row.asset_id, row.character_id) for row in made.bindings.ip_adapter]
    assert rows == [("img-ned-1", "ned"), ("img-ada-1", "ada")]
    assert len(made.workflow.of_class("IPAdapterAdvanced")) == 2
    assert unmet(made) == ["references_left_out"]


def test_a_workflow_that_draws_over_a_picture_gets_the_place_and_not_a_person() -> None:
    made = bound(NED, scene=SCENE, workflow=given_graph("b_img2img"))
    assert {row.asset_id for row in made.bindings.ip_adapter} == {"img-ned-1", "img-ned-2"}
    (row,) = [row for row in made.bindings.roles if row.role == "scene_reference"]
    assert (row.value, row.source) == ("img-pier.png", "asset")
    assert "scene_reference_init" in [said.code for said in made.warnings]
    assert unmet(bound(NED, workflow=given_graph("b_img2img"))) == ["picture_missing"]


def test_a_checkpoint_under_a_name_of_its_owners_is_taken_by_its_picture_size() -> None:
    graph = json.loads(json.dumps(write_api(library()["sdxl_text_to_image"].workflow, NODES)))
    graph["checkpoint"]["inputs"]["ckpt_name"] = "mine_v3.safetensors"
    made = bound(ADA, workflow={"id": "mine", "workflow_json": graph})
    assert [row.name for row in made.bindings.lora] == ["ada.safetensors"]
    assert "family_guessed" in [said.code for said in made.warnings]


def test_a_missing_node_pack_is_unmet_and_lowers_the_level() -> None:
    core = NodeList(
        "core",
        {
            name: node
            for name, node in NODES.nodes.items()
            if not name.startswith(("IPAdapter", "ReActor"))
        },
    )
    made = bound(NED, scene=SCENE, template="sdxl_text_to_image", nodes=core)
    assert made.level is None
    assert unmet(made) == ["method_unavailable", "method_unavailable"]
    assert {row.asset_id for row in made.uploads} == {"img-depth", "img-pose"}
    high = bound(ADA, template="sdxl_text_to_image", nodes=core)
    assert high.level == "high"
    assert unmet(high) == ["method_unavailable"]
    assert high.bindings.face_swap == ()


def test_links_are_written_for_the_node_list() -> None:
    """A server whose loader gives its outputs in another order."""
    loader = NODES.nodes["CheckpointLoaderSimple"]
    turned = replace(loader, outputs=tuple(reversed(loader.outputs)))
    other = NodeList("other", {**NODES.nodes, "CheckpointLoaderSimple": turned})
    made = bound(ADA, template="sdxl_text_to_image", nodes=other)
    document = write_api(made.workflow, other)
    assert json.dumps(["checkpoint", 0]) in json.dumps(document["decode"])


@pytest.mark.parametrize("id", ["img-1", "0af3", "图片-1", "a.b", "x_y.z"])
def test_a_picture_is_named_by_its_asset(id: str) -> None:
    assert picture_file(id) == f"{id}.png"


@pytest.mark.parametrize(
    "id",
    ["../../etc/passwd", "a/b", "a b", "a..b", ".a", "a.", "a [output]", "a\\b", "C:x", "", "x" * 300,
     "keyframe", "Keyframe", "\ud800", "a\n"],
)  # fmt: skip
def test_an_odd_asset_id_becomes_a_plain_file_name(id: str) -> None:
    name = picture_file(id)
    assert name == picture_file(id)
    assert name.lower() != "keyframe.png"
    assert len(name) < 100
    assert name.removesuffix(".png").replace("-", "").replace("_", "").isalnum()
    assert name.isascii()


def test_two_odd_ids_never_share_a_file() -> None:
    ids = ["a/b", "a_b", "a b", "a-b", "a.b", "A_B"]
    assert len({picture_file(id) for id in ids}) == len(ids)
