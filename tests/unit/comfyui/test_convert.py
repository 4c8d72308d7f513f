"""Workflows of the editor become what the editor itself would send to the server."""

from __future__ import annotations

import copy
import gzip
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from ai_video.comfyui.convert import ConversionNote, Converted, NoteCode, from_ui, to_api
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.validate import validate
from ai_video.comfyui.workflow_files import WorkflowFile, workflow_of
from ai_video.errors import InputRefused

DATA = Path(__file__).parents[2] / "data"
TEMPLATES = sorted(path.name.removesuffix(".json.gz") for path in (DATA / "templates").glob("*.gz"))
BY_FRONTEND = sorted(
    path.stem.removeprefix("j_template_") for path in (DATA / "workflows").glob("j_template_*")
)
NODES = shipped_node_list()


def template(name: str) -> Any:
    return json.loads(gzip.decompress((DATA / "templates" / f"{name}.json.gz").read_bytes()))


def node(number: Any, kind: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "type": kind, "mode": 0, "inputs": [], "outputs": [], **more}


def slot(name: str, kind: str, link: int | None = None, *, widget: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "type": kind,
        "link": link,
        **({"widget": {"name": name}} if widget else {}),
    }


def file(nodes: list[Any], links: list[Any], **more: Any) -> dict[str, Any]:
    return {"version": 0.4, "nodes": nodes, "links": links, **more}


def scaled(*between: dict[str, Any], links: list[Any]) -> dict[str, Any]:
    """LoadImage 1 → what stands between → SaveImage 9, which takes link 9."""
    load = node(1, "LoadImage", outputs=[slot("IMAGE", "IMAGE")], widgets_values=["a.png", "image"])
    save = node(9, "SaveImage", inputs=[slot("images", "IMAGE", 9)], widgets_values=["out"])
    return file([load, *between, save], links)


def inputs(converted: Converted, key: str) -> dict[str, Any]:
    entry: Any = converted.document[key]
    return entry["inputs"]


def codes(converted: Converted) -> list[tuple[str, str]]:
    return [(note.code, note.node) for note in converted.notes]


def test_every_template_converts_to_a_graph_that_the_server_takes() -> None:
    refused: dict[str, Any] = {}
    for name in TEMPLATES:
        converted = to_api(workflow_of(template(name), name=name), NODES)
        verdict = validate(converted.document, NODES, assume_models=True)
        if not verdict.valid:
            refused[name] = [(error.type, error.node, error.input) for error in verdict.errors]
    assert len(TEMPLATES) == 74
    assert refused == {}


@pytest.mark.parametrize("name", BY_FRONTEND)
def test_a_template_becomes_what_the_official_editor_makes_of_it(name: str) -> None:
    made: Any = from_ui(template(name), NODES).document
    expected = json.loads((DATA / "workflows" / f"j_template_{name}.json").read_text("utf-8"))
    assert {key: entry["class_type"] for key, entry in made.items()} == {
        key: entry["class_type"] for key, entry in expected.items()
    }
    for key, entry in expected.items():
        # No such choice under "auto": the editor reads a value of an older SaveVideo into it.
        entry["inputs"].pop("format.codec.encoding", None)
        assert made[key]["inputs"] == entry["inputs"], (name, key)


def test_api_format_passes_as_it_is() -> None:
    document = {"1": {"class_type": "SaveImage", "inputs": {"images": ["2", 0]}}}
    assert to_api(WorkflowFile("api", document), NODES) == Converted(document)


def test_a_bypassed_node_hands_on_the_input_of_its_type() -> None:
    passed = node(
        2,
        "ImageScale",
        mode=4,
        inputs=[slot("mask", "MASK"), slot("image", "IMAGE", 1)],
        outputs=[slot("IMAGE", "IMAGE")],
        widgets_values=["lanczos", 512, 512, "disabled"],
    )
    made = from_ui(
        scaled(passed, links=[[1, 1, 0, 2, 1, "IMAGE"], [9, 2, 0, 9, 0, "IMAGE"]]), NODES
    )
    assert inputs(made, "9") == {"images": ["1", 0], "filename_prefix": "out"}
    assert "2" not in made.document


