"""A shot's graph for the next try: another seed, less memory, other numbers. Pure.

A result that is of no use is drawn again with another seed; a graph that ran out of memory is made
smaller one rung at a time. Both follow from how often that happened, so any process that looks at
the same records sends the same graph.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import JsonValue

from ai_video.comfyui.object_info import NodeList
from ai_video.domain.entities import Json
from ai_video.studio.production.graph_params import ShotGraph, with_value

Rung = Literal["batch", "tiled", "smaller", "smallest"]
_SCALES: Final[dict[Rung, float]] = {"smaller": 0.75, "smallest": 0.5}
_DECODE: Final = "VAEDecode"
_TILED: Final = "VAEDecodeTiled"
_TILES: Final[Json] = {
    "tile_size": 512,
    "overlap": 64,
    "temporal_size": 64,
    "temporal_overlap": 8,
}
_BATCH: Final = "batch_size"
SEEDS: Final = 2**53
"""Seeds are below it: JavaScript and JSON readers keep whole numbers up to here."""

RUNG_WORDS: Final[Mapping[Rung, tuple[str, str]]] = {
    "batch": ("一次只画一张", "one picture at a time"),
    "tiled": ("分块解码", "decoded in tiles"),
    "smaller": ("边长缩小到 3/4", "sides at 3/4"),
    "smallest": ("边长缩小到 1/2", "sides at 1/2"),
}
"""Chinese and English."""


@dataclass(frozen=True, slots=True)
class Redraw:
    """What a try changes; all at their defaults: the graph as it was planned."""

    seed: int
    rungs: tuple[Rung, ...] = ()
    changes: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """Numbers by role."""

    def graph(self, shot: ShotGraph) -> Json:
        """The graph of this try, before the keyframe and the length are set."""
        graph = shot.workflow_json
        for role, value in {**self.changes, "seed": self.seed}.items():
            for node, name in shot.places.get(role, ()):
                graph = with_value(graph, node, name, value)
        for rung in self.rungs:
            if rung == "batch":
                graph = _one_at_a_time(graph, shot)
            elif rung == "tiled":
                graph = _in_tiles(graph)
            else:
                graph = _smaller(graph, shot, _SCALES[rung])
        return graph


def next_seed(seed: int, number: int) -> int:
    """The seed of the try with this number; the first, 0, has the shot's own."""
    if number == 0:
        return seed
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % SEEDS


def ladder(shot: ShotGraph) -> tuple[Rung, ...]:
    """The rungs that make this graph need less memory, in the order they are taken."""
    rungs: list[Rung] = []
    if _batches(shot):
        rungs.append("batch")
    if shot.tiles:
        rungs.append("tiled")
    if shot.places.get("width") and shot.places.get("height"):
        rungs.extend(_SCALES)
    return tuple(rungs)


def can_tile(graph: Json, nodes: NodeList) -> bool:
    """Is there a decoder in the graph that works in one piece, and one here that works in tiles?"""
    return _TILED in nodes.nodes and any(_class(node) == _DECODE for node in graph.values())


def said_rungs(rungs: tuple[Rung, ...]) -> tuple[str, str]:
    """The rungs in words, Chinese and English."""
    words = [RUNG_WORDS[rung] for rung in rungs]
    return "、".join(zh for zh, _ in words), ", ".join(en for _, en in words)


def _one_at_a_time(graph: Json, shot: ShotGraph) -> Json:
    for node in _batches(shot):
        graph = with_value(graph, node, _BATCH, 1)
    return graph


def _in_tiles(graph: Json) -> Json:
    return {
        key: {**node, "class_type": _TILED, "inputs": {**_inputs(node), **_TILES}}
        if isinstance(node, dict) and node.get("class_type") == _DECODE
        else node
        for key, node in graph.items()
    }


def _smaller(graph: Json, shot: ShotGraph, scale: float) -> Json:
    """Every side times `scale` of what was planned, on the family's grid."""
    for node, name in (*shot.places.get("width", ()), *shot.places.get("height", ())):
        planned = _inputs(shot.workflow_json.get(node)).get(name)
        if isinstance(planned, int):
            side = max(shot.grid, round(planned * scale / shot.grid) * shot.grid)
            graph = with_value(graph, node, name, side)
    return graph


def _batches(shot: ShotGraph) -> list[str]:
    """Nodes that make several pictures at once; where the number is a clip's length it stays."""
    lengths = set(shot.length.places) if shot.length else set[tuple[str, str]]()
    found: list[str] = []
    for key, node in shot.workflow_json.items():
        count = _inputs(node).get(_BATCH)
        if isinstance(count, int) and count > 1 and (key, _BATCH) not in lengths:
            found.append(key)
    return found


def _class(node: JsonValue) -> JsonValue:
    return node.get("class_type") if isinstance(node, dict) else None


def _inputs(node: JsonValue) -> Json:
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs if isinstance(inputs, dict) else {}
