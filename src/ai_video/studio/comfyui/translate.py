"""A described shot becomes a ComfyUI graph: one, or many lines in their order."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeGuard, cast

from pydantic import JsonValue

from ai_video.comfyui.library import library
from ai_video.comfyui.object_info import NodeList, shipped_node_list
from ai_video.comfyui.strict_json import parse_json
from ai_video.domain.entities import ComfyWorkflow, Json
from ai_video.errors import InputRefused, NotAvailable, NotFound
from ai_video.settings import LlmChoice
from ai_video.storage.database import Unit
from ai_video.studio.comfyui.workflow_binding import SAID
from ai_video.studio.comfyui.workflow_proposals import with_proposals
from ai_video.studio.comfyui.workflows import NodeSource, node_list_of
from ai_video.studio.language.stored_choices import StoredChoices
from ai_video.studio.studio import Studio
from ai_video.translator.answer import Answer
from ai_video.translator.choice import open_to_choice
from ai_video.translator.model_shots import ModelShot, model_shot
from ai_video.translator.model_translator import BATCH, ModelTranslator, ShotRead
from ai_video.translator.notices import Notice, NoticeLanguage
from ai_video.translator.reading import read_shot
from ai_video.translator.request import TranslateRequest, parse_request
from ai_video.translator.shot import ShotReading
from ai_video.translator.translate import Reader, refusal, translate_document, translate_input

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
    llm: LlmChoice | None = None,
) -> Json:
    """The answer to one input object: read, bound, validated for a node list.

    An entry of `available_workflows` may also be `{"id"}` of an imported workflow.

    Args:
        llm: who reads the shot; None: what settings say.

    Raises:
        NotFound: no such imported workflow. InputRefused: the input cannot be used, nothing
            offered fits, or the graph would not run.
        NotAvailable: the named model is not enabled or not ready. ServiceFailed: the server.
    """
    model = await studio.models.structured(llm)
    nodes = await node_list_of(studio, against or NodeSource())
    raw = await with_own_workflows(studio, raw)
    read = _RULES
    if model is not None:
        translator = ModelTranslator(model, StoredChoices(studio.database))
        (raw,), (read,) = await _read_by(translator, [raw], nodes, assume_models=assume_models)
    answer = await asyncio.to_thread(
        translate_input,
        raw,
        nodes=nodes,
        assume_models=assume_models,
        seed=seed,
        reader=read.reader,
        translated_by=read.translated_by,
    )
    return answer.model_dump(mode="json")


async def translate_alone(
    raw: JsonValue,
    *,
    assume_models: bool = False,
    seed: int | None = None,
    llm: LlmChoice = "auto",
) -> Json:
    """The same answer where no studio is open: by rules, for the shipped node list.

    Raises:
        NotAvailable: a model is asked for; which ones are enabled, only a studio knows.
        InputRefused: as `translate_shot`.
    """
    if llm not in ("auto", "rules"):
        raise NotAvailable(f"llm {llm}", "ai-video translate SENTENCE --llm rules")
    nodes = await asyncio.to_thread(shipped_node_list)
    answer = await asyncio.to_thread(
        translate_input, raw, nodes=nodes, assume_models=assume_models, seed=seed
    )
    return answer.model_dump(mode="json")


@dataclass(frozen=True, slots=True)
class _Read:
    """Who reads a shot, under the name that the answer gives."""

    reader: Reader
    translated_by: str

    def telling(self, told: Sequence[Notice]) -> _Read:
        """The same with these warnings."""

        def read(request: TranslateRequest) -> ShotReading:
            reading = self.reader(request)
            return replace(reading, warnings=(*reading.warnings, *told))

        return _Read(read, self.translated_by) if told else self


_RULES: Final = _Read(read_shot, "rules")


async def _read_by(
    translator: ModelTranslator,
    raws: Sequence[JsonValue],
    nodes: NodeList,
    *,
    assume_models: bool,
) -> tuple[list[JsonValue], list[_Read]]:
    """The inputs, with what the model proposes for unknown workflows, and who reads each shot."""
    proposed = [await with_proposals(raw, translator.llm, nodes) for raw in raws]

    def ready() -> list[ModelShot | None]:
        return [_model_shot(raw, nodes, assume_models=assume_models) for raw, _ in proposed]

    shots = await asyncio.to_thread(ready)
    found = iter(await translator.read([shot for shot in shots if shot is not None]))
    readers: list[_Read] = []
    for shot, (_, told) in zip(shots, proposed, strict=True):
        read = _RULES if shot is None else _as_read(next(found))
        readers.append(read.telling(told))
    return [raw for raw, _ in proposed], readers


def _as_read(read: ShotRead) -> _Read:
    return _Read(lambda _: read.reading, read.translated_by)


def _model_shot(raw: JsonValue, nodes: NodeList, *, assume_models: bool) -> ModelShot | None:
    """A shot to ask about; None where there is nothing to understand or nothing can be drawn."""
    try:
        request = parse_request(raw).request
        by_rules = read_shot(request)
        templates = open_to_choice(
            by_rules, request, nodes=nodes, library=library(), assume_models=assume_models
        )
    except InputRefused:
        return None
    shot = model_shot(request, templates)
    return shot if shot.text or shot.notes or shot.camera else None


async def translate_lines(
    studio: Studio,
    lines: Iterable[bytes],
    *,
    usual: Json | None = None,
    said: Json | None = None,
    against: NodeSource | None = None,
    assume_models: bool = False,
    seed: int | None = None,
    llm: LlmChoice | None = None,
) -> AsyncGenerator[Json]:
    """An answer for each line of JSON Lines, in order; a line that cannot be used has ok false.

    `usual`: keys for lines that lack them; `said`: what is said for every line (see `with_said`).
    Empty lines are skipped. A model reads lines of one place together.

    Raises:
        NotAvailable: the named model is not enabled or not ready. ServiceFailed: the server.
    """
    model = await studio.models.structured(llm)
    nodes = await node_list_of(studio, against or NodeSource())
    own = await _imported(studio)
    language = studio.language
    # One for all lines: after a failure that the next one would meet too, nothing more is asked.
    translator = None if model is None else ModelTranslator(model, StoredChoices(studio.database))

    def parsed(batch: Sequence[bytes]) -> list[JsonValue | Answer]:
        return [_parsed(line, usual or {}, said or {}, own, language) for line in batch]

    def work(raws: Sequence[JsonValue | Answer], read: Sequence[_Read]) -> list[Json]:
        return [
            (
                raw
                if isinstance(raw, Answer)
                else translate_document(
                    raw,
                    nodes=nodes,
                    assume_models=assume_models,
                    seed=seed,
                    language=language,
                    reader=each.reader,
                    translated_by=each.translated_by,
                )
            ).model_dump(mode="json")
            for raw, each in zip(raws, read, strict=True)
        ]

    for batch in _batches(lines, _AT_ONCE if model is None else 3 * BATCH):
        raws = await asyncio.to_thread(parsed, batch)
        read = [_RULES] * len(raws)
        if translator is not None:
            inputs = [None if isinstance(raw, Answer) else raw for raw in raws]
            asked, read = await _read_by(translator, inputs, nodes, assume_models=assume_models)
            raws = [
                raw if isinstance(raw, Answer) else proposed
                for raw, proposed in zip(raws, asked, strict=True)
            ]
        for answer in await asyncio.to_thread(work, raws, read):
            yield answer


def _batches(lines: Iterable[bytes], most: int) -> Iterator[list[bytes]]:
    waiting: list[bytes] = []
    for line in lines:
        if line.strip():
            waiting.append(line)
        if len(waiting) >= most:
            yield waiting
            waiting = []
    yield waiting


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


async def with_own_workflows(studio: Studio, raw: JsonValue) -> JsonValue:
    """The same with this studio's imported workflows.

    Raises:
        NotFound: no such workflow.
    """
    return with_imported(raw, await _imported(studio)) if _names_imported(raw) else raw


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


def _parsed(
    line: bytes, usual: Json, said: Json, own: Imported, language: NoticeLanguage
) -> JsonValue | Answer:
    """The input object of a line; the answer that says why there is none."""
    try:
        raw = parse_json(line, name="line", limit=LINE_LIMIT)
    except InputRefused as refused:
        reason = str(refused.fields.get("reason") or refused.message(language))
        wrong = InputRefused("translate_input_invalid", field="(line)", reason=reason)
        return refusal(None, wrong, language)
    try:
        if isinstance(raw, dict):
            return with_imported(with_said({**usual, **raw}, said), own)
    except InputRefused as refused:
        return refusal(raw, refused, language)
    return raw


def compact(answer: Json) -> str:
    """An answer as one line."""
    return json.dumps(cast("JsonValue", answer), ensure_ascii=False, separators=(",", ":"))
