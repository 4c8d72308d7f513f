"""A graph as a task's parameters: what is sent to a ComfyUI server, and the files that go with it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final, Literal

from pydantic import Field, JsonValue

from ai_video.comfyui.library import ClipGrid, clip_frames
from ai_video.comfyui.loras import delivered_name
from ai_video.domain.entities import Json
from ai_video.studio.production.params import Params

STRETCH: Final = 1.1


class SentFile(Params):
    """A file of ours that the graph reads: `name` is how the graph calls it."""

    sha256: str
    name: str

    @property
    def server_name(self) -> str:
        """The same bytes always lie under the same name, other bytes never do."""
        return delivered_name(PurePosixPath(self.name).name, self.sha256)


class GraphJob(Params):
    """A graph in API format with the files it reads. `server`: the only address that may run it."""

    workflow_json: Json
    uploads: tuple[SentFile, ...] = ()
    loras: tuple[SentFile, ...] = ()
    server: str | None = None


class GraphLength(Params):
    """Where a graph holds the number of frames it makes, and which numbers it takes."""

    places: tuple[tuple[str, str], ...]
    step: int
    offset: int
    longest: int
    fps: float

    def frames_for(self, seconds: float) -> int:
        return clip_frames(ClipGrid(self.step, self.offset, self.longest, self.fps), seconds)


class ShotGraph(Params):
    """A shot's graph as it is sent, but for the keyframe's file and the length that speech needs.

    `places`: where numbers stand that a further try may change, by role (`seed`, `width`, `steps` …);
    sides are multiples of `grid` px. `tiles`: the servers can decode its picture in tiles.
    """

    template: str
    template_digest: str
    level: Literal["low", "medium", "high"] | None
    workflow_json: Json
    uploads: tuple[SentFile, ...] = ()
    loras: tuple[SentFile, ...] = ()
    keyframe: str | None = None
    length: GraphLength | None = None
    places: dict[str, tuple[tuple[str, str], ...]] = Field(default={})
    grid: int = 16
    tiles: bool = False

    def parts_for(self, seconds: float) -> int:
        """How many clips, one after the other, a shot of this length takes.

        A clip may be stretched by a tenth; each begins with a picture of the one before.
        """
        if self.length is None or self.keyframe is None:
            return 1
        longest_s = (self.length.longest - 1) / self.length.fps
        return max(1, math.ceil(seconds / (longest_s * STRETCH) - 1e-6))

    def job(
        self,
        *,
        keyframe: str | None = None,
        seconds: float | None = None,
        redraw: Callable[[ShotGraph], Json] | None = None,
    ) -> GraphJob:
        """The work for a server.

        Args:
            keyframe: sha256 of the picture that the clip starts from.
            seconds: that the clip has to last.
            redraw: changes the graph after tries that were of no use.
        """
        graph = redraw(self) if redraw else self.workflow_json
        uploads = self.uploads
        if self.keyframe is not None and keyframe is not None:
            uploads = (*uploads, SentFile(sha256=keyframe, name=self.keyframe))
        if self.length is not None and seconds is not None:
            frames = self.length.frames_for(seconds)
            for node, name in self.length.places:
                graph = with_value(graph, node, name, frames)
        return GraphJob(workflow_json=graph, uploads=uploads, loras=self.loras)


def with_value(graph: Json, node: str, name: str, value: JsonValue) -> Json:
    """A graph in API format with one input set. Raises: ValueError, it has no such node."""
    entry = graph[node]
    inputs = entry.get("inputs") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(inputs, dict):
        raise ValueError(f"the graph has no node {node}")
    return {**graph, node: {**entry, "inputs": {**inputs, name: value}}}


def number_at(graph: Json, node: str, name: str) -> float | None:
    """The number that an input of a graph in API format is set to; None where it is none."""
    entry = graph.get(node)
    inputs = entry.get("inputs") if isinstance(entry, dict) else None
    value = inputs.get(name) if isinstance(inputs, dict) else None
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
