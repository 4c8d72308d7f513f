"""The film document: what `make` and `render` answer, put together from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.composition.fit import trimmed
from ai_video.domain.entities import Storyboard
from ai_video.domain.media_time import FrameRate
from ai_video.domain.task import TaskOutput
from ai_video.storage.costs import spent_on_run
from ai_video.studio.film.export import ExportedFilm
from ai_video.studio.film.state import TaskState, film_states
from ai_video.studio.production.film_cards import card_times
from ai_video.studio.production.film_plan import FilmParts, FilmPlan, voice_key
from ai_video.studio.production.film_snapshot import Cut, EpisodeSnapshot
from ai_video.studio.production.shot_labels import shot_labels
from ai_video.studio.requests import (
    CardDocument,
    CostEstimate,
    Degraded,
    ExecutedTask,
    FilmDocument,
    ShotCharacter,
    ShotDocument,
    ShotLine,
    ShotScene,
    ShotTakes,
    Sidecars,
    TaskCounts,
    Used,
)
from ai_video.studio.studio import Studio

Timing = Literal["exact", "service", "estimated"]


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run was asked and did."""

    plan: FilmPlan
    before: list[TaskState]
    dag_id: UUID | None
    dry_run: bool
    film: ExportedFilm | None
    degraded: tuple[Degraded, ...]
    wall_s: float
    cpu_s: float


async def film_document(
    studio: Studio, snapshot: EpisodeSnapshot, parts: FilmParts, report: RunReport
) -> FilmDocument:
    """Describe an episode's film after (or, on a dry run, before) a run."""
    counts, executed = await _tasks(studio, report)
    after = report.before
    if report.dag_id is not None:
        after = await film_states(studio, snapshot.episode.id, report.plan)
    outputs = {state.spec.key: state.output for state in after if state.output is not None}
    finished = counts.total == counts.executed + counts.satisfied + counts.skipped
    return FilmDocument(
        ok=report.dry_run or finished,
        project_id=snapshot.project.id,
        episode_id=snapshot.episode.id,
        dag_id=report.dag_id,
        dry_run=report.dry_run,
        film=report.film.film if report.film and finished else None,
        sidecars=report.film.sidecars if report.film and finished else Sidecars(),
        used=Used(generator=parts.generator, llm=_planned_by(snapshot), voice=parts.provider),
        degraded=[
            *report.degraded,
            *_speech_rows(studio, outputs),
            *_karaoke_rows(studio, snapshot, outputs),
        ],
        tasks=counts,
        executed=executed,
        storyboards=_shots(snapshot, parts, outputs),
        cards=_cards(snapshot, outputs),
        cost_estimate=await _estimate(studio, report.before),
        cost=await _cost(studio, report.dag_id),
        wall_s=round(report.wall_s, 3),
        cpu_s=round(report.cpu_s, 3),
    )


def _planned_by(snapshot: EpisodeSnapshot) -> str:
    """Whose model planned the shots that there are; else the rules did, or a person."""
    script = snapshot.script
    return (script.planned_by if script is not None and script.planned else "") or "rules"


async def _estimate(studio: Studio, before: Sequence[TaskState]) -> CostEstimate | None:
    await studio.servers.servers()
    prices = studio.servers.prices.values()
    if not prices:
        return None
    dearest = max(prices)
    needs = [state.spec.resource_requirements for state in before if not state.current]
    seconds = [need.estimated_duration for need in needs if need.model_set is not None]
    return CostEstimate(
        tasks=len(seconds),
        gpu_s=round(sum(seconds), 1),
        amount=round(dearest.of(sum(seconds)), 4),
        currency=dearest.currency,
    )


async def _cost(studio: Studio, dag_id: UUID | None) -> dict[str, float]:
    if dag_id is None:
        return {}
    return await studio.database.read(lambda unit: spent_on_run(unit, dag_id))


