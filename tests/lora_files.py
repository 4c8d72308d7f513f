"""Tiny safetensors files, made with struct and json."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from typing import Any

Shapes = Mapping[str, tuple[int, ...]]
SIZES = {"F16": 2, "BF16": 2, "F32": 4, "I64": 8}


def with_header(header: object, data: bytes = b"") -> bytes:
    """A file with this very header, whatever it is worth."""
    raw = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(raw)) + raw + data


def safetensors(
    shapes: Shapes,
    *,
    metadata: Mapping[str, str] | None = None,
    alpha: float | None = None,
    dtype: str = "F16",
) -> bytes:
    """A sound file of zeros; tensors whose name ends in `.alpha` hold `alpha`."""
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    data = b""
    for name, shape in shapes.items():
        value = bytes(math.prod(shape) * SIZES[dtype])
        if name.endswith(".alpha") and alpha is not None:
            value = struct.pack({"F16": "<e", "F32": "<f"}[dtype], alpha)
        offsets = [len(data), len(data) + len(value)]
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": offsets}
        data += value
    return with_header(header, data)


def kohya(layers: Mapping[str, tuple[int, int]], rank: int = 4) -> dict[str, tuple[int, ...]]:
    """Layer name → (input width, output width) as kohya writes them."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (width, output) in layers.items():
        shapes[f"{name}.lora_down.weight"] = (rank, width)
        shapes[f"{name}.lora_up.weight"] = (output, rank)
        shapes[f"{name}.alpha"] = ()
    return shapes


def peft(layers: Mapping[str, tuple[int, int]], rank: int = 4) -> dict[str, tuple[int, ...]]:
    """Layer name → (input width, output width) as PEFT and ComfyUI write them."""
    shapes: dict[str, tuple[int, ...]] = {}
    for name, (width, output) in layers.items():
        shapes[f"{name}.lora_A.weight"] = (rank, width)
        shapes[f"{name}.lora_B.weight"] = (output, rank)
    return shapes


UNET = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"


def unet_lora(width: int = 2048, *, metadata: Mapping[str, str] | None = None) -> bytes:
    """A LoRA of SDXL (2048), SD 1.5 (768) or SD 2.1 (1024), rank 4 and alpha 2."""
    return safetensors(kohya({UNET: (width, 8)}), metadata=metadata, alpha=2)


def offsets(begin: int, end: int, *, dtype: str = "F16", shape: Iterable[int] = (4,)) -> object:
    """An entry of a header, to be put wrong."""
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, end]}
