"""A server takes what is compiled for its nodes: each template at each level."""

from __future__ import annotations

import io

import httpx
import pytest
from PIL import Image
from pydantic import JsonValue
from tests.translating import BASE_MODELS, PROMPT, asked, character, lora, read

from ai_video.comfyui.graph import write_api
from ai_video.comfyui.library import library
from ai_video.comfyui.validate import validate
from ai_video.domain.entities import ConsistencyLevel
from ai_video.translator.binder import Bound, bind
from ai_video.translator.choice import choose
from ai_video.translator.offers import DRAWN, runs

from .conftest import REAL_URL, Bench

TEMPLATES = [key for key, each in library().items() if each.manifest.purpose in DRAWN]
# The fakes judge by the same code as we do: a few show that files and slots fit too.
CASES = [
    ("fake", "sdxl_text_to_image"),
    ("fake", "animatediff_text_to_video"),
    ("fake-0.3.75", "qwen_image_edit"),
    ("fake-0.3.75", "wan22_image_to_video"),
    *(("real", name) for name in TEMPLATES if REAL_URL),
]
LEVELS: tuple[ConsistencyLevel, ...] = ("low", "medium", "high")
SCENE: dict[str, JsonValue] = {
    "id": "s",
    "name": "Shore",
    "reference_images": ["shore"],
    "control_images": {"pose": "pose", "canny": "canny"},
}


def compiled(bench: Bench, name: str, level: ConsistencyLevel) -> Bound:
    template = library()[name]
    family = template.manifest.family or ""
    ned = character("ned", reference_images=["ned-1", "ned-2"])
    ada = character(
        "ada", reference_images=["ada-1"], face_image="face", lora=lora("ada", BASE_MODELS[family])
    )
    request = asked(
        [ned, ada],
        workflows=[{"category": template.manifest.category, "family": family}],
        scene=SCENE,
        duration=2.0,
    )
    reading = read(request, output=template.manifest.output, level=level)
    keyframe = library()["sd15_text_to_image"]
    choice = choose(
        reading, request, nodes=bench.nodes, library={keyframe.id: keyframe, name: template},
        assume_models=True,
    )  # fmt: skip
    return bind(choice, PROMPT, reading=reading, request=request, nodes=bench.nodes)


async def bring(http: httpx.AsyncClient, made: Bound) -> None:
    """Pictures in the server's input folder under the names that the graph reads."""
    data = io.BytesIO()
    Image.new("RGB", (64, 64), "grey").save(data, "PNG")
    for row in made.uploads:
        if row.folder == "input":
            files = {"image": (row.name, data.getvalue(), "image/png")}
            answer = await http.post("/upload/image", files=files, data={"overwrite": "true"})
            assert answer.json()["name"] == row.name


@pytest.mark.parametrize(("target", "name"), CASES, indirect=["target"])
async def test_a_compiled_shot_is_taken(bench: Bench, http: httpx.AsyncClient, name: str) -> None:
    """On a server without the model files these alone are missed, each as foreseen."""
    if not runs(library()[name], bench.nodes):
        assert bench.target.kind != "fake"
        pytest.skip("this server does not have its nodes")
    for level in LEVELS:
        made = compiled(bench, name, level)
        await bring(http, made)
        document = write_api(made.workflow, bench.nodes)
        pictures = {file for file in made.present if file.startswith("input/")}
        # The fakes take every model file as lying there.
        verdict = validate(
            document, bench.nodes, present=pictures, assume_models=bench.target.kind != "real"
        )
        answer = await http.post("/prompt", json={"prompt": document})
        await http.post("/queue", json={"clear": True})
        found = {
            (node, reason["type"], reason["extra_info"].get("input_name"))
            for node, entry in answer.json()["node_errors"].items()
            for reason in entry["errors"]
        }
        assert found == {(error.node, error.type, error.input) for error in verdict.errors}
        assert {kind for _, kind, _ in found} <= {"value_not_in_list"}
        assert (answer.status_code == 200) == verdict.valid
    await http.post("/interrupt")