async def _tasks(studio: Studio, report: RunReport) -> tuple[TaskCounts, list[ExecutedTask]]:
    before = {state.spec.key: state for state in report.before}
    if report.dag_id is None:
        rows = [
            _executed(state, task_id=None, attempts=0)
            for state in report.before
            if not state.current and (not state.maybe or state.spec.kind != "clip")
        ]
        total = len(report.before)
        counts = TaskCounts(total=total, blocked=len(rows), satisfied=total - len(rows))
        return counts, rows
    tally: Counter[str] = Counter()
    executed: list[ExecutedTask] = []
    tasks = await studio.store.list_tasks(dag_id=report.dag_id)
    for task in tasks:
        outcome = _outcome(task.status, satisfied=task.satisfied)
        tally[outcome] += 1
        if outcome == "executed":
            executed.append(_executed(before[task.key], task_id=task.id, attempts=task.attempts))
    return TaskCounts.model_validate({"total": len(tasks), **tally}), executed


def _outcome(status: str, *, satisfied: bool) -> str:
    if status == "completed":
        return "satisfied" if satisfied else "executed"
    return status if status in ("skipped", "cancelled", "manual_review") else "blocked"


def _executed(state: TaskState, *, task_id: UUID | None, attempts: int) -> ExecutedTask:
    cause: Literal["missing", "stale", "retry"] = "missing" if state.missing else "stale"
    if state.current:
        cause = "retry"
    return ExecutedTask(
        task_id=task_id,
        kind=state.spec.kind,
        part=state.spec.part,
        storyboard_id=state.spec.storyboard_id,
        line_id=state.spec.line_id,
        attempts=attempts,
        cause=cause,
        changed=list(state.changed),
    )


def _shots(
    snapshot: EpisodeSnapshot, parts: FilmParts, outputs: Mapping[str, TaskOutput]
) -> list[ShotDocument]:
    """Shots by number; one that the film leaves out has no start."""
    rate = FrameRate(snapshot.project.settings.fps)
    labels = shot_labels(snapshot.shots)
    starts: dict[UUID, int] = {}
    lengths = {shot.id: rate.frames_for(shot.duration) for shot in snapshot.shots}
    start = card_times(snapshot).title
    for cut in snapshot.cuts:
        starts[cut.shot.id] = start
        lengths[cut.shot.id] = _cut_frames(cut, outputs, rate)
        start += lengths[cut.shot.id]
    return [
        _shot(
            snapshot,
            shot,
            parts,
            outputs,
            label=labels[shot.id],
            start_s=rate.seconds(starts[shot.id]) if shot.id in starts else None,
            duration_s=rate.seconds(lengths[shot.id]),
        )
        for shot in snapshot.shots
    ]


def _cut_frames(cut: Cut, outputs: Mapping[str, TaskOutput], rate: FrameRate) -> int:
    segment = outputs.get(f"segment:{cut.shot.id}")
    if segment and "frames" in segment.facts:
        return cast("int", segment.facts["frames"])
    planned = rate.frames_for(cut.shot.duration)
    start, end = trimmed(planned, 0, start=cut.trim_start, end=cut.trim_end)
    return planned - start - end


def _cards(snapshot: EpisodeSnapshot, outputs: Mapping[str, TaskOutput]) -> list[CardDocument]:
    rate = FrameRate(snapshot.project.settings.fps)
    times = card_times(snapshot)
    shots = sum(_cut_frames(cut, outputs, rate) for cut in snapshot.cuts)
    rows: list[tuple[Literal["title", "end"], int, int]] = [
        ("title", 0, times.title),
        ("end", times.title + shots, times.end),
    ]
    return [
        CardDocument(
            kind=kind,
            start_s=round(rate.seconds(start), 3),
            duration_s=round(rate.seconds(frames), 3),
        )
        for kind, start, frames in rows
        if frames
    ]