def test_what_comes_from_a_muted_node_is_left_out_and_said() -> None:
    muted = node(
        2,
        "ImageInvert",
        mode=2,
        inputs=[slot("image", "IMAGE", 1)],
        outputs=[slot("IMAGE", "IMAGE")],
    )
    made = from_ui(scaled(muted, links=[[1, 1, 0, 2, 0, "IMAGE"], [9, 2, 0, 9, 0, "IMAGE"]]), NODES)
    assert inputs(made, "9") == {"filename_prefix": "out"}
    assert codes(made) == [("input_cut", "9")]


def test_reroutes_set_and_get_nodes_and_notes_vanish() -> None:
    drawn = [
        node(2, "Reroute", inputs=[slot("", "*", 1)], outputs=[slot("", "IMAGE")]),
        node(3, "SetNode", inputs=[slot("IMAGE", "IMAGE", 2)], widgets_values=["picture"]),
        node(4, "GetNode", outputs=[slot("IMAGE", "IMAGE")], widgets_values=["picture"]),
        node(5, "MarkdownNote", widgets_values=["read me"]),
    ]
    links = [[1, 1, 0, 2, 0, "*"], [2, 2, 0, 3, 0, "IMAGE"], [9, 4, 0, 9, 0, "IMAGE"]]
    made = from_ui(scaled(*drawn, links=links), NODES)
    assert inputs(made, "9")["images"] == ["1", 0]
    assert set(made.document) == {"1", "9"}


def test_a_primitive_and_the_word_after_a_seed_give_plain_values() -> None:
    sampler = node(
        3,
        "KSampler",
        inputs=[slot("seed", "INT", 1, widget=True)],
        outputs=[slot("LATENT", "LATENT")],
        widgets_values=[5, "randomize", 20, 7.5, "euler", "normal", 0.5],
    )
    primitive = node(2, "PrimitiveNode", outputs=[slot("INT", "INT")], widgets_values=[77, "fixed"])
    made = from_ui(file([primitive, sampler], [[1, 2, 0, 3, 0, "INT"]]), NODES)
    assert inputs(made, "3") == {
        "seed": 77,
        "steps": 20,
        "cfg": 7.5,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 0.5,
    }


def nested() -> dict[str, Any]:
    """LoadImage 1 → instance 5 of "outer", which holds instance 2 of "inner": an ImageScale 3."""
    scale = node(
        3,
        "ImageScale",
        inputs=[slot("image", "IMAGE", 1), slot("width", "INT", 2, widget=True)],
        outputs=[slot("IMAGE", "IMAGE")],
        widgets_values=["lanczos", 512, 256, "disabled"],
    )
    taken = [slot("image", "IMAGE"), slot("width", "INT")]

    def level(name: str, inside: dict[str, Any], target: int) -> dict[str, Any]:
        def link(number: int, *row: Any) -> dict[str, Any]:
            keys = ("origin_id", "origin_slot", "target_id", "target_slot", "type")
            return {"id": number, **dict(zip(keys, row, strict=True))}

        rows = [
            link(1, -10, 0, target, 0, "IMAGE"),
            link(2, -10, 1, target, 1, "INT"),
            link(3, target, 0, -20, 0, "IMAGE"),
        ]
        return {
            "id": name,
            "name": name,
            "inputs": taken,
            "outputs": [],
            "nodes": [inside],
            "links": rows,
        }

    def instance(number: int, kind: str, image: int, width: int | None, values: list[Any]) -> Any:
        given = [slot("image", "IMAGE", image), slot("width", "INT", width, widget=True)]
        outputs = [slot("IMAGE", "IMAGE")]
        return node(number, kind, inputs=given, outputs=outputs, widgets_values=values)

    outer = level("outer", instance(2, "inner", 1, 2, [640]), 2)
    document = scaled(
        instance(5, "outer", 1, None, [768]),
        links=[[1, 1, 0, 5, 0, "IMAGE"], [9, 5, 0, 9, 0, "IMAGE"]],
    )
    return {**document, "definitions": {"subgraphs": [outer, level("inner", scale, 3)]}}


def test_nested_subgraphs_unfold_and_the_outermost_promoted_value_counts() -> None:
    made = from_ui(nested(), NODES)
    assert inputs(made, "5:2:3") == {
        "image": ["1", 0],
        "upscale_method": "lanczos",
        "width": 768,
        "height": 256,
        "crop": "disabled",
    }
    assert inputs(made, "9")["images"] == ["5:2:3", 0]


