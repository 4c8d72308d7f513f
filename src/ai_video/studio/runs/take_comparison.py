"""Takes of one shot side by side: their seeds and scores, and what differs in their graphs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.comfyui.graph import linked_slot
from ai_video.domain.entities import Asset, Json, Take
from ai_video.errors import InputRefused
from ai_video.storage.database import Unit
from ai_video.studio.records.record_documents import documents
from ai_video.studio.studio import Studio

MOST_COMPARED: Final = 16
# The output's name holds the prompt's id: it always differs and says nothing.
_NAMES: Final = frozenset({"filename_prefix", "prefix"})
_MADE_BY: Final = ("generator", "server", "template", "level", "models", "execution_s")


async def compare_takes(studio: Studio, ids: Sequence[UUID]) -> Json:
    """Takes beside each other.

    Returns:
        `{"kind", "storyboard_id", "line_id", "takes": [take with "made"], "differences": [{"node",
        "class_type", "input", "values": {take id: value}}]}`: the inputs whose values are not the same
        in all graphs, a link as `node[output]`; null where a graph has no such input, or there is
        none.

    Raises:
        NotFound: no such take. InputRefused: `takes_not_comparable`, `invalid_value`.
    """
    wanted = list(dict.fromkeys(ids))
    if not 2 <= len(wanted) <= MOST_COMPARED:
        raise InputRefused("invalid_value", field="id", reason=f"2 to {MOST_COMPARED} takes")
    return await studio.database.read(lambda unit: _compared(unit, wanted))


async def _compared(unit: Unit, ids: Sequence[UUID]) -> Json:
    takes = [await unit.get(Take, id) for id in ids]
    first = takes[0]
    if len({(take.kind, take.storyboard_id, take.line_id) for take in takes}) != 1:
        raise InputRefused("takes_not_comparable")
    assets = {
        asset.id: asset for asset in await unit.find(Asset, id=[take.asset_id for take in takes])
    }
    rows = await documents(unit, takes)
    return {
        "kind": first.kind,
        "storyboard_id": str(first.storyboard_id) if first.storyboard_id else None,
        "line_id": str(first.line_id) if first.line_id else None,
        "takes": [
            {**_without_graph(row), "made": made_by(assets[take.asset_id])}
            for row, take in zip(rows, takes, strict=True)
        ],
        "differences": cast("JsonValue", graph_differences(takes)),
    }


def made_by(asset: Asset) -> Json:
    """What an asset was made by: generator, server, template, model files, seconds on the GPU."""
    return {name: asset.provenance.get(name) for name in _MADE_BY}


def graph_differences(takes: Sequence[Take]) -> list[Json]:
    """Every input that is not the same in all of the takes' graphs, by node."""
    flat = {str(take.id): _flat(take.workflow_json or {}) for take in takes}
    places = dict.fromkeys(place for rows in flat.values() for place in rows)
    found: list[Json] = []
    for node, class_type, name in places:
        values = {id: rows.get((node, class_type, name)) for id, rows in flat.items()}
        if any(value != next(iter(values.values())) for value in values.values()):
            found.append({"node": node, "class_type": class_type, "input": name, "values": values})
    return found


def _flat(graph: Json) -> dict[tuple[str, str, str], JsonValue]:
    rows: dict[tuple[str, str, str], JsonValue] = {}
    for key, node in graph.items():
        inputs = node.get("inputs") if isinstance(node, dict) else None
        if not isinstance(node, dict) or not isinstance(inputs, dict):
            continue
        for name, value in inputs.items():
            if name not in _NAMES:
                rows[key, str(node.get("class_type")), name] = _said(value)
    return rows


def _said(value: JsonValue) -> JsonValue:
    link = linked_slot(value)
    return value if link is None else f"{link[0]}[{link[1]}]"


def _without_graph(row: Json) -> Json:
    return {name: value for name, value in row.items() if name != "workflow_json"}
