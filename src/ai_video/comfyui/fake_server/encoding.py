"""Writes what was drawn as the files that the output nodes of a graph leave."""

from __future__ import annotations

import io
import json
import math
import struct
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal, cast

import av
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

VideoCodec = Literal["libx264", "libvpx-vp9"]
_RATE: Final = 44_100
_CODEC_OPTIONS: Final[Mapping[VideoCodec, Mapping[str, object]]] = {
    "libx264": {"preset": "ultrafast", "crf": "23"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "36", "b": "0"},
}


def write_png(picture: Image.Image, path: Path, texts: Mapping[str, str]) -> None:
    info = PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    picture.save(path, pnginfo=info, compress_level=1)


def write_animation(frames: Sequence[Image.Image], path: Path, *, fps: float) -> None:
    """An animated WebP, PNG or GIF, by the path's ending."""
    first, *others = frames
    pause_ms = max(1, round(1000 / fps))
    if path.suffix == ".webp":
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=pause_ms,
            loop=0,
            quality=70,
            method=0,
        )
    else:
        first.save(path, save_all=True, append_images=others, duration=pause_ms, loop=0)


def write_video(
    frames: Iterator[Image.Image],
    path: Path,
    *,
    size: tuple[int, int],
    fps: float,
    codec: VideoCodec = "libx264",
    sound_s: float | None = None,
    texts: Mapping[str, str] | None = None,
) -> None:
    """A clip of exactly these frames; sides are cut to even numbers, as the codecs need."""
    width, height = size[0] // 2 * 2, size[1] // 2 * 2
    with av.open(str(path), "w") as target:
        for key, text in (texts or {}).items():
            target.metadata[key] = text
        rate = Fraction(fps).limit_denominator(1001)
        video = target.add_stream(codec, rate=rate)
        video.width, video.height = width, height
        video.pix_fmt = "yuv420p"
        video.options = dict(_CODEC_OPTIONS[codec])
        sound = None
        if sound_s:
            sound = target.add_stream("libopus" if codec == "libvpx-vp9" else "aac", rate=48_000)
        for number, picture in enumerate(frames):
            if picture.size != (width, height):
                picture = picture.crop((0, 0, width, height))
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, 1 / rate
            target.mux(video.encode(frame))
        target.mux(video.encode(None))
        if sound is not None and sound_s:
            for part in _sound_frames(sound_s, 48_000, "fltp" if codec == "libx264" else "s16"):
                target.mux(sound.encode(part))
            target.mux(sound.encode(None))


def write_audio(path: Path, *, seconds: float) -> None:
    """A soft tone as FLAC, MP3, Opus or WAV, by the path's ending."""
    codec, layout = {
        ".flac": ("flac", "s16"),
        ".mp3": ("libmp3lame", "s16p"),
        ".opus": ("libopus", "s16"),
        ".wav": ("pcm_s16le", "s16"),
    }[path.suffix]
    rate = 48_000 if path.suffix == ".opus" else _RATE
    with av.open(str(path), "w") as target:
        stream = cast("av.AudioStream", target.add_stream(codec, rate=rate))
        for part in _sound_frames(seconds, rate, layout):
            target.mux(stream.encode(part))
        target.mux(stream.encode(None))


def _sound_frames(seconds: float, rate: int, layout: str) -> Iterator[av.AudioFrame]:
    resampler = av.AudioResampler(format=layout, layout="stereo", rate=rate)
    time_s = np.arange(max(1, round(seconds * rate))) / rate
    wave = 3000 * np.sin(2 * math.pi * 220 * time_s) * (0.6 + 0.4 * np.sin(2 * math.pi * time_s))
    samples = wave.astype(np.int16)[None, :]
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.sample_rate = rate
    frame.pts = 0
    yield from resampler.resample(frame)
    yield from resampler.resample(None)


def write_lora(path: Path, *, seed: int, metadata: Mapping[str, str]) -> None:
    """A small, valid LoRA of SD 1.5: one attention layer, rank 4."""
    rng = np.random.default_rng(seed)
    base = "lora_unet_input_blocks_1_1_transformer_blocks_0_attn1_to_q"
    tensors = {
        f"{base}.alpha": np.array(4.0, np.float32),
        f"{base}.lora_down.weight": rng.standard_normal((4, 320)).astype(np.float32) * 0.01,
        f"{base}.lora_up.weight": rng.standard_normal((320, 4)).astype(np.float32) * 0.01,
    }
    head: dict[str, object] = {"__metadata__": dict(metadata)}
    body = io.BytesIO()
    for name, tensor in tensors.items():
        start = body.tell()
        body.write(tensor.tobytes())
        head[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [start, body.tell()],
        }
    packed = json.dumps(head, separators=(",", ":")).encode()
    packed += b" " * (-len(packed) % 8)
    path.write_bytes(struct.pack("<Q", len(packed)) + packed + body.getvalue())
