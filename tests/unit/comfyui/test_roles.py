"""What the inputs of a workflow mean is read from its links, and is not called sure without reason."""

from __future__ import annotations

import copy
import gzip
import json
import random
import time
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ai_video.comfyui.convert import from_ui
from ai_video.comfyui.families import families, family_of_file
from ai_video.comfyui.known_models import FileHints
from ai_video.comfyui.object_info import SHIPPED_CORE, parse_object_info, shipped_node_list
from ai_video.comfyui.purposes import PURPOSES
from ai_video.comfyui.roles import ROLES, InputRole, RequiredNode, WorkflowRoles, find_roles

DATA = Path(__file__).parents[2] / "data"
EXPECTED: dict[str, Any] = json.loads((DATA / "roles.json").read_text("utf-8"))
NODES = shipped_node_list()
MARKS = {"sure": "", "likely": "~", "asked": "?"}
Document = dict[str, Any]


@cache
def saved(name: str) -> str:
    folder, _, stem = name.partition("/")
    if folder == "workflows":
        return (DATA / folder / f"{stem}.json").read_text("utf-8")
    packed = (DATA / folder / f"{stem}.json.gz").read_bytes()
    return json.dumps(from_ui(json.loads(gzip.decompress(packed)), NODES).document)


def graph(name: str) -> Document:
    return json.loads(saved(name))


def place(row: InputRole) -> str:
    return f"{row.node}.{row.input}"


def summary(roles: WorkflowRoles) -> dict[str, Any]:
    rows: dict[str, list[str]] = {}
    for row in roles.inputs:
        rows.setdefault(row.role, []).append(MARKS[row.certainty] + place(row))
    return {
        "category": roles.category,
        "purpose": roles.purpose,
        "family": roles.family,
        "outputs": [f"{output.node}:{output.kind}" for output in roles.outputs],
        "unresolved": [entry.role for entry in roles.unresolved],
        "roles": rows,
    }


def places(document: Document, role: Any) -> list[str]:
    return [MARKS[row.certainty] + place(row) for row in find_roles(document, NODES).of(role)]


def sampler(**more: Any) -> Document:
    """A text to image graph: 1 model, 2 positive, 3 negative, 4 latent, 5 sampler, 6 decode, 7 save."""
    document = {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "v1-5.safetensors"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": "a cat", "clip": ["1", 1]}},
        "3": {"class_type": "CLIPTextEncode", "inputs": {"text": "a dog", "clip": ["1", 1]}},
        "4": {
            "class_type": "EmptyLatentImage",
            "inputs": {"width": 512, "height": 768, "batch_size": 1},
        },
        "5": {
            "class_type": "KSampler",
            "inputs": {
                "model": ["1", 0],
                "positive": ["2", 0],
                "negative": ["3", 0],
                "latent_image": ["4", 0],
                "seed": 1,
                "steps": 20,
                "cfg": 7.0,
                "sampler_name": "euler",
                "scheduler": "normal",
                "denoise": 1.0,
            },
        },
        "6": {"class_type": "VAEDecode", "inputs": {"samples": ["5", 0], "vae": ["1", 2]}},
        "7": {"class_type": "SaveImage", "inputs": {"images": ["6", 0], "filename_prefix": "x"}},
    }
    return {**document, **more}


def node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_roles_of_a_graph_are_those_of_the_checked_table(name: str) -> None:
    assert summary(find_roles(graph(name), NODES)) == EXPECTED[name]


def test_the_table_holds_every_graph_that_is_there() -> None:
    graphs = {f"workflows/{file.stem}" for file in (DATA / "workflows").glob("*.json")}
    templates = {
        f"templates/{file.name.removesuffix('.json.gz')}"
        for file in (DATA / "templates").glob("*.gz")
    }
    assert set(EXPECTED) == graphs | templates
    assert len(graphs) == 34
    assert len(templates) >= 40


