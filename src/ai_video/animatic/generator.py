"""The embedded generator: keyframes and clips of a shot, drawn on this machine."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from ai_video.animatic.encoder import Encoder, Stopped, StopSign, written_whole
from ai_video.animatic.layers import Frame
from ai_video.animatic.stage import Stage, stage_of, stage_of_picture
from ai_video.domain.ports import ShotPicture
from ai_video.errors import ConfigurationFailure

T = TypeVar("T")

_MARK = "ai-video-animatic"
_PAINTERS = 2
_KEYFRAME_S = 1.6
"""The moment of a clip that its keyframe shows."""


class AnimaticGenerator:
    """Draws a shot from its slots, words and reference pictures; needs no model and no network.

    Implements `domain.ports.Generator`. The same shot gives the same bytes. A keyframe that this
    generator drew from the same shot comes to life in layers; any other picture (a user's own, a
    model's, an older one) is moved as it is.
    """

    name = "animatic"
    version = "3"

    async def keyframe(self, shot: ShotPicture, target: Path) -> Mapping[str, object]:
        """Write the shot's PNG; returns generator, version, digest and `lost_glyphs`.

        Raises:
            ConfigurationFailure: `animatic_picture_unreadable`.
        """
        return await _in_thread(lambda stop: self._keyframe(shot, target, stop))

    async def clip(
        self, shot: ShotPicture, *, keyframe: Path, frames: int, fps: int, target: Path
    ) -> Mapping[str, object]:
        """Write a silent H.264 mp4 of exactly `frames` frames; returns provenance as `keyframe`.

        Cancelling the call kills the encoder and leaves no file.

        Raises:
            ConfigurationFailure: `animatic_picture_unreadable`.
            SystemFailure: `animatic_encoder_failed`.
        """
        return await _in_thread(lambda stop: self._clip(shot, keyframe, frames, fps, target, stop))

    def _keyframe(self, shot: ShotPicture, target: Path, stop: StopSign) -> Mapping[str, object]:
        digest = _digest(shot)
        stage = stage_of(shot, seconds=4.0)
        stop.check()
        frame = Frame.blank(shot.width, shot.height)
        stage.draw(frame, _KEYFRAME_S, settled=True)
        notes = PngImagePlugin.PngInfo()
        notes.add_text(_MARK, digest)
        with written_whole(target) as part:
            Image.fromarray(frame.rgb()).save(part, format="PNG", pnginfo=notes, compress_level=4)
        return self._provenance(stage, digest)

    def _clip(
        self, shot: ShotPicture, keyframe: Path, frames: int, fps: int, target: Path,
        stop: StopSign,
    ) -> Mapping[str, object]:  # fmt: skip
        digest = _digest(shot)
        mark, picture = _opened(keyframe)
        if mark == digest:
            stage = stage_of(shot, seconds=frames / fps)
        else:
            stage = stage_of_picture(shot, picture, seconds=frames / fps, bare=mark is not None)
        with (
            written_whole(target) as part,
            Encoder(part, wide=shot.width, high=shot.height, fps=fps, stop=stop) as encoder,
            closing(_frames(stage, shot, frames, fps)) as drawn,
        ):
            for frame in drawn:
                encoder.write(frame.buffer)
        return self._provenance(stage, digest)

    def _provenance(self, stage: Stage, digest: str) -> Mapping[str, object]:
        return {
            "generator": self.name,
            "version": self.version,
            "digest": digest,
            "layers": len(stage.composer.layers),
            "lost_glyphs": sorted(stage.lost.characters),
        }


def _frames(stage: Stage, shot: ShotPicture, count: int, fps: int) -> Generator[Frame]:
    """The frames of a clip in order, drawn ahead by a few threads; each is valid until the next."""

    def draw(number: int, frame: Frame) -> Frame:
        stage.draw(frame, number / fps)
        return frame

    with ThreadPoolExecutor(_PAINTERS, thread_name_prefix="painter") as painters:
        blank = [Frame.blank(shot.width, shot.height) for _ in range(_PAINTERS + 1)]
        ahead: deque[Future[Frame]] = deque()
        try:
            for number in range(count):
                ahead.append(painters.submit(draw, number, blank[number % len(blank)]))
                if len(ahead) > _PAINTERS:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for frame in ahead:
                frame.cancel()


async def _in_thread(work: Callable[[StopSign], T]) -> T:
    """Run blocking work in a thread; a cancelled caller stops it and waits until it has ended."""
    stop = StopSign()
    task = asyncio.ensure_future(asyncio.to_thread(work, stop))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.stop()
        await asyncio.wait([task])
        if not task.cancelled() and not isinstance(task.exception(), Stopped | None):
            raise asyncio.CancelledError from task.exception()
        raise


def _digest(shot: ShotPicture) -> str:
    """sha256 of all that decides the still picture: words, slots, sizes, bytes of the pictures."""
    facts = asdict(shot) | {
        "slots": shot.slots.model_dump(mode="json", exclude={"movement", "pace"}),
        "picture": _file_digest(shot.picture),
        "figures": [
            {**asdict(figure), "reference": _file_digest(figure.reference)}
            for figure in shot.figures
        ],
        "generator": AnimaticGenerator.version,
    }
    for moving in ("speaking", "label"):
        del facts[moving]
    text = json.dumps(facts, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _file_digest(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as exc:
        raise ConfigurationFailure(
            "animatic_picture_unreadable", path=path.name, reason=str(exc.strerror)
        ) from exc


def _opened(path: Path) -> tuple[str | None, np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]:
    """A keyframe's own mark (None when another made it) and its pixels."""
    try:
        with Image.open(path) as image:
            mark = image.info.get(_MARK)
            return (mark if isinstance(mark, str) else None), np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as exc:
        raise ConfigurationFailure(
            "animatic_picture_unreadable", path=path.name, reason=type(exc).__name__
        ) from exc
