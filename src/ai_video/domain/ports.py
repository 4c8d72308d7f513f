"""Protocols that two packages share; adapters implement them, use cases call them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ai_video.domain.slots import Slots


class BlobStore(Protocol):
    """Bytes by sha256; putting the same bytes twice is harmless."""

    async def put_file(self, path: Path) -> tuple[str, int]:
        """Store a file's bytes; returns (sha256, size in bytes)."""
        ...

    async def put_stream(self, chunks: AsyncIterator[bytes], *, limit: int) -> tuple[str, int]:
        """Store a stream; raises InputRefused `upload_too_large` past `limit` bytes."""
        ...

    async def has(self, sha256: str) -> bool: ...

    async def size(self, sha256: str) -> int:
        """Size in bytes; raises NotFound."""
        ...

    def open_range(
        self, sha256: str, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """Bytes start..end (end exclusive); raises NotFound."""
        ...

    async def local_path(self, sha256: str) -> Path:
        """A readable file with these bytes (the blob itself, or a cached copy); raises NotFound."""
        ...

    async def delete(self, sha256: str) -> None: ...


@dataclass(frozen=True, slots=True)
class SpeechMark:
    """When a piece of text is heard."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Speech:
    """Spoken audio: mono float32 in -1..1, silence trimmed, level matched."""

    samples: NDArray[np.float32]
    rate: int
    marks: tuple[SpeechMark, ...]
    marks_kind: Literal["exact", "service", "estimated"]

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of a provider; `id` is `provider:name`."""

    id: str
    lang: Literal["zh", "en", "multi"]
    gender: Literal["male", "female"] | None
    label: str


@dataclass(frozen=True, slots=True)
class SpeechRequest:
    """One line to speak; `voice` is a Voice id, `speed` a factor."""

    text: str
    voice: str
    lang: Literal["zh", "en"]
    speed: float = 1.0
    style: str = ""
    pronunciation: tuple[tuple[str, str], ...] = ()
    seed: int = 0


class SpeechProvider(Protocol):
    """A way to speak. Failures are TaskFailed with one of the four classes, never a silent swap."""

    name: str
    version: str

    def voices(self) -> Sequence[Voice]: ...

    async def speak(self, request: SpeechRequest) -> Speech: ...


@dataclass(frozen=True, slots=True)
class Figure:
    """A character as the generator draws it."""

    name: str
    appearance: str
    gender: Literal["male", "female"] | None
    age: Literal["child", "young", "adult", "old"] | None
    reference: Path | None = None


@dataclass(frozen=True, slots=True)
class CardText:
    """Words on a card: a page of facts, a film's title, or its end with `rows` of (role, names).

    A title has a `kicker` above its headline and a `byline` below; an end has a `byline` at its foot.
    A cover is a title's words over the shot itself, which has no other words then.
    """

    headline: str | None = None
    body: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    quote: str | None = None
    quote_by: str | None = None
    source: str | None = None
    kind: Literal["page", "title", "end", "cover"] = "page"
    kicker: str | None = None
    byline: str | None = None
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ShotPicture:
    """All that a generator may draw a shot from; sizes in px."""

    width: int
    height: int
    seed: int
    description: str
    slots: Slots
    place: str
    scene_name: str
    figures: tuple[Figure, ...]
    speaking: tuple[str, ...] = ()
    card: CardText | None = None
    picture: Path | None = None
    style_preset: str | None = None
    color_palette: tuple[str, ...] = ()
    lang: Literal["zh", "en"] = "zh"
    label: str = ""
    topic: str = ""
    """What the whole film is about, where the shot's own words show nothing."""


class Generator(Protocol):
    """Draws keyframes and clips."""

    name: str
    version: str

    async def keyframe(self, shot: ShotPicture, target: Path) -> Mapping[str, object]:
        """Write a PNG; returns provenance."""
        ...

    async def clip(
        self, shot: ShotPicture, *, keyframe: Path, frames: int, fps: int, target: Path
    ) -> Mapping[str, object]:
        """Write a silent video of exactly `frames` frames; returns provenance."""
        ...