def test_a_bypassed_subgraph_runs_nothing_of_what_is_in_it() -> None:
    document = nested()
    document["nodes"][1]["mode"] = 4
    made = from_ui(document, NODES)
    assert set(made.document) == {"1", "9"}
    assert inputs(made, "9")["images"] == ["1", 0]


def test_a_subgraph_that_holds_itself_is_refused_with_its_place() -> None:
    document = nested()
    document["definitions"]["subgraphs"][1]["nodes"][0]["type"] = "outer"
    with pytest.raises(InputRefused) as refused:
        from_ui(document, NODES)
    assert refused.value.code == "workflow_cannot_convert"
    assert "nested too deeply" in str(refused.value.fields["reason"])


def test_subgraphs_that_unfold_without_end_are_refused_in_time() -> None:
    def level(number: int) -> dict[str, Any]:
        inside = [node(at, f"g{number + 1}") for at in range(12)]
        return {"id": f"g{number}", "nodes": inside, "links": [], "inputs": [], "outputs": []}

    document = file([node(1, "g0")], [], definitions={"subgraphs": [level(n) for n in range(9)]})
    with pytest.raises(InputRefused, match="more than 20000 nodes"):
        from_ui(document, NODES)


def test_links_through_thousands_of_reroutes_are_refused_in_time() -> None:
    count = 4000
    routes = [
        node(at, "Reroute", inputs=[slot("", "*", at)], outputs=[slot("", "IMAGE")])
        for at in range(1, count)
    ]
    uses = [
        node(count + at, "PreviewImage", inputs=[slot("images", "IMAGE", count + at)])
        for at in range(count)
    ]
    load = node(0, "LoadImage", outputs=[slot("IMAGE", "IMAGE")], widgets_values=["a.png", "image"])
    links = [[at, at - 1, 0, at, 0, "IMAGE"] for at in range(1, count)]
    links += [[count + at, count - 1, 0, count + at, 0, "IMAGE"] for at in range(count)]
    begin = time.process_time()
    with pytest.raises(InputRefused, match="too many reroutes"):
        from_ui(file([load, *routes, *uses], links), NODES)
    assert time.process_time() - begin < 3


def test_values_saved_by_name_are_taken_by_name() -> None:
    combine = node(
        2,
        "VHS_VideoCombine",
        inputs=[slot("images", "IMAGE", 9)],
        widgets_values={"frame_rate": 12, "format": "image/gif", "videopreview": {"hidden": False}},
    )
    load = node(1, "LoadImage", outputs=[slot("IMAGE", "IMAGE")], widgets_values=["a.png", "image"])
    made = from_ui(file([load, combine], [[9, 1, 0, 2, 0, "IMAGE"]]), NODES)
    given = inputs(made, "2")
    assert (given["images"], given["frame_rate"], given["format"]) == (["1", 0], 12, "image/gif")
    assert given["loop_count"] == 0
    assert "videopreview" not in given


def test_an_unknown_node_stays_with_what_can_be_read_of_it_and_is_said() -> None:
    strange = node(
        2,
        "NobodyKnowsThis",
        inputs=[slot("image", "IMAGE", 1), slot("amount", "FLOAT", widget=True)],
        outputs=[slot("IMAGE", "IMAGE")],
        widgets_values=[0.5],
    )
    made = from_ui(
        scaled(strange, links=[[1, 1, 0, 2, 0, "IMAGE"], [9, 2, 0, 9, 0, "IMAGE"]]), NODES
    )
    assert inputs(made, "2") == {"image": ["1", 0], "amount": 0.5}
    assert codes(made) == [("unknown_node", "2")]
    verdict = validate(made.document, NODES)
    assert [(error.type, error.node) for error in verdict.errors] == [("missing_node_type", "2")]


def test_a_name_that_the_node_list_does_not_offer_is_kept_for_the_check_to_name() -> None:
    loader = node(
        2, "KSamplerSelect", outputs=[slot("SAMPLER", "SAMPLER")], widgets_values=["dreams"]
    )
    load = scaled(loader, links=[[9, 1, 0, 9, 0, "IMAGE"]])
    assert inputs(from_ui(load, NODES), "2") == {"sampler_name": "dreams"}