def test_a_row_says_all_that_a_form_needs() -> None:
    rows = {row.name: row for row in find_roles(sampler(), NODES).inputs}
    steps = rows["steps"]
    assert (steps.type, steps.default, steps.minimum, steps.maximum) == ("INT", 20, 1, 10000)
    assert (steps.node, steps.class_type, steps.input) == ("5", "KSampler", "steps")
    assert steps.required
    assert steps.evidence == "KSampler.steps, which steers sampler KSampler"
    assert "euler" in (rows["sampler"].choices or ())
    assert rows["checkpoint"].choices is None
    assert rows["positive_prompt"].default == "a cat"
    assert rows["positive_prompt"].type == "STRING"


def test_roles_as_a_document_have_the_fields_of_the_contract() -> None:
    row = "name role type default minimum maximum choices required node class_type input certainty"
    document = asdict(find_roles(graph("templates/image_flux2_klein_image_edit_4b_base"), NODES))
    assert set(document["inputs"][0]) == {*row.split(), "evidence"}
    assert set(document["outputs"][0]) == {"node", "class_type", "kind"}
    assert set(document["required_nodes"][0]) == {"class_type", "pack"}
    assert set(document["required_models"][0]) == {"folder", "name", "url", "node", "input"}
    assert set(document["unresolved"][0]) == {"role", "candidates"}
    assert set(document["unresolved"][0]["candidates"][0]) == {"node", "input"}
    json.dumps(document)


def test_a_server_s_own_files_are_choices() -> None:
    raw: Any = copy.deepcopy(dict(NODES.as_object_info()))
    raw["CheckpointLoaderSimple"]["input"]["required"]["ckpt_name"][0] = ["mine.safetensors"]
    rows = find_roles(sampler(), parse_object_info(raw, version="0.33.0")).of("checkpoint")
    assert [row.choices for row in rows] == [("mine.safetensors",)]


def test_a_zeroed_conditioning_is_no_negative_prompt() -> None:
    document = sampler(**{"8": node("ConditioningZeroOut", conditioning=["2", 0])})
    document["5"]["inputs"]["negative"] = ["8", 0]
    roles = find_roles(document, NODES)
    assert [row.role for row in roles.inputs if "prompt" in row.role] == ["positive_prompt"]
    assert roles.unresolved == ()


def test_a_text_that_is_both_prompts_is_the_positive_one_and_not_sure() -> None:
    document = sampler()
    document["5"]["inputs"]["negative"] = ["2", 0]
    assert places(document, "positive_prompt") == ["~2.text"]
    assert places(document, "negative_prompt") == []


def test_crossed_sides_are_followed_by_the_sampler_s_own_names() -> None:
    control = node(
        "ControlNetApplyAdvanced",
        positive=["2", 0],
        negative=["3", 0],
        control_net=["9", 0],
        image=["10", 0],
        strength=1.0,
        start_percent=0.0,
        end_percent=1.0,
    )
    document = sampler(
        **{
            "8": control,
            "9": node("ControlNetLoader", control_net_name="pose.safetensors"),
            "10": node("LoadImage", image="pose.png"),
        }
    )
    document["5"]["inputs"].update(positive=["8", 1], negative=["8", 0])
    assert places(document, "positive_prompt") == ["3.text"]
    assert places(document, "negative_prompt") == ["2.text"]
    assert places(document, "control_image") == ["10.image"]


def test_a_prompt_is_followed_through_primitives_and_joined_texts() -> None:
    document = sampler(
        **{
            "8": node("StringConcatenate", string_a=["9", 0], string_b="film grain", delimiter=" "),
            "9": node("PrimitiveStringMultiline", value="a fox"),
        }
    )
    document["2"]["inputs"]["text"] = ["8", 0]
    assert places(document, "positive_prompt") == ["~9.value"]
    document["2"]["inputs"]["text"] = ["9", 0]
    assert places(document, "positive_prompt") == ["9.value"]


def test_of_two_equal_parts_of_a_prompt_one_is_asked_for() -> None:
    document = sampler(
        **{"8": node("StringConcatenate", string_a="a fox", string_b="in snow", delimiter=" ")}
    )
    document["2"]["inputs"]["text"] = ["8", 0]
    roles = find_roles(document, NODES)
    assert [row.certainty for row in roles.of("positive_prompt")] == ["asked"]
    [entry] = roles.unresolved
    assert entry.role == "positive_prompt"
    assert {use.input for use in entry.candidates} == {"string_a", "string_b"}