def _shot(
    snapshot: EpisodeSnapshot,
    shot: Storyboard,
    parts: FilmParts,
    outputs: Mapping[str, TaskOutput],
    *,
    label: str,
    start_s: float | None,
    duration_s: float,
) -> ShotDocument:
    scene = snapshot.scenes.get(shot.scene_id) if shot.scene_id else None
    voices = {
        line.character_id: parts.voices.get(line.id)
        for line in snapshot.lines_of(shot)
        if line.character_id
    }
    cast_rows = [snapshot.characters[key] for key in shot.characters if key in snapshot.characters]
    return ShotDocument(
        id=shot.id,
        scene_number=shot.scene_number,
        shot_number=shot.shot_number,
        label=label,
        start_s=None if start_s is None else round(start_s, 3),
        duration_s=round(duration_s, 3),
        description=shot.description,
        slots=shot.slots.model_copy(
            update={
                "characters": tuple(str(key) for key in shot.characters),
                "scene": str(shot.scene_id) if shot.scene_id else None,
            }
        ),
        characters=[
            ShotCharacter(id=row.id, name=row.name, voice=voices.get(row.id) or row.voice)
            for row in cast_rows
        ],
        scene=ShotScene(id=scene.id, name=scene.name) if scene else None,
        lines=_lines(snapshot, shot, parts, outputs, start_s or 0.0),
        takes=ShotTakes(image=shot.image_take_id, video=shot.video_take_id),
        source_paragraphs=list(shot.source_paragraphs),
    )


def _lines(
    snapshot: EpisodeSnapshot,
    shot: Storyboard,
    parts: FilmParts,
    outputs: Mapping[str, TaskOutput],
    start_s: float,
) -> list[ShotLine]:
    segment = outputs.get(f"segment:{shot.id}")
    placed = cast("list[dict[str, float]]", segment.facts.get("lines", [])) if segment else []
    rows: list[ShotLine] = []
    for index, line in enumerate(snapshot.lines_of(shot)):
        voice = outputs.get(voice_key(line))
        span = placed[index] if index < len(placed) else None
        rows.append(
            ShotLine(
                id=line.id,
                speaker=line.speaker,
                text=line.text,
                start_s=round(start_s + span["start_s"], 3) if span else None,
                end_s=round(start_s + span["end_s"], 3) if span else None,
                voice=parts.voices.get(line.id),
                timing=cast("Timing | None", voice.facts.get("timing")) if voice else None,
            )
        )
    return rows


_LONGER = {
    "held": (
        "speech_held",
        "画面停留以等待台词说完。",
        "The picture is held until the speech ends.",
    ),
    "stretched": (
        "speech_stretched",
        "台词比计划长, 镜头略微放慢。",
        "The speech is longer than planned; the shot is slowed a little.",
    ),
    "clip_too_short": (
        "shot_extended",
        "台词比计划长得多, 镜头加长。",
        "The speech is much longer than planned; the shot was made longer.",
    ),
}


def _karaoke_rows(
    studio: Studio, snapshot: EpisodeSnapshot, outputs: Mapping[str, TaskOutput]
) -> list[Degraded]:
    """One row per shot whose words light up at estimated times."""
    style = snapshot.project.settings.subtitle_style
    if not (style.enabled and style.karaoke):
        return []
    message = {
        "zh": "这个声音不给出逐字时间, 逐字高亮按字数估算。",
        "en": "This voice gives no times of its words; they light up at estimated times.",
    }[studio.language]
    return [
        Degraded(code="karaoke_estimated", message=message, storyboard_id=shot.id)
        for shot in snapshot.shots
        if any(
            voice is not None and voice.facts.get("timing") == "estimated"
            for line in snapshot.lines_of(shot)
            for voice in [outputs.get(voice_key(line))]
        )
    ]


def _speech_rows(studio: Studio, outputs: Mapping[str, TaskOutput]) -> list[Degraded]:
    """One row per shot whose speech did not fit its planned duration, and per warning of a task."""
    rows: list[Degraded] = []
    for key, output in outputs.items():
        kind, _, owner = key.partition(":")
        fit = output.facts.get("fit")
        if kind == "segment" and isinstance(fit, str) and fit in _LONGER:
            code, zh, en = _LONGER[fit]
            message = zh if studio.language == "zh" else en
            rows.append(Degraded(code=code, message=message, storyboard_id=UUID(owner)))
    return rows + [
        Degraded(
            code=str(warning["code"]),
            message=str(warning[studio.language]),
            storyboard_id=_shot_of(key),
        )
        for key, output in outputs.items()
        for warning in cast("list[dict[str, JsonValue]]", output.facts.get("warnings", []))
    ]


def _shot_of(key: str) -> UUID | None:
    """The shot whose picture or clip a task makes; None for other kinds."""
    kind, _, owner = key.partition(":")
    return UUID(owner.partition(":")[0]) if kind in ("keyframe", "clip") else None
