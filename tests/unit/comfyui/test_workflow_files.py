"""Workflow files: what they are, and hundreds of damaged ones with one clear error each."""

from __future__ import annotations

import gzip
import io
import json
import random
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tests.comfy_graphs import FOLDER, NAMES, graph

from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.strict_json import NESTING_LIMIT, deeper_than
from ai_video.comfyui.validate import validate
from ai_video.comfyui.workflow_files import WORKFLOW_LIMIT, read_workflow_file
from ai_video.errors import InputRefused

NODES = shipped_node_list()
UI = {
    "version": 0.4,
    "nodes": [{"id": 1, "type": "LoadImage", "widgets_values": ["a.png"]}],
    "links": [],
}


def encoded(document: object) -> bytes:
    return json.dumps(document).encode()


@pytest.mark.parametrize("name", NAMES)
def test_graphs_are_api_files(name: str):
    file = read_workflow_file(FOLDER / f"{name}.json")
    assert file.format == "api"
    assert file.document == graph(name)


def test_an_editor_file_is_told_from_an_api_file():
    assert read_workflow_file(encoded(UI)).format == "ui"


@pytest.mark.parametrize(
    "wrap",
    [
        lambda api: {"prompt": api, "client_id": "x"},
        lambda api: {"output": api, "workflow": UI},
    ],
)
def test_a_saved_request_or_export_is_opened(wrap: Callable[[Any], Any]):
    api = graph("a_txt2img_sd15")
    file = read_workflow_file(encoded(wrap(api)))
    assert (file.format, file.document) == ("api", api)


def test_a_node_may_be_called_prompt_output_or_nodes():
    api = {
        name: {"class_type": "SaveImage", "inputs": {}} for name in ("prompt", "output", "nodes")
    }
    assert read_workflow_file(encoded(api)).document == api


def test_marks_and_gzip_are_taken_off():
    api = encoded(graph("nomodel_image"))
    assert read_workflow_file(b"\xef\xbb\xbf" + api).format == "api"
    assert read_workflow_file(gzip.compress(api)).format == "api"


def picture(*, packed: bool = False, wide: bool = False, **texts: object) -> bytes:
    """A PNG as ComfyUI saves it; `wide`: in a chunk for any script."""
    info = PngInfo()
    for key, value in texts.items():
        add = info.add_itxt if wide else info.add_text
        add(key, json.dumps(value, ensure_ascii=not wide), zip=packed)
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("wide", [False, True])
def test_the_workflow_in_a_saved_picture_is_found(packed: bool, wide: bool):
    api = graph("a_txt2img_sd15")
    next(iter(api.values()))["_meta"] = {"title": "雨夜"}
    file = read_workflow_file(picture(workflow=UI, prompt=api, packed=packed, wide=wide))
    assert (file.format, file.document) == ("api", api)
    assert read_workflow_file(picture(workflow=UI, packed=packed, wide=wide)).format == "ui"


def test_a_picture_without_or_with_a_damaged_workflow_is_refused():
    assert refusal(picture(parameters="steps: 20")).code == "workflow_invalid"
    assert refusal(picture(prompt=graph("nomodel_image"))[:200]).code == "json_invalid"


def refusal(data: bytes) -> InputRefused:
    with pytest.raises(InputRefused) as refused:
        read_workflow_file(data, name="mine.json")
    assert refused.value.exit_code == 3
    assert refused.value.hint("zh")
    assert refused.value.hint("en")
    return refused.value


@pytest.mark.parametrize(
    ("data", "code", "says"),
    [
        (b"", "json_invalid", "line 1"),
        (b"hello", "json_invalid", "line 1 column 1"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "workflow_invalid", "carries no workflow"),
        (b"\xff\xd8\xff\xe0", "json_invalid", "UTF-8"),
        ('{"1": 2}'.encode("utf-16"), "json_invalid", "UTF-8"),
        (b'{"1": NaN}', "json_invalid", "NaN"),
        (b'{"1": 1e999}', "json_invalid", "too big"),
        (b'{"1": ' + b"9" * 5000 + b"}", "json_invalid", "digits"),
        (b'{"1": {"class_type": "A"', "json_invalid", "column"),
        (b"\x1f\x8bdamaged", "json_invalid", "gzip"),
        (b"[" * 100_000, "json_too_deep", str(NESTING_LIMIT)),
        (b"[" * 200 + b"]" * 200, "json_too_deep", str(NESTING_LIMIT)),
        (b'{"a":' * 150 + b"1" + b"}" * 150, "json_too_deep", str(NESTING_LIMIT)),
        (b" " * (WORKFLOW_LIMIT + 1), "json_too_large", "20 MB"),
        (b"[" + b"0," * 3_000_000 + b"0]", "json_too_large", "values"),
        (b"[]", "workflow_invalid", "a list"),
        (b'"text"', "workflow_invalid", "a text"),
        (b"null", "workflow_invalid", "null"),
        (b"3", "workflow_invalid", "a number"),
        (b"{}", "workflow_invalid", "empty"),
        (b'{"name": "not a workflow"}', "workflow_invalid", "no node"),
        (b'{"1": {"class_type": "A"}, "2": 5}', "workflow_invalid", "node 2 is a number"),
        (b'{"1": {"class_type": "A", "inputs": []}}', "workflow_invalid", "inputs of node 1"),
        (
            b'{"1": {"class_type": "A"}, "2": {"class_type": 7}}',
            "workflow_invalid",
            "class_type of node 2",
        ),
        (b'{"nodes": 3, "links": []}', "workflow_invalid", "nodes are a number"),
        (b'{"nodes": [], "links": []}', "workflow_invalid", "no nodes"),
        (b'{"nodes": [4], "links": []}', "workflow_invalid", "entry 0"),
        (b'{"nodes": [{"id": 1}], "links": []}', "workflow_invalid", "has no type"),
        (b'{"nodes": [{"type": "A"}], "links": []}', "workflow_invalid", "has no id"),
        (b'{"nodes": [{"id": 1, "type": "A"}], "links": 3}', "workflow_invalid", "links are"),
    ],
)
def test_what_is_no_workflow_gets_one_clear_error(data: bytes, code: str, says: str):
    error = refusal(data)
    assert error.code == code
    assert says in error.message("en")
    assert error.message("zh")