def test_a_switch_is_followed_to_the_side_that_it_passes_on() -> None:
    document = sampler(
        **{
            "8": node("ComfySwitchNode", switch=["9", 0], on_false=["10", 0], on_true=["11", 0]),
            "9": node("PrimitiveBoolean", value=True),
            "10": node("PrimitiveInt", value=20),
            "11": node("PrimitiveInt", value=4),
        }
    )
    document["5"]["inputs"]["steps"] = ["8", 0]
    assert places(document, "steps") == ["11.value"]


def test_a_worked_out_length_stays_at_its_input_and_a_halved_side_goes_to_its_number() -> None:
    document = graph("workflows/i_wan22_ti2v_5b")
    document["20"] = node(
        "ComfyMathExpression", expression="a * b + 1", **{"values.a": ["21", 0], "values.b": 24}
    )
    document["21"] = node("PrimitiveFloat", value=5.0)
    document["22"] = node("ComfyMathExpression", expression="a / 2", **{"values.a": ["23", 0]})
    document["23"] = node("PrimitiveInt", value=1280)
    document["9"]["inputs"].update(length=["20", 1], width=["22", 1])
    assert places(document, "length") == ["~9.length"]
    assert places(document, "width") == ["~23.value"]


def test_a_size_read_off_a_picture_is_left_open() -> None:
    document = sampler(
        **{"8": node("GetImageSize", image=["9", 0]), "9": node("LoadImage", image="a.png")}
    )
    document["4"]["inputs"].update(width=["8", 0], height=["8", 1])
    roles = find_roles(document, NODES)
    assert [entry.role for entry in roles.unresolved] == ["width", "height"]
    assert roles.of("width") == ()


def test_stages_come_in_the_order_in_which_they_run() -> None:
    document = graph("workflows/i_wan22_i2v_14b")
    roles = find_roles(document, NODES)
    assert [place(row) for row in roles.of("steps")] == ["10.steps", "11.steps"]
    assert [row.default for row in roles.of("diffusion_model")] == [
        "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
        "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors",
    ]
    assert [row.certainty for row in roles.of("seed")] == ["sure", "likely"]
    assert [row.name for row in roles.of("cfg")] == ["cfg", "cfg_2"]


def test_a_picture_that_only_gives_its_size_is_not_called_a_reference() -> None:
    document = graph("workflows/b_img2img")
    document["5"]["inputs"]["denoise"] = 1.0
    assert places(document, "reference_image") == ["?10.image"]


def test_models_bring_folder_and_address() -> None:
    document = sampler()
    document["1"]["inputs"]["ckpt_name"] = "own.safetensors"
    told = FileHints(urls={"own.safetensors": "https://example.org/own"}, packs={"Mine": "my-pack"})
    document["8"] = node("Mine", image=["6", 0])
    roles = find_roles(document, NODES, hints=told)
    [model] = roles.required_models
    assert (model.folder, model.url) == ("checkpoints", "https://example.org/own")
    assert RequiredNode("Mine", "my-pack") in roles.required_nodes
    assert RequiredNode("KSampler", "core") in roles.required_nodes


def test_models_of_an_editor_s_file_keep_their_address() -> None:
    roles = find_roles(graph("templates/image_z_image_turbo"), NODES)
    urls = [model.url for model in roles.required_models]
    assert len(urls) == 3
    assert all(url is not None and url.startswith("https://") for url in urls)


@pytest.mark.parametrize("name", sorted(name for name in EXPECTED if name.startswith("workflows/")))
def test_without_any_known_class_nothing_is_called_sure(name: str) -> None:
    document = graph(name)
    for entry in document.values():
        entry["class_type"] = f"Some {entry['class_type']}"
    roles = find_roles(document, NODES)
    assert [row for row in roles.inputs if row.certainty == "sure"] == []


def test_a_server_without_a_pack_gives_the_same_roles() -> None:
    name = "workflows/x_animatediff_ipadapter_controlnet_lora_reactor"
    core = shipped_node_list(SHIPPED_CORE)
    assert summary(find_roles(graph(name), core)) == EXPECTED[name]


