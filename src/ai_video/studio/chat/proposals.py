"""Proposals: what a model wants to change waits here until the user has decided, and is done once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, Literal, cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.domain.entities import (
    ConversationMessage,
    Entity,
    Json,
    Proposal,
    Storyboard,
)
from ai_video.errors import Conflict, InputRefused, NotFound
from ai_video.filmwords import name_of
from ai_video.orchestrator.records import Holder
from ai_video.storage.database import Unit, now
from ai_video.storage.tables import ROW_OF
from ai_video.studio.chat.rehearsal import Changes, done_as_rehearsed, rehearsed
from ai_video.studio.chat.tools import ToolInChat, for_model
from ai_video.studio.film.stale import stale_rows
from ai_video.studio.kinds import ENTITIES
from ai_video.studio.studio import Studio

LANGUAGES: Final[tuple[Literal["zh", "en"], ...]] = ("zh", "en")
Tools = Mapping[str, ToolInChat]
_NAMED_BY = ("name", "title", "speaker")
_PLACES = frozenset({"shot_number", "order", "storyboard_id"})
_STALE_KEYS = ("kind", "part", "episode_id", "storyboard_id", "line_id")
_GONE = frozenset({"proposal_outdated", "changed_meanwhile", "not_found"})
"""Why a verb cannot do any more what was proposed."""


def proposal_document(proposal: Proposal) -> Json:
    return cast("Json", proposal.model_dump(mode="json", exclude={"holder", "revision"}))


async def show_proposal(studio: Studio, id: UUID) -> Json:
    """One proposal. Raises: NotFound."""
    return proposal_document(await studio.database.read(lambda unit: unit.get(Proposal, id)))


async def propose(
    studio: Studio, answer: ConversationMessage, tool: ToolInChat, arguments: Json
) -> Proposal:
    """Keep what a tool would do for the user to decide; nothing is done.

    Raises:
        InputRefused: the arguments cannot be used, or nothing would change by them.
    """
    changes, preview = await _looked_ahead(studio, tool, arguments)
    proposal = Proposal.fresh(
        conversation_id=answer.conversation_id,
        message_id=answer.id,
        tool=tool.name,
        arguments=arguments,
        changes=changes,
        preview=preview,
    )

    async def work(unit: Unit) -> None:
        await unit.add(proposal)
        told = cast("JsonValue", proposal_document(proposal))
        await unit.event("chat.proposal", answer.conversation_id, proposal=told)

    await studio.database.write(work)
    return proposal


async def _looked_ahead(studio: Studio, tool: ToolInChat, arguments: Json) -> tuple[Changes, Json]:
    """What would change, and what else it would mean: {title, stale} or the tool's own preview."""
    if not tool.rehearsable:
        preview = await tool.preview(studio, arguments) if tool.preview else {}
        return [], {"title": tool.title, **preview}
    changes, answer = await rehearsed(studio, lambda tried: tool.call(tried, arguments))
    if not changes:
        raise InputRefused("chat_nothing_changes")
    named = await studio.database.read(lambda unit: _named(unit, changes))
    stale = await _newly_stale(studio, answer)
    return named, {"title": tool.title, "stale": stale}


async def _newly_stale(studio: Studio, answer: Json) -> list[JsonValue]:
    """What an edit makes stale that is current now."""
    rows = cast("list[Json]", answer.get("stale") or [])
    already: set[tuple[str, ...]] = set()
    for episode in {str(row["episode_id"]) for row in rows}:
        for row in await stale_rows(studio, UUID(episode)):
            already.add(_key(row.model_dump(mode="json")))
    return [row for row in rows if _key(row) not in already]


def _key(row: Mapping[str, JsonValue]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in _STALE_KEYS)


async def _named(unit: Unit, changes: Changes) -> Changes:
    """The rows as a person knows them: {name, shot, words}, `moved` for a mere new number."""
    return [{**row, **await _name_of(unit, row)} for row in changes]


