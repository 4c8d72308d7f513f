"""The fake server draws what the graph says: size, length, rate, words, seed, motion."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from ai_video.comfyui.fake_server.drawing import Painter
from ai_video.comfyui.fake_server.facts import Evaluation, Facts, calculate, linked
from ai_video.comfyui.fake_server.folders import Folders
from ai_video.comfyui.fake_server.multipart import parse_form
from ai_video.comfyui.object_info import shipped_node_list

GRAPHS = Path(__file__).parents[2] / "data" / "workflows"


def order(graph: dict[str, Any]) -> list[str]:
    found: dict[str, None] = {}

    def visit(key: str) -> None:
        if key in found:
            return
        for value in graph[key]["inputs"].values():
            if link := linked(value):
                visit(link[0])
        found[key] = None

    for key in graph:
        visit(key)
    return list(found)


@pytest.mark.parametrize(
    ("name", "output", "expected"),
    [
        ("a_txt2img_sd15", "SaveImage", (512, 512, 1, None)),
        ("a_txt2img_sdxl", "SaveImage", (1024, 1024, 1, None)),
        ("c_animatediff_txt2vid", "VHS_VideoCombine", (512, 512, 16, None)),
        ("i_wan22_t2v_14b", "SaveVideo", (832, 480, 81, 16.0)),
        ("i_wan22_i2v_14b", "SaveVideo", (832, 480, 81, 16.0)),
        ("i_wan22_ti2v_5b", "SaveVideo", (1280, 704, 121, 24.0)),
        ("j_template_video_hunyuan_video_1.5_720p_t2v", "SaveVideo", (1280, 720, 121, 24.0)),
        ("j_template_video_ltx2_t2v", "SaveVideo", (1280, 704, 121, 24.0)),
        ("j_template_video_ltx2_5_t2v", "SaveVideo", (1280, 704, 121, 24.0)),
        ("j_template_video_minimax_h3_t2v", "SaveVideo", (864, 480, 121, 24.0)),
        ("nomodel_video", "SaveVideo", (320, 180, 24, 24.0)),
    ],
)
def test_size_length_and_rate_come_from_the_graph(
    tmp_path: Path, name: str, output: str, expected: tuple[int, int, int, float | None]
) -> None:
    graph = json.loads((GRAPHS / f"{name}.json").read_text(encoding="utf-8"))
    folders = Folders(tmp_path)
    for node in graph.values():
        if node["class_type"] == "LoadImage":
            Image.new("RGB", (64, 48)).save(folders.of_type("input") / node["inputs"]["image"])
    evaluation = Evaluation(graph, shipped_node_list(), folders)
    facts = {key: evaluation.run(key) for key in order(graph)}
    [last] = [facts[key] for key, node in graph.items() if node["class_type"] == output]
    assert (*last.size, last.count, last.fps) == expected


SHOT = Facts(width=160, height=96, frames=24, seed=7, steps=20, prompt="雨夜, 一个女人走过街道")


def difference(one: Image.Image, other: Image.Image) -> float:
    """Mean change of a pixel, 0..255."""
    grey = ImageChops.difference(one, other).convert("L")
    histogram = grey.histogram()
    return sum(value * count for value, count in enumerate(histogram)) / sum(histogram)


def test_pictures_are_the_same_for_the_same_facts_and_move() -> None:
    first, again = Painter(SHOT).frame(0), Painter(SHOT).frame(0)
    assert first.tobytes() == again.tobytes()
    assert difference(first, Painter(SHOT).frame(1)) > 0.1
    assert difference(first, Painter(SHOT).frame(23)) > 3


@pytest.mark.parametrize(
    "change", [{"seed": 8}, {"prompt": "the sea at sunset"}, {"prompt": "close-up of an old man"}]
)
def test_other_seeds_and_words_look_different(change: dict[str, Any]) -> None:
    assert difference(Painter(SHOT).frame(0), Painter(replace(SHOT, **change)).frame(0)) > 8


def test_clip_of_a_picture_starts_with_that_picture(tmp_path: Path) -> None:
    still = replace(SHOT, frames=1)
    path = tmp_path / "key.png"
    Painter(still).frame(0).save(path)
    clip = Painter(replace(SHOT, source=path, seed=99))
    top = (0, 0, 160, 60)
    assert difference(clip.frame(0).crop(top), Painter(still).frame(0).crop(top)) < 3
    assert difference(clip.frame(0).crop(top), clip.frame(23).crop(top)) > 3


def test_plain_colour_stays_plain() -> None:
    picture = Painter(Facts(width=8, height=8, colour=0x204080)).frame(0)
    assert picture.getcolors() == [(64, (0x20, 0x40, 0x80))]


@pytest.mark.parametrize(
    ("expression", "value"),
    [("a*3+1", 22), ("max(a, 9) // 2", 4), ("-a % 4", 1), ("round(a / 2)", 4), ("ceil(a/2)", 4)],
)
def test_calculations_are_done(expression: str, value: float) -> None:
    assert calculate(expression, {"a": 7}) == value


@pytest.mark.parametrize("expression", ["__import__('os')", "a.b", "a[0]", "1/0", "(", "b"])
def test_anything_but_a_calculation_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        calculate(expression, {"a": 7})


def test_forms_are_read_with_their_bytes() -> None:
    body = (
        b'--B\r\nContent-Disposition: form-data; name="type"\r\n\r\ninput\r\n'
        b'--B\r\nContent-Disposition: form-data; name="image"; filename="a \xe5\xa5\xbd.png"\r\n'
        b"Content-Type: image/png\r\n\r\n\x00\r\n\xff\r\n\r\n--B--\r\n"
    )
    form = parse_form(body, "multipart/form-data; boundary=B")
    assert form.fields == {"type": "input"}
    assert (form.files["image"].name, form.files["image"].data) == ("a 好.png", b"\x00\r\n\xff\r\n")
    assert parse_form(body, "text/plain").files == {}