def renumbered(document: Document, order: random.Random) -> tuple[Document, dict[str, str]]:
    keys = list(document)
    order.shuffle(keys)
    names = {key: str(at + 1) for at, key in enumerate(keys)}
    moved: Document = {}
    for key in keys:
        entry = copy.deepcopy(document[key])
        inputs = list(entry["inputs"].items())
        order.shuffle(inputs)
        entry["inputs"] = {
            name: [names[value[0]], value[1]] if is_link(value, names) else value
            for name, value in inputs
        }
        moved[names[key]] = entry
    return moved, names


def is_link(value: Any, names: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and value[0] in names


def told(roles: WorkflowRoles, names: dict[str, str] | None = None) -> list[tuple[Any, ...]]:
    return [
        (row.name, (names or {}).get(row.node, row.node), row.input, row.certainty, row.evidence)
        for row in roles.inputs
    ]


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from(sorted(EXPECTED)), seed=st.integers(0, 2**32))
def test_ids_and_order_change_no_role(name: str, seed: int) -> None:
    document = graph(name)
    moved, names = renumbered(document, random.Random(seed))
    before, after = find_roles(document, NODES), find_roles(moved, NODES)
    # Nodes that are the same in all they take and feed have no order of their own.
    assert sorted(told(before, names)) == sorted(told(after))
    assert (before.purpose, before.family) == (after.purpose, after.family)


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(EXPECTED)), data=st.data())
def test_an_unknown_node_in_between_makes_no_sure_answer_wrong(name: str, data: Any) -> None:
    document = graph(name)
    links = [
        (key, input_name)
        for key, entry in document.items()
        for input_name, value in entry["inputs"].items()
        if is_link(value, document)
    ]
    if not links:
        return
    right = {
        (row.role, place(row))
        for row in find_roles(document, NODES).inputs
        if row.certainty == "sure"
    }
    key, input_name = data.draw(st.sampled_from(links))
    inner = data.draw(st.sampled_from(["anything", "input", "image", "model", "text", "value"]))
    document["between"] = node("NobodyKnowsThis", **{inner: document[key]["inputs"][input_name]})
    document[key]["inputs"][input_name] = ["between", 0]
    rows = find_roles(document, NODES).inputs
    sure = {(row.role, place(row)) for row in rows if row.certainty == "sure"}
    assert sure <= right


@settings(max_examples=80, deadline=None)
@given(name=st.sampled_from(sorted(EXPECTED)), seed=st.integers(0, 2**32))
def test_a_damaged_graph_still_gives_an_answer(name: str, seed: int) -> None:
    document, order = graph(name), random.Random(seed)
    for key in order.sample(sorted(document), k=min(3, len(document) - 1)):
        action = order.choice(["drop", "class", "input", "circle", "value"])
        if action == "drop":
            del document[key]
        elif action == "class":
            document[key]["class_type"] = order.choice(["", "Nobody", "KSampler", "LoadImage"])
        elif action == "input" and document[key]["inputs"]:
            del document[key]["inputs"][order.choice(sorted(document[key]["inputs"]))]
        elif action == "circle":
            document[key]["inputs"]["model"] = [key, 0]
        else:
            document[key]["inputs"]["seed"] = order.choice([None, [], {}, "x", ["1"], [1, "2"]])
    roles = find_roles(document, NODES)
    assert all(row.node in document for row in roles.inputs)
    assert roles.purpose in PURPOSES


def many(copies: int) -> Document:
    """So many text to image graphs beside each other in one, seven nodes each."""
    document: Document = {}
    for copy_of in range(copies):
        for key, entry in sampler().items():
            moved = copy.deepcopy(entry)
            for name, value in moved["inputs"].items():
                if isinstance(value, list):
                    moved["inputs"][name] = [f"{copy_of}:{value[0]}", value[1]]
            moved["inputs"].update({"seed": copy_of} if key == "5" else {})
            document[f"{copy_of}:{key}"] = moved
    return document


def test_a_graph_of_a_hundred_nodes_takes_less_than_20_ms() -> None:
    document = many(14)
    assert len(document) == 98
    spent: list[float] = []
    for _ in range(7):
        begin = time.process_time()
        find_roles(document, NODES)
        spent.append(time.process_time() - begin)
    assert min(spent) < 0.020


