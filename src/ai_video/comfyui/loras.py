"""LoRA files on a server: those that a graph trains, and the name of one that is brought there."""

from __future__ import annotations

import struct
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from pydantic import JsonValue

from ai_video.comfyui.outputs import OutputFile
from ai_video.errors import ConfigurationFailure

# The folder of outputs that is a folder of LoRAs too.
FOLDER: Final = "loras"
_HEAD_LIMIT: Final = 100 * 1024 * 1024


def check_prefixes(prompt: Mapping[str, JsonValue]) -> None:
    """Refuse a graph whose trained LoRA could not be found again: SaveLoRA reports no file.

    Raises:
        ConfigurationFailure: `comfyui_lora_prefix`.
    """
    for node, prefix in _prefixes(prompt):
        path = PurePosixPath(prefix)
        if path.parts[:1] != (FOLDER,) or len(path.parts) < 2 or prefix.endswith("/"):
            raise ConfigurationFailure("comfyui_lora_prefix", node=node, prefix=prefix)


def trained_files(
    prompt: Mapping[str, JsonValue], listed: Collection[str], *, before: Collection[str] | None
) -> tuple[OutputFile, ...]:
    """The files that the graph's SaveLoRA nodes wrote, from the server's list of LoRAs.

    Args:
        before: the list from before the prompt was sent; None where it was not kept. A prefix
            that no other prompt uses finds the files without it.
    """
    new = [name for name in sorted(listed) if before is None or name not in before]
    found: list[OutputFile] = []
    for node, prefix in _prefixes(prompt):
        stem = PurePosixPath(prefix).relative_to(FOLDER).as_posix() + "_"
        for name in new:
            path = PurePosixPath(name.replace("\\", "/"))
            if path.as_posix().startswith(stem):
                subfolder = (PurePosixPath(FOLDER) / path.parent).as_posix()
                found.append(OutputFile(path.name, subfolder, "output", node, "loras"))
    return tuple(found)


def delivered_name(name: str, sha256: str) -> str:
    """The name a LoRA gets on a server, so that two of one name never stand for each other."""
    return f"{sha256[:12]}_{name}"


def require_safetensors(path: Path, *, name: str) -> None:
    """Refuse what is no safetensors file, by the name it is to have and by what is in it; blocks.

    Raises:
        ConfigurationFailure: `comfyui_lora_unsafe`.
    """
    with path.open("rb") as file:
        head = file.read(9)
    length = struct.unpack("<Q", head[:8])[0] if len(head) == 9 else 0
    named = name.lower().endswith(".safetensors")
    if not named or head[8:] != b"{" or length > _HEAD_LIMIT:
        raise ConfigurationFailure("comfyui_lora_unsafe", name=name)


def _prefixes(prompt: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    for node, entry in prompt.items():
        if not isinstance(entry, dict) or entry.get("class_type") != "SaveLoRA":
            continue
        inputs = entry.get("inputs")
        prefix = inputs.get("prefix") if isinstance(inputs, dict) else None
        if isinstance(prefix, str):
            yield node, prefix
