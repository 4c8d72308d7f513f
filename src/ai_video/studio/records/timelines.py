"""The timeline of an episode: read it, cut it by hand, go back to what follows from the shots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast
from uuid import UUID

from pydantic import Field

from ai_video.composition.arrangement import (
    Arrangement,
    ClipCut,
    Gain,
    LineGain,
    arrangement_of,
)
from ai_video.composition.fit import frames_needed, place_lines, trimmed
from ai_video.composition.timeline import TimelineDocument
from ai_video.domain.entities import Episode, Json, Timeline
from ai_video.domain.media_time import FrameRate
from ai_video.domain.task import TaskOutput
from ai_video.errors import Conflict, InputRefused, NotAvailable
from ai_video.storage.database import Unit
from ai_video.studio.film.parts import film_parts
from ai_video.studio.film.state import film_states
from ai_video.studio.production.film_params import CompositeParams
from ai_video.studio.production.film_plan import FilmParts, plan_film, voice_key
from ai_video.studio.production.film_snapshot import (
    Cut,
    EpisodeSnapshot,
    latest_timeline,
    load_snapshot,
)
from ai_video.studio.production.film_timeline import CutFacts, add_timeline, film_timeline
from ai_video.studio.record_owners import check_shots_writable
from ai_video.studio.records.record_documents import edit_answer
from ai_video.studio.requests import Document, EditAnswer
from ai_video.studio.studio import Studio


class TimelineEdit(Document):
    """A cut by hand: every shot of the film in order; the shots that are not named are left out.

    Frames can be trimmed off a shot's start and end, lines and music made louder or quieter.
    Everything else follows from the shots and is edited there.
    """

    clips: tuple[ClipCut, ...] = Field(min_length=1, max_length=10_000)
    gains: tuple[LineGain, ...] = Field(default=(), max_length=100_000)
    music_gain_db: Gain = 0.0
    version: int | None = Field(
        default=None, ge=0, description="the version it was made from; refused if another came"
    )


async def show_timeline(studio: Studio, episode_id: UUID, *, version: int | None = None) -> Json:
    """An episode's timeline, the newest version unless one is named.

    Raises:
        NotFound: no such episode.
        InputRefused: `timeline_missing`: nothing was cut yet, or there is no such version.
    """

    async def work(unit: Unit) -> Timeline:
        episode = await unit.get(Episode, episode_id)
        if version is None:
            found = await latest_timeline(unit, episode_id)
        else:
            rows = await unit.find(Timeline, episode_id=episode_id, version=version, limit=1)
            found = rows[0] if rows else None
        if found is None:
            raise InputRefused("timeline_missing", episode=episode.title)
        return found

    return _shown(await studio.database.read(work))


async def edit_timeline(studio: Studio, episode_id: UUID, edit: TimelineEdit) -> EditAnswer:
    """Cut an episode by hand; from now on new takes and lengths flow into this arrangement.

    Raises:
        NotFound: no such episode.
        InputRefused: `no_shots`, or something that no film can show: `timeline_shot_unknown`,
            `timeline_line_unknown`, `timeline_twice`, `timeline_trim`.
        Conflict: archived, or `changed_meanwhile`.
    """
    snapshot = await _snapshot(studio, episode_id)
    arrangement = _checked(snapshot, edit)
    document = await _document(studio, replace(snapshot, arrangement=arrangement), strict=True)
    document = document.model_copy(update={"left_out": arrangement.left_out})
    return await _stored(studio, episode_id, document, origin="edited", version=edit.version)


async def follow_shots(studio: Studio, episode_id: UUID) -> EditAnswer:
    """Give a cut by hand up: the film follows its shots again.

    Raises:
        NotFound: no such episode. InputRefused: `no_shots`. Conflict: archived.
    """
    snapshot = await _snapshot(studio, episode_id)
    document = await _document(studio, replace(snapshot, arrangement=None), strict=False)
    return await _stored(studio, episode_id, document, origin="auto", version=None)


async def _snapshot(studio: Studio, episode_id: UUID) -> EpisodeSnapshot:
    snapshot = await studio.database.read(lambda unit: load_snapshot(unit, episode_id))
    if not snapshot.shots:
        raise InputRefused("no_shots", episode=snapshot.episode.title)
    return snapshot


def _checked(snapshot: EpisodeSnapshot, edit: TimelineEdit) -> Arrangement:
    shots = {shot.id: shot for shot in snapshot.shots}
    lines = {line.id for rows in snapshot.lines.values() for line in rows}
    for clip in edit.clips:
        if clip.storyboard_id not in shots:
            raise InputRefused("timeline_shot_unknown", id=str(clip.storyboard_id))
    for row in edit.gains:
        if row.line_id not in lines:
            raise InputRefused("timeline_line_unknown", id=str(row.line_id))
    _once([clip.storyboard_id for clip in edit.clips])
    _once([row.line_id for row in edit.gains])
    shown = {clip.storyboard_id for clip in edit.clips}
    return Arrangement(
        clips=edit.clips,
        left_out=tuple(shot.id for shot in snapshot.shots if shot.id not in shown),
        gains=edit.gains,
        music_gain_db=edit.music_gain_db,
    )


def _once(ids: Sequence[UUID]) -> None:
    seen: set[UUID] = set()
    for id in ids:
        if id in seen:
            raise InputRefused("timeline_twice", id=str(id))
        seen.add(id)


async def _document(studio: Studio, snapshot: EpisodeSnapshot, *, strict: bool) -> TimelineDocument:
    """The timeline of a snapshot's cut, with lengths of voices as far as they are spoken.

    Raises:
        InputRefused: `timeline_trim`: `strict`, and a trim would cut speech or the whole shot.
    """
    plan = plan_film(snapshot, await _parts(studio, snapshot))
    states = await film_states(studio, snapshot.episode.id, plan)
    outputs = {state.spec.key: state.output for state in states if state.output is not None}
    composite = next(spec for spec in plan.specs if spec.kind == "composite")
    params = CompositeParams.model_validate(composite.params)
    rate = FrameRate(params.fps)
    cuts = [_cut_facts(snapshot, cut, outputs, rate, strict=strict) for cut in snapshot.cuts]
    return film_timeline(params, composite.parents, cuts)


async def _parts(studio: Studio, snapshot: EpisodeSnapshot) -> FilmParts:
    """Who makes the film; nobody, where the asked parts are not there (then no voice is known)."""
    try:
        parts, _ = await film_parts(studio, snapshot)
    except NotAvailable:
        lines = [line.id for rows in snapshot.lines.values() for line in rows]
        parts = FilmParts("", "", "", "", voices=dict.fromkeys(lines, ""), speeds={})
    return parts


def _cut_facts(
    snapshot: EpisodeSnapshot,
    cut: Cut,
    outputs: dict[str, TaskOutput],
    rate: FrameRate,
    *,
    strict: bool,
) -> CutFacts:
    """How long a shot will be, by the rules its segment is made by."""
    voices = [outputs.get(voice_key(line)) for line in snapshot.lines_of(cut.shot)]
    lengths = [
        cast("float", voice.facts.get("duration_s", 0.0)) if voice else 0.0 for voice in voices
    ]
    fit = frames_needed(rate.frames_for(cut.shot.duration), lengths, rate=rate)
    spans, _ = place_lines(lengths)
    spoken = rate.frames_covering(spans[-1][1]) if spans else 0
    start, end = trimmed(fit.frames, spoken, start=cut.trim_start, end=cut.trim_end)
    if strict and (start, end) != (cut.trim_start, cut.trim_end):
        most = fit.frames - min(fit.frames, max(1, spoken))
        raise InputRefused("timeline_trim", shot=cut.shot.shot_number, most=most)
    return CutFacts(fit.frames - start - end, fit.frames, start, tuple(spans))


async def _stored(
    studio: Studio,
    episode_id: UUID,
    document: TimelineDocument,
    *,
    origin: str,
    version: int | None,
) -> EditAnswer:
    async def work(unit: Unit) -> Timeline:
        episode = await unit.get(Episode, episode_id)
        await check_shots_writable(unit, episode)
        latest = await latest_timeline(unit, episode_id)
        if version is not None and version != (latest.version if latest else 0):
            raise Conflict("changed_meanwhile", what="timeline")
        return await add_timeline(unit, episode_id, document, origin=origin, latest=latest)

    row = await studio.database.write(work)
    return await edit_answer(studio, row, _shown(row))


def _shown(row: Timeline) -> Json:
    document = TimelineDocument.model_validate(row.document)
    arrangement = arrangement_of(document)
    return {
        **cast("Json", row.model_dump(mode="json")),
        "duration_s": document.duration_s,
        "frames": document.frames,
        "arrangement": cast("Json", arrangement.model_dump(mode="json", exclude={"left_out"}))
        if arrangement
        else None,
    }