def test_time_grows_with_the_graph_and_no_faster() -> None:
    document = many(500)
    begin = time.process_time()
    roles = find_roles(document, NODES)
    assert time.process_time() - begin < 5
    assert len(roles.of("seed")) == 500


@pytest.mark.parametrize("kind", ["image", "latent", "number", "text", "conditioning"])
def test_a_chain_of_3000_nodes_is_walked_to_its_end_or_left_open(kind: str) -> None:
    document = sampler(**{"a0": node("LoadImage", image="a.png")})
    target, slot_of = ("5", {"latent": "latent_image", "conditioning": "positive"}.get(kind, ""))
    makers = {
        "image": lambda before: node("ImageInvert", image=[before, 0]),
        "latent": lambda before: node("LatentFlip", samples=[before, 0], flip_method="x"),
        "number": lambda before: node(
            "ComfyMathExpression", expression="a + 1", **{"values.a": [before, 1]}
        ),
        "text": lambda before: node("StringTrim", string=[before, 0], mode="Both"),
        "conditioning": lambda before: node(
            "ConditioningMultiply", conditioning=[before, 0], multiplier=1.0
        ),
    }
    before = {"latent": "4", "conditioning": "2"}.get(kind, "a0")
    for at in range(1, 3001):
        document[f"a{at}"] = makers[kind](before)
        before = f"a{at}"
    if kind == "image":
        document["enc"] = node("VAEEncode", pixels=[before, 0], vae=["1", 2])
        document["5"]["inputs"].update(latent_image=["enc", 0], denoise=0.5)
    elif kind == "number":
        document["4"]["inputs"]["width"] = [before, 1]
    elif kind == "text":
        document["2"]["inputs"]["text"] = [before, 0]
    else:
        document[target]["inputs"][slot_of] = [before, 0]
    begin = time.process_time()
    roles = find_roles(document, NODES)
    assert time.process_time() - begin < 5
    assert len(roles.of("negative_prompt")) == 1
    if kind == "image":
        assert [row.certainty for row in roles.of("reference_image")] == ["sure"]


def test_every_role_is_found_somewhere_but_the_one_that_only_a_user_gives() -> None:
    found = {role for entry in EXPECTED.values() for role in entry["roles"]}
    assert set(ROLES) - found == {"scene_reference"}


@pytest.mark.parametrize(
    ("file", "family"),
    [
        ("v1-5-pruned-emaonly-fp16.safetensors", "sd15"),
        ("sd_xl_base_1.0.safetensors", "sdxl"),
        ("juggernautXL_v9Rundiffusion.safetensors", "sdxl"),
        ("ponyDiffusionV6XL.safetensors", "sdxl"),
        ("sd3.5_large_fp8_scaled.safetensors", "sd3"),
        ("flux1-dev.safetensors", "flux"),
        ("flux-2-klein-base-9b-fp8.safetensors", "flux2"),
        ("wan2.1_t2v_1.3B_fp16.safetensors", "wan21"),
        ("Wan2_1-I2V-14B-480p_fp8_e4m3fn_scaled_KJ.safetensors", "wan21"),
        ("wan2.2_ti2v_5B_fp16.safetensors", "wan22"),
        ("ltx-video-2b-v0.9.5.safetensors", "ltxv"),
        ("ltxv-13b-0.9.8-dev.safetensors", "ltxv"),
        ("ltx-2.3-22b-dev-fp8.safetensors", "ltx2"),
        ("hunyuanvideo1.5_720p_t2v_fp16.safetensors", "hunyuan"),
        ("hunyuan_3d_v2.1.safetensors", "hunyuan3d"),
        ("qwen_image_edit_2511_fp8mixed.safetensors", "qwen_image"),
        ("z_image_turbo_bf16.safetensors", "z_image"),
        ("myOwnMerge_v3.safetensors", None),
    ],
)
def test_a_model_file_s_name_tells_its_family(file: str, family: str | None) -> None:
    assert family_of_file(file) == family


def test_families_are_written_well() -> None:
    names = [family.name for family in families() if not family.guess]
    assert len(names) == len(set(names))
    assert {family.name for family in families() if family.guess} <= set(names)