def test_nodes_that_feed_others_without_links_are_said() -> None:
    everywhere = node(2, "Anything Everywhere", inputs=[slot("anything", "IMAGE", 1)])
    links = [[1, 1, 0, 2, 0, "IMAGE"], [9, 1, 0, 9, 0, "IMAGE"]]
    made = from_ui(scaled(everywhere, links=links), NODES)
    assert codes(made) == [("broadcast", "2")]


def test_an_output_is_found_by_its_name_when_its_place_has_changed() -> None:
    train = node(1, "TrainLoraNode", outputs=[slot("model", "MODEL"), slot("lora", "LORA_MODEL")])
    save = node(2, "SaveLoRA", inputs=[slot("lora", "LORA_MODEL", 1)], widgets_values=["x", 0])
    made = from_ui(file([train, save], [[1, 1, 1, 2, 0, "LORA_MODEL"]]), NODES)
    assert inputs(made, "2")["lora"] == ["1", 0]


def test_models_that_a_file_names_stay_with_their_node() -> None:
    models = [{"name": "a.safetensors", "url": "https://example.org/a", "directory": "vae"}]
    loader = node(
        2,
        "VAELoader",
        outputs=[slot("VAE", "VAE")],
        widgets_values=["a.safetensors"],
        properties={"models": models},
    )
    made: Any = from_ui(scaled(loader, links=[[9, 1, 0, 9, 0, "IMAGE"]]), NODES).document
    assert made["2"]["_meta"] == {"title": "Load VAE", "models": models}


def test_every_note_has_its_words_in_both_languages() -> None:
    for code in get_args(NoteCode):
        note = ConversionNote(code, "1", "SaveImage", "images")
        assert note.message("en") != note.message("zh")
        assert "{" not in note.message("en") + note.message("zh")


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"nodes": {}, "links": []}, "no list of nodes"),
        ({"nodes": [{"id": 1}], "links": []}, "no type"),
        ({"nodes": [node(1, "SaveImage"), node(1, "SaveImage")], "links": []}, "same id"),
        ({"nodes": [node(1, "Note")], "links": []}, "no node is left"),
        ({"nodes": [], "links": "none"}, "no node is left"),
    ],
)
def test_a_file_that_is_no_graph_gives_the_one_clear_error(document: Any, words: str) -> None:
    with pytest.raises(InputRefused, match=words) as refused:
        from_ui(document, NODES)
    assert refused.value.code == "workflow_cannot_convert"


def test_links_in_a_circle_end() -> None:
    first = node(2, "Reroute", inputs=[slot("", "*", 2)], outputs=[slot("", "IMAGE")])
    second = node(3, "Reroute", inputs=[slot("", "*", 1)], outputs=[slot("", "IMAGE")])
    links = [[1, 2, 0, 3, 0, "*"], [2, 3, 0, 2, 0, "*"], [9, 2, 0, 9, 0, "IMAGE"]]
    made = from_ui(scaled(first, second, links=links), NODES)
    assert codes(made) == [("input_cut", "9")]


def paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    for key, entry in inner:
        yield (*before, key)
        if isinstance(entry, dict | list):
            yield from paths(entry, (*before, key))


STRANGE = (None, True, -1, 3.5, "", "x", [], {}, [1, 2], {"a": 1}, ["1", 0], -10, "-20", 10**30)


def damaged(document: Any, order: random.Random) -> None:
    """Replace or remove one value somewhere."""
    *way, last = order.choice(list(paths(document)))
    for key in way:
        document = document[key]
    if order.random() < 0.3:
        del document[last]
    else:
        document[last] = copy.deepcopy(order.choice(STRANGE))


@pytest.mark.parametrize("name", ["image_flux2_text_to_image_9b", "sdxl_simple_example"])
def test_a_damaged_file_converts_or_is_refused_and_nothing_else(name: str) -> None:
    order = random.Random(name)
    outcomes: set[str] = set()
    for _ in range(100):
        document = template(name)
        for _ in range(order.randint(1, 4)):
            damaged(document, order)
        begin = time.process_time()
        try:
            json.dumps(from_ui(document, NODES).document)
            outcomes.add("converted")
        except InputRefused as refused:
            outcomes.add(refused.code)
        assert time.process_time() - begin < 1
    assert "converted" in outcomes
    assert outcomes <= {"converted", "workflow_cannot_convert"}
