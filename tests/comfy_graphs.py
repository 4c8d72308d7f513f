"""The 34 graphs that a real ComfyUI 0.33.0 accepts, and node lists with chosen files in them."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ai_video.comfyui.object_info import NodeList, parse_object_info, shipped_node_list

FOLDER = Path(__file__).parent / "data" / "workflows"
NAMES = tuple(sorted(file.stem for file in FOLDER.glob("*.json")))


def graph(name: str) -> dict[str, Any]:
    """A fresh copy of one of the graphs."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


@cache
def server_list(*files: tuple[str, str]) -> NodeList:
    """What a server of 0.33.0 reports that has these files: ("models/loras", "x.safetensors")."""
    shipped = shipped_node_list()
    raw: dict[str, Any] = copy.deepcopy(dict(shipped.as_object_info()))
    for class_type, node in shipped.nodes.items():
        for name, spec in node.inputs.items():
            if spec.folder is None:
                continue
            group = "required" if spec.required else "optional"
            entry = raw[class_type]["input"][group][name]
            there = [
                *(spec.choices or ()),
                *(file for where, file in files if where == spec.folder),
            ]
            if isinstance(entry[0], list):
                entry[0] = there
            else:
                entry[1]["options"] = there
    return parse_object_info(raw, version="0.33.0")


def one_class(class_type: str, inputs: Mapping[str, Any], **more: Any) -> NodeList:
    """A list with one made-up class and the core classes."""
    entry = {
        "input": inputs,
        "output": ["IMAGE"],
        "output_name": ["IMAGE"],
        "output_is_list": [False],
        "output_node": True,
        **more,
    }
    raw = {**shipped_node_list().as_object_info(), class_type: entry}
    return parse_object_info(raw, version="made-up")