def test_too_many_nodes_are_refused():
    many = {str(at): {"class_type": "A", "inputs": {}} for at in range(5001)}
    assert "5001 nodes" in refusal(encoded(many)).message()


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path):
    for path in (tmp_path / "gone.json", tmp_path):
        with pytest.raises(InputRefused) as refused:
            read_workflow_file(path)
        assert refused.value.code == "file_unreadable"


def test_a_packed_bomb_stays_within_the_limit():
    bomb = gzip.compress(b" " * (200 * 1024 * 1024), compresslevel=1)
    tracemalloc.start()
    try:
        assert refusal(bomb).code == "json_too_large"
        assert tracemalloc.get_traced_memory()[1] < 64 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_deep_and_flat_are_told_apart():
    deep: Any = 0
    for _ in range(20):
        deep = [deep]
    assert deeper_than(deep, 19)
    assert not deeper_than(deep, 20)
    assert not deeper_than([[0]] * 1000, 2)


ODD = [
    None,
    True,
    0,
    -1,
    1e300,
    "",
    "x" * 2000,
    [],
    {},
    [["1", 0]],
    {"__value__": [1]},
    ["1", -9],
    [{}, {}],
]


def mutated(seed: int) -> bytes:
    """A workflow file with one thing or a few wrong with it."""
    rng = random.Random(seed)
    data = encoded(graph(rng.choice(NAMES)))
    match seed % 5:
        case 0:
            return data[: rng.randrange(len(data))]
        case 1:
            spoiled = bytearray(data)
            for _ in range(rng.randrange(1, 6)):
                spoiled[rng.randrange(len(spoiled))] = rng.randrange(256)
            return bytes(spoiled)
        case 2:
            at = rng.randrange(len(data))
            return data[:at] + rng.choice([b"[", b"{", b"\x00", b'"', b"[" * 5000]) + data[at:]
    document: Any = json.loads(data)
    for _ in range(rng.randrange(1, 5)):
        key = rng.choice(list(document))
        node = document[key]
        if seed % 5 == 3 or not isinstance(node, dict) or not node.get("inputs"):
            document[rng.choice([key, "new"])] = rng.choice([*ODD, {"class_type": rng.choice(ODD)}])
        else:
            name = rng.choice(list(node["inputs"]))
            node["inputs"][name] = rng.choice([*ODD, [key, 0], [rng.choice(list(document)), 1]])
    return encoded(document)


@pytest.mark.parametrize("part", range(4))
def test_a_damaged_file_is_refused_or_judged_and_never_breaks_anything(part: int):
    for seed in range(part * 60, part * 60 + 60):
        start = time.process_time()
        data = mutated(seed)
        file = error = None
        try:
            file = read_workflow_file(data, name="damaged.json")
        except InputRefused as refused:
            error = refused
        if file is None:
            assert error is not None
            assert error.code in {"json_invalid", "json_too_deep", "workflow_invalid"}
            assert error.message("zh")
            assert len(error.message("en")) < 500
        else:
            judge(file.document)
        assert time.process_time() - start < 1


def judge(document: Any) -> None:
    verdict = validate(document, NODES, assume_models=True, language="zh")
    assert verdict.valid == (not verdict.errors)
    for error in (*verdict.errors, *verdict.warnings):
        assert error.message
        assert error.fix
        assert len(error.message) < 1500


def test_a_hostile_file_of_the_largest_size_is_judged_in_a_second():
    """Every node of a class of its own that nobody has, and values as long as allowed."""
    long = "v" * 3500
    document = {
        str(at): {"class_type": f"EmptyImage{at}", "inputs": {"text": long}} for at in range(5000)
    }
    data = encoded(document)
    start = time.process_time()
    errors = validate(read_workflow_file(data).document, NODES).errors
    assert len(errors) == 5000
    assert time.process_time() - start < 1
