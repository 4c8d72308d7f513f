"""Shots of a film that a language model reads before ComfyUI draws them.

What it chose is stored for each shot, so planning stays pure and offline: every view of the film
plans with what is stored, and only a render asks, about shots that are to be drawn and for which
nothing is. A shot that was read stays as it was read while its words and assets do, whatever becomes
of the model, and a shot that was drawn stays drawn. Templates are not asked for: one look holds
through a film, and a person names another by `generation_config`.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final, cast
from uuid import UUID

from pydantic_core import to_json

from ai_video.domain.entities import Json, Storyboard
from ai_video.domain.language_models import StructuredLLM
from ai_video.errors import NotAvailable
from ai_video.studio.language.stored_choices import StoredChoices
from ai_video.studio.production.film_graphs import drawn_by_graph, shot_request
from ai_video.studio.production.film_snapshot import EpisodeSnapshot
from ai_video.studio.requests import Degraded
from ai_video.studio.studio import Studio
from ai_video.translator.model_prompt import PROMPT_VERSION
from ai_video.translator.model_schema import ModelChoice
from ai_video.translator.model_shots import ModelShot, model_shot
from ai_video.translator.model_translator import ModelTranslator, ShotRead, kept_choice
from ai_video.translator.notices import Notice, notice
from ai_video.translator.request import parse_request

_TOLD: Final = ("description", "notes", "camera_movement", "characters", "scene_id")
FilmReadings = Mapping[UUID, ModelChoice]
"""What a model chose, by shot; a shot that is not in it is read by rules."""


async def stored_readings(studio: Studio, snapshot: EpisodeSnapshot) -> FilmReadings:
    """What was chosen for the shots as they are now; nothing where the project asks for rules."""
    if (snapshot.project.settings.llm or studio.settings.llm) == "rules":
        return {}
    digests = {shot.id: _digest(snapshot, shot) for shot in snapshot.shots if drawn_by_graph(shot)}
    found = await StoredChoices(studio.database).recall(list(digests.values()))
    choices = {shot: kept_choice(found.get(digest)) for shot, digest in digests.items()}
    return {shot: choice for shot, choice in choices.items() if choice is not None}


async def read_shots(
    studio: Studio, snapshot: EpisodeSnapshot, known: FilmReadings, due: Collection[UUID]
) -> tuple[FilmReadings, tuple[Degraded, ...]]:
    """What is known and what the model reads now, and the shots that rules must read.

    Args:
        known: as stored; nothing is asked about these.
        due: shots that are to be drawn.

    A model that fails, is capped or absent is told by shot, never raised.
    """
    shots = [
        shot
        for shot in snapshot.shots
        if shot.id in due and shot.id not in known and drawn_by_graph(shot)
    ]
    if not shots:
        return known, ()
    try:
        model = await studio.models.structured(
            snapshot.project.settings.llm, project_id=snapshot.project.id
        )
    except NotAvailable as failure:
        reason = failure.message(studio.language).rstrip(" .。")
        said = notice("model_failed", provider=str(failure.fields.get("part", "")), reason=reason)
        return known, tuple(_degraded(studio, shot.id, said) for shot in shots)
    if model is None:
        return known, ()
    read = await _read(studio, snapshot, shots, model)
    chosen = {id: each.choice for id, each in read.items() if each.choice is not None}
    await _keep(studio, snapshot, chosen, model)
    return {**known, **chosen}, tuple(
        _degraded(studio, id, each.failure) for id, each in read.items() if each.failure is not None
    )


async def _read(
    studio: Studio, snapshot: EpisodeSnapshot, shots: Sequence[Storyboard], model: StructuredLLM
) -> Mapping[UUID, ShotRead]:
    def ready() -> dict[UUID, ModelShot]:
        made = {shot.id: film_shot(snapshot, shot) for shot in shots}
        return {id: shot for id, shot in made.items() if shot.text or shot.notes or shot.camera}

    ready_shots = await asyncio.to_thread(ready)
    memory = StoredChoices(studio.database, snapshot.project.id)
    read = await ModelTranslator(model, memory).read(list(ready_shots.values()))
    return dict(zip(ready_shots, read, strict=True))


async def _keep(
    studio: Studio, snapshot: EpisodeSnapshot, chosen: FilmReadings, model: StructuredLLM
) -> None:
    """Store what the film is planned with from now on."""
    by_id = {shot.id: shot for shot in snapshot.shots}
    rows: dict[str, Json] = {
        _digest(snapshot, by_id[id]): choice.model_dump(mode="json")
        for id, choice in chosen.items()
    }
    if rows:
        memory = StoredChoices(studio.database, snapshot.project.id)
        await memory.keep(rows, provider=model.name, model=model.model)


def film_shot(snapshot: EpisodeSnapshot, shot: Storyboard) -> ModelShot:
    """A shot of a film as a model is asked about it: once, for keyframe and clip."""
    return model_shot(parse_request(shot_request(snapshot, shot, "image")).request)


def _digest(snapshot: EpisodeSnapshot, shot: Storyboard) -> str:
    """Of all that a model is told of a shot, and of the project: choices go with it."""
    asked = cast("Json", shot_request(snapshot, shot, "image")["storyboard"])
    words = [asked[name] for name in _TOLD]
    said = f"{asked['description']}{asked['notes']}"
    people = [snapshot.characters[id] for id in shot.characters if id in snapshot.characters]
    scene = snapshot.scenes.get(shot.scene_id) if shot.scene_id else None
    matter = [
        PROMPT_VERSION,
        str(snapshot.project.id),
        words,
        [
            [person.name, *(name for name in person.aliases if name in said), person.appearance]
            for person in people
        ],
        scene.name if scene else None,
    ]
    return hashlib.sha256(to_json(matter)).hexdigest()


def _degraded(studio: Studio, shot: UUID, said: Notice) -> Degraded:
    return Degraded(
        code="shot_read_by_rules", message=said.message(studio.language), storyboard_id=shot
    )
