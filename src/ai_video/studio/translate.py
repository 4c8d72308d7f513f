"""A described shot becomes a ComfyUI graph: one, or many lines in their order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from typing import Final, TypeGuard, cast

from pydantic import JsonValue

from ai_video.comfyui.object_info import NodeList, shipped_node_list
from ai_video.comfyui.strict_json import parse_json
from ai_video.domain.entities import ComfyWorkflow, Json
from ai_video.errors import InputRefused, NotAvailable, NotFound
from ai_video.storage.database import Unit
from ai_video.studio.studio import Studio
from ai_video.studio.workflow_binding import SAID
from ai_video.studio.workflows import NodeSource, node_list_of
from ai_video.translator.answer import Answer
from ai_video.translator.notices import NoticeLanguage
from ai_video.translator.translate import refusal, translate_document, translate_input

Imported = Mapping[str, ComfyWorkflow]
LINE_LIMIT: Final = 20 * 1024 * 1024
# Lines that are worked on between two chances of other work to run.
_AT_ONCE: Final = 20


async def translate_shot(
    studio: Studio,
    raw: JsonValue,
    *,
    against: NodeSource | None = None,
    assume_models: bool = False,
    seed: int | None = None,
    llm: str | None = None,
) -> Json:
    """The answer to one input object: read by rules, bound, validated for a node list.

    An entry of `available_workflows` may also be `{"id"}` of an imported workflow.

    Raises:
        NotFound: no such imported workflow. InputRefused: the input cannot be used, nothing
            offered fits, or the graph would not run.
        NotAvailable: another translator than the rules was asked for. ServiceFailed: the server.
    """
    _rules_only(llm or studio.settings.llm)
    nodes = await node_list_of(studio, against or NodeSource())
    if _names_imported(raw):
        raw = with_imported(raw, await _imported(studio))
    return await _translated(raw, nodes, assume_models=assume_models, seed=seed)


async def translate_alone(
    raw: JsonValue, *, assume_models: bool = False, seed: int | None = None, llm: str = "auto"
) -> Json:
    """The same answer where no studio is open: validated for the shipped node list.

    Raises:
        InputRefused, NotAvailable: as `translate_shot`.
    """
    _rules_only(llm)
    nodes = await asyncio.to_thread(shipped_node_list)
    return await _translated(raw, nodes, assume_models=assume_models, seed=seed)


async def _translated(
    raw: JsonValue, nodes: NodeList, *, assume_models: bool, seed: int | None
) -> Json:
    answer = await asyncio.to_thread(
        translate_input, raw, nodes=nodes, assume_models=assume_models, seed=seed
    )
    return answer.model_dump(mode="json")


async def translate_lines(
    studio: Studio,
    lines: Iterable[bytes],
    *,
    usual: Json | None = None,
    said: Json | None = None,
    against: NodeSource | None = None,
    assume_models: bool = False,
    seed: int | None = None,
    llm: str | None = None,
) -> AsyncGenerator[Json]:
    """An answer for each line of JSON Lines, in order; a line that cannot be used has ok false.

    `usual`: keys for lines that lack them; `said`: what is said for every line (see `with_said`).
    Empty lines are skipped.

    Raises:
        NotAvailable: another translator than the rules was asked for. ServiceFailed: the server.
    """
    _rules_only(llm or studio.settings.llm)
    nodes = await node_list_of(studio, against or NodeSource())
    own = await _imported(studio)
    waiting: list[bytes] = []

    def work(batch: Sequence[bytes]) -> list[Json]:
        return [
            _line(
                line,
                usual or {},
                said or {},
                own,
                nodes=nodes,
                assume_models=assume_models,
                seed=seed,
                language=studio.language,
            ).model_dump(mode="json")
            for line in batch
        ]

    for line in lines:
        if line.strip():
            waiting.append(line)
        if len(waiting) >= _AT_ONCE:
            for answer in await asyncio.to_thread(work, waiting):
                yield answer
            waiting = []
    for answer in await asyncio.to_thread(work, waiting):
        yield answer


def with_said(raw: Json, said: Json) -> Json:
    """An input object with what the caller says beside it.

    `said`: keys of the input object; `storyboard` and its `generation_config` are merged, everything
    else replaces what is there. `available_workflows` is the whole library where nobody says one.
    """
    merged: Json = {"available_workflows": ["*"], **raw}
    for key, value in said.items():
        there = merged.get(key)
        merged[key] = _merged(there, value) if isinstance(value, dict) else value
    return merged


def with_imported(raw: JsonValue, own: Imported) -> JsonValue:
    """An input object whose `{"id"}` entries of `available_workflows` are the imported workflows.

    Raises:
        NotFound: no such workflow.
    """
    if not isinstance(raw, dict) or not _names_imported(raw):
        return raw
    entries = cast("list[JsonValue]", raw["available_workflows"])
    return {
        **raw,
        "available_workflows": [
            _inline(str(entry["id"]), own) if _is_imported(entry) else entry for entry in entries
        ],
    }


def _names_imported(raw: JsonValue) -> bool:
    entries = raw.get("available_workflows") if isinstance(raw, dict) else None
    return isinstance(entries, list) and any(_is_imported(entry) for entry in entries)


def _is_imported(entry: JsonValue) -> TypeGuard[Json]:
    """An id alone: neither a workflow given with the call nor a filter."""
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("id"), str)
        and not any(entry.get(key) for key in ("workflow_json", "category", "family"))
    )


def _inline(id: str, own: Imported) -> Json:
    """An imported workflow as one given with the call; roles that the user said stay said."""
    stored = own.get(id.lower())
    if stored is None:
        raise NotFound("workflow", id)
    places: dict[str, list[JsonValue]] = {}
    for row in stored.input_schema:
        if row["evidence"] == SAID:
            places.setdefault(str(row["role"]), []).append(f"{row['node']}.{row['input']}")
    return {
        "id": id,
        "name": stored.name,
        "description": stored.description,
        "workflow_json": stored.workflow_json,
        "places": {role: list(found) for role, found in places.items()},
    }


async def _imported(studio: Studio) -> Imported:
    """Every imported workflow by its id."""

    async def work(unit: Unit) -> list[ComfyWorkflow]:
        return await unit.find(ComfyWorkflow)

    return {str(row.id): row for row in await studio.database.read(work)}


def _merged(there: JsonValue, value: Json) -> JsonValue:
    if there is None:
        return value
    if not isinstance(there, dict):
        return there  # what is no object is refused by the parser, which names it
    return {
        **there,
        **{
            key: _merged(there.get(key), entry) if isinstance(entry, dict) else entry
            for key, entry in value.items()
        },
    }


def _line(
    line: bytes,
    usual: Json,
    said: Json,
    own: Imported,
    *,
    nodes: NodeList,
    assume_models: bool,
    seed: int | None,
    language: NoticeLanguage,
) -> Answer:
    try:
        raw = parse_json(line, name="line", limit=LINE_LIMIT)
    except InputRefused as refused:
        reason = str(refused.fields.get("reason") or refused.message(language))
        wrong = InputRefused("translate_input_invalid", field="(line)", reason=reason)
        return refusal(None, wrong, language)
    try:
        if isinstance(raw, dict):
            raw = with_imported(with_said({**usual, **raw}, said), own)
    except InputRefused as refused:
        return refusal(raw, refused, language)
    return translate_document(
        raw, nodes=nodes, assume_models=assume_models, seed=seed, language=language
    )


def _rules_only(llm: str) -> None:
    if llm not in ("auto", "rules"):
        raise NotAvailable(f"llm {llm}", "ai-video translate SENTENCE --llm rules")


def compact(answer: Json) -> str:
    """An answer as one line."""
    return json.dumps(cast("JsonValue", answer), ensure_ascii=False, separators=(",", ":"))