async def _name_of(unit: Unit, row: Json) -> Json:
    fields = {str(part["field"]): part for part in cast("list[Json]", row["fields"])}
    kind = next(entity for entity, table in ROW_OF.items() if table.__tablename__ == row["kind"])
    there = await unit.find(kind, id=UUID(str(row["id"])))
    entity = there[0] if there else None
    moved = row["action"] == "change" and set(fields) <= _PLACES
    name = next((value for field in _NAMED_BY if (value := _value(entity, fields, field))), None)
    shot = await _shot_of(unit, entity, _added(fields, "storyboard_id"))
    words = {value: said for part in fields.values() for value, said in _slot_words(part)}
    words |= await _names_of(unit, [*fields.values()])
    shot = shot or _added(fields, "shot_number")
    return {"name": name, "shot": shot, "moved": moved, "words": cast("JsonValue", words)}


def _slot_words(part: Json) -> Iterator[tuple[str, Json]]:
    """What the values of a slot are called in both languages, where they have names."""
    start, _, slot = str(part["field"]).rpartition(".")
    for side in (part["before"], part["after"]) if start == "slots" else ():
        for value in side if isinstance(side, list) else [side]:
            with suppress(KeyError):
                zh, en = (name_of(slot, str(value), lang) for lang in LANGUAGES)
                yield str(value), {"zh": zh, "en": en}


def _value(entity: Entity | None, fields: Mapping[str, Json], name: str) -> JsonValue:
    return _added(fields, name) if entity is None else getattr(entity, name, None)


def _added(fields: Mapping[str, Json], name: str) -> JsonValue:
    return fields[name]["after"] if name in fields else None


async def _shot_of(unit: Unit, entity: Entity | None, new_owner: JsonValue) -> int | None:
    if isinstance(entity, Storyboard):
        return entity.shot_number
    owner = getattr(entity, "storyboard_id", None) or new_owner
    shots = await unit.find(Storyboard, id=UUID(str(owner))) if owner else []
    return shots[0].shot_number if shots else None


async def _names_of(unit: Unit, parts: Sequence[Json]) -> dict[str, Json]:
    """What the things are called that are pointed to before or after."""
    ids: set[UUID] = set()
    for part in parts:
        for side in (part["before"], part["after"]):
            for value in side if isinstance(side, list) else [side]:
                with suppress(ValueError):
                    ids.add(UUID(value if isinstance(value, str) else ""))
    names: dict[str, Json] = {}
    for kind in ENTITIES.values() if ids else ():
        for entity in await unit.find(kind, id=list(ids)):
            found = (getattr(entity, field, None) for field in _NAMED_BY)
            if name := next((each for each in found if each), None):
                names[str(entity.id)] = {"zh": name, "en": name}
    return names


def told_to_model(proposal: Proposal) -> Json:
    """What a tool answers that was not done but proposed."""
    counts: dict[str, JsonValue] = {}
    for row in cast("list[Json]", proposal.preview.get("stale") or []):
        kind = str(row["kind"])
        counts[kind] = int(cast("int", counts.get(kind, 0))) + 1
    rest = {name: part for name, part in proposal.preview.items() if name not in ("stale", "title")}
    shown: list[Json] = [
        {name: part for name, part in row.items() if name != "words"}
        for row in proposal.changes
        if not row.get("moved")
    ]
    return for_model(
        {
            "proposal_id": str(proposal.id),
            "state": "open",
            "note": "Not done. The user now sees this and accepts or rejects it; do not ask again.",
            "changes": cast("list[JsonValue]", shown),
            "becomes_stale": counts,
            **rest,
        }
    )


async def accept_proposal(studio: Studio, tools: Tools, id: UUID, *, here: Holder) -> Json:
    """Do what was proposed, once, whatever happens meanwhile; answers the proposal.

    Raises:
        NotFound: no such proposal.
        Conflict: `proposal_decided`; `proposal_outdated`: it would do something else by now.
        AiVideoError: the verb cannot do it; the proposal stays open.
    """
    proposal = await studio.database.read(lambda unit: unit.get(Proposal, id))
    if proposal.state != "open":
        raise Conflict("proposal_decided", state=proposal.state)
    if proposal.tool not in tools:
        raise NotFound("tool", proposal.tool)
    tool = tools[proposal.tool]
    doing = _at_once if tool.rehearsable else _claimed
    # In a task of its own: a caller that goes away does not stop it half-way.
    return await asyncio.shield(asyncio.create_task(doing(studio, tool, proposal, here)))


