"""The whole package of official templates, all 506, where it is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from ai_video.comfyui.convert import to_api
from ai_video.comfyui.flow import read_flow
from ai_video.comfyui.object_info import shipped_node_list
from ai_video.comfyui.roles import find_roles
from ai_video.comfyui.validate import validate
from ai_video.comfyui.workflow_files import read_workflow_file

pytestmark = pytest.mark.soak
NODES = shipped_node_list()


def folder() -> Path:
    reason = "pip install 'ai-video[templates]' brings the official templates"
    package = pytest.importorskip("comfyui_workflow_templates_json", reason=reason)
    return Path(str(resources.files(package) / "templates"))


def listed() -> Iterator[tuple[str, bool]]:
    """(name, whether it runs without a paid service)."""
    index: Any = json.loads((folder() / "index.json").read_text("utf-8"))
    for group in index:
        for entry in group["templates"]:
            yield entry["name"], entry.get("openSource") is not False


def verdicts() -> Iterator[tuple[str, bool, bool]]:
    for name, local in listed():
        converted = to_api(read_workflow_file(folder() / f"{name}.json"), NODES)
        yield name, local, validate(converted.document, NODES, assume_models=True).valid


def test_official_templates_convert_and_validate() -> None:
    rows = list(verdicts())
    local = [valid for _, is_local, valid in rows if is_local]
    assert len(rows) > 400
    assert len(local) > 200
    assert sum(local) >= 0.99 * len(local), [n for n, is_local, ok in rows if is_local and not ok]
    assert sum(valid for _, _, valid in rows) >= 0.97 * len(rows)


def test_every_official_template_gives_roles() -> None:
    for name, _ in listed():
        document = to_api(read_workflow_file(folder() / f"{name}.json"), NODES).document
        roles = find_roles(document, NODES)
        places = {(row.node, row.input) for row in roles.inputs}
        assert all(key in document for key, _ in places), name


PURPOSES_OF_TAGS: dict[str, set[str]] = {
    "Text to Image": {"text_to_image", "image_edit", "controlnet", "reference_to_image"},
    "Image Edit": {"image_edit", "inpaint", "image_to_image", "controlnet", "reference_to_image"},
    "Inpainting": {"inpaint", "control_to_video", "video_to_video", "first_last_frame"},
    "Outpainting": {"inpaint", "control_to_video"},
    "ControlNet": {"controlnet", "control_to_video", "processing"},
    "Image Upscale": {"upscale", "processing"},
    "Video Upscale": {"upscale"},
    "Text to Video": {"text_to_video", "image_to_video", "control_to_video", "first_last_frame"},
    "Image to Video": {
        "image_to_video",
        "reference_to_video",
        "audio_to_video",
        "first_last_frame",
    },
    "FLF2V": {"first_last_frame", "control_to_video"},
    "Audio to Video": {"audio_to_video"},
    "Text to Audio": {"audio"},
    "Text to Music": {"audio"},
    "Image to 3D": {"three_d"},
    "Text Generation": {"text"},
}
"""What the package's own index calls a template, and what may then be found in its graph."""


def test_purposes_and_loaded_files_agree_with_the_package_s_own_index() -> None:
    index: Any = json.loads((folder() / "index.json").read_text("utf-8"))
    agreed: list[bool] = []
    unread: list[str] = []
    for entry in (entry for group in index for entry in group["templates"]):
        if entry.get("openSource") is False:
            continue
        file = read_workflow_file(folder() / f"{entry['name']}.json")
        document = to_api(file, NODES).document
        roles = find_roles(document, NODES)
        tags = [tag for tag in entry.get("tags", []) if tag in PURPOSES_OF_TAGS]
        if tags:
            agreed.append(any(roles.purpose in PURPOSES_OF_TAGS[tag] for tag in tags))
        with_role = {row.node for row in roles.inputs}
        live = read_flow(document, NODES).live
        for given in entry.get("io", {}).get("inputs", []):
            node = str(given["nodeId"])
            if node in live and node not in with_role:
                unread.append(f"{entry['name']} {node}")
    assert len(agreed) > 150
    assert sum(agreed) >= 0.97 * len(agreed)
    assert unread == []