async def _at_once(studio: Studio, tool: ToolInChat, proposal: Proposal, here: Holder) -> Json:
    """Decision and change in one transaction: both happen, or neither."""

    async def decide(unit: Unit) -> None:
        await _decided(unit, proposal.id, "open", state="accepted")

    try:
        answer = await done_as_rehearsed(
            studio,
            lambda real: tool.call(real, proposal.arguments),
            proposal.changes,
            also=decide,
        )
    except InputRefused as error:
        if error.code not in _GONE:
            raise
        await _outdated(studio, proposal.id)
        raise Conflict("proposal_outdated") from error
    return await _with_result(studio, proposal.id, answer)


async def _claimed(studio: Studio, tool: ToolInChat, proposal: Proposal, here: Holder) -> Json:
    """Claim it, do it, say so. A process that dies in between leaves it open again, and such
    tools are safe to do twice."""
    if await _costs_more(studio, tool, proposal):
        await _outdated(studio, proposal.id)
        raise Conflict("proposal_outdated")
    holder = {"owner": here.owner, "host": here.host, "pid": here.pid}
    await _decide(studio, proposal.id, "open", state="accepting", holder=holder)
    try:
        answer = await tool.call(studio, proposal.arguments)
    except BaseException:
        await _decide(studio, proposal.id, "accepting", state="open", holder={})
        raise
    await _decide(studio, proposal.id, "accepting", state="accepted", holder={})
    return await _with_result(studio, proposal.id, answer)


async def _costs_more(studio: Studio, tool: ToolInChat, proposal: Proposal) -> bool:
    """Would it cost more than the user was shown?"""
    if tool.preview is None:
        return False
    ahead = await tool.preview(studio, proposal.arguments)
    return _amount(ahead) > _amount(proposal.preview)


def _amount(preview: Json) -> float:
    cost = preview.get("cost_estimate")
    amount = cost.get("amount") if isinstance(cost, dict) else None
    return float(amount) if isinstance(amount, int | float) else 0.0


async def reject_proposal(studio: Studio, id: UUID) -> Json:
    """Do not do it; the model hears of it at the next turn.

    Raises:
        NotFound: no such proposal. Conflict: `proposal_decided`.
    """
    return proposal_document(await _decide(studio, id, "open", state="rejected"))


async def _outdated(studio: Studio, id: UUID) -> None:
    await _decide(studio, id, "open", state="outdated")


async def _decide(studio: Studio, id: UUID, was: str, **changes: object) -> Proposal:
    return await studio.database.write(lambda unit: _decided(unit, id, was, **changes))


async def _decided(unit: Unit, id: UUID, was: str, **changes: object) -> Proposal:
    """Writers take turns, so of two that decide at once the second finds another state."""
    proposal = await unit.get(Proposal, id)
    if proposal.state != was:
        raise Conflict("proposal_decided", state=proposal.state)
    state = str(changes["state"])
    final = state in ("accepted", "rejected", "outdated")
    decided = await unit.change(proposal, decided_at=now() if final else None, **changes)
    await unit.event("chat.decided", proposal.conversation_id, proposal_id=str(id), state=state)
    return decided


async def _with_result(studio: Studio, id: UUID, answer: Json) -> Json:
    async def work(unit: Unit) -> Proposal:
        return await unit.change(await unit.get(Proposal, id), result=for_model(answer))

    return proposal_document(await studio.database.write(work))


async def reopen(unit: Unit, proposal: Proposal) -> None:
    """What was being accepted by a process that died can be decided again."""
    await _decided(unit, proposal.id, "accepting", state="open", holder={})
