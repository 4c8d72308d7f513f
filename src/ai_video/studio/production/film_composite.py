"""The last task of a film: sound mixed, segments joined, sidecars written, a version added."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from uuid import UUID

from pydantic import JsonValue

from ai_video.assets import AigcLabel, FileCache
from ai_video.audio.mix import RATE, AmbienceSpan
from ai_video.composition.film import FilmFacts, FilmJob, join_film
from ai_video.composition.subtitles import Cue, SpokenText, cues_for, write_sidecars
from ai_video.composition.timeline import TimelineDocument
from ai_video.domain.entities import Episode, GeneratedVideo, Project, Transition
from ai_video.domain.media_time import FrameRate
from ai_video.domain.task import TaskOutput
from ai_video.orchestrator.handlers import TaskContext, TaskView
from ai_video.storage.database import Unit
from ai_video.studio.production.card_segments import CardSegments
from ai_video.studio.production.film_fingerprints import Facts, of_kind
from ai_video.studio.production.film_handlers import PRODUCER, FilmHandler, marks_of, workspace
from ai_video.studio.production.film_params import CompositeParams
from ai_video.studio.production.film_results import Results
from ai_video.studio.production.film_sound import FilmSound, HeardVoice, encoded_sound
from ai_video.studio.production.film_timeline import CutFacts, film_timeline, keep_timeline

Fact = Mapping[str, JsonValue]
LEAST_AMBIENCE_S = 0.5
CUT: tuple[Transition, ...] = ("cut",)


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """A line of the film: what is said, when, and the voice that says it."""

    line: SpokenText
    voice: Fact
    gain_db: float = 0.0


class CompositeHandler(FilmHandler):
    """`cache` keeps encoded sound and transitions, so that a film with one new picture is joined
    in little more time than copying takes."""

    kind = "composite"

    def __init__(self, results: Results, cache: FileCache, cards: CardSegments) -> None:
        super().__init__(results)
        self.cache = cache
        self.cards = cards

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = CompositeParams.model_validate(task.params)
        rate = FrameRate(params.fps)
        segments = of_kind(task.parents, facts, "segment")
        cuts = [CutFacts.of(segment) for segment in segments]
        timeline = film_timeline(params, task.parents, cuts)
        placed = place_film_lines(params, timeline, of_kind(task.parents, facts, "voice"))
        before, after = await self.cards.around(params)
        async with workspace() as folder:
            audio = await encoded_sound(
                FilmSound(
                    voices=tuple(
                        HeardVoice(
                            str(row.voice["digest"]), round(row.line.start_s * RATE), row.gain_db
                        )
                        for row in placed
                        if row.voice.get("digest")
                    ),
                    duration_s=rate.seconds(timeline.frames),
                    music=params.settings.music_style,
                    own_music=params.settings.music,
                    mood=params.mood,
                    ambience=ambience_spans(params, timeline),
                    seed=params.seed,
                    music_gain_db=params.music_gain_db,
                ),
                self.cache,
                self.blob,
            )
            context.progress(0.6, "sound")
            made = await join_film(
                FilmJob(
                    segments=(
                        *before,
                        *[await self.blob(row.get("digest")) for row in segments],
                        *after,
                    ),
                    audio=audio,
                    width=params.width,
                    height=params.height,
                    fps=params.fps,
                    target=folder / "film.mp4",
                    title=params.title,
                    transitions=(
                        *CUT[: len(before)],
                        *(clip.transition for clip in timeline.clips),
                        *CUT[: len(after)],
                    ),
                    cache=self.cache.folder,
                    label=AigcLabel(
                        content_producer=PRODUCER, produce_id=(task.fingerprint or "")[:32]
                    ),
                )
            )
            output = await self._store(
                task,
                params,
                folder,
                made,
                film_cues(params, placed, until_s=float(timeline.clips[-1].span.end_s)),
                cuts,
            )
        await self.reuse(task, output)
        await self.cache.shrink()
        return output

    async def _store(
        self,
        task: TaskView,
        params: CompositeParams,
        folder: Path,
        made: FilmFacts,
        cues: tuple[Cue, ...],
        cuts: Sequence[CutFacts],
    ) -> TaskOutput:
        film = await self.results.store_asset(
            folder / "film.mp4",
            kind="video",
            media_type="video/mp4",
            name=f"{params.title}.mp4",
            width=made.width,
            height=made.height,
            duration=made.duration_s,
            provenance={"kind": self.kind, "stream_sha256": made.stream_sha256},
        )
        files = write_sidecars(
            cues,
            style=params.settings.subtitle_style,
            width=params.width,
            height=params.height,
            stem=folder / "film",
        )
        paths = {"srt": files.srt, "vtt": files.vtt, "ass": files.ass}
        sidecars: dict[str, JsonValue] = {}
        assets: list[UUID] = [film.id]
        for name, path in sorted(paths.items()):
            asset = await self.results.store_asset(
                path,
                kind="subtitle",
                media_type="text/vtt" if name == "vtt" else "text/plain",
                name=f"{params.title}.{name}",
                provenance={"kind": self.kind},
            )
            sidecars[name] = str(asset.id)
            assets.append(asset.id)
        config: dict[str, JsonValue] = {
            "stream_sha256": made.stream_sha256,
            "duration_s": made.duration_s,
            "frames": made.frames,
            "width": made.width,
            "height": made.height,
            "fps": made.fps,
            "sidecars": sidecars,
            "settings": params.settings.as_json(),
        }
        return TaskOutput(
            assets=tuple(assets),
            facts={
                "digest": film.sha256,
                "film": config,
                "cuts": [cut.as_json() for cut in cuts],
            },
        )

    async def reuse(self, task: TaskView, output: TaskOutput) -> None:
        """Make this film the episode's newest version, unless it already is, and its timeline the
        one that editor and exporters read."""
        if task.episode_id is None:
            return
        episode_id, fingerprint = task.episode_id, task.fingerprint or ""
        cuts = cast("list[Fact]", output.facts["cuts"])
        timeline = film_timeline(
            CompositeParams.model_validate(task.params),
            task.parents,
            [CutFacts.of(cut) for cut in cuts],
        )

        async def work(unit: Unit) -> None:
            versions = await unit.find(
                GeneratedVideo, episode_id=episode_id, order_by=("-version",), limit=1
            )
            if not versions or versions[0].fingerprint != fingerprint:
                await self._add_version(unit, episode_id, versions, fingerprint, output)
            await keep_timeline(unit, episode_id, timeline)
            await _complete(unit, episode_id)

        await self.results.database.write(work)

    async def _add_version(
        self,
        unit: Unit,
        episode_id: UUID,
        versions: list[GeneratedVideo],
        fingerprint: str,
        output: TaskOutput,
    ) -> None:
        video = await unit.add(
            GeneratedVideo.fresh(
                episode_id=episode_id,
                asset_id=output.assets[0],
                version=versions[0].version + 1 if versions else 1,
                composition_config=cast("dict[str, JsonValue]", output.facts["film"]),
                fingerprint=fingerprint,
            )
        )
        await unit.event(
            "video.ready", str(episode_id), video_id=str(video.id), version=video.version
        )


async def _complete(unit: Unit, episode_id: UUID) -> None:
    episode = await unit.get(Episode, episode_id)
    if episode.status not in ("archived", "completed"):
        await unit.change(episode, status="completed")
    project = await unit.get(Project, episode.project_id)
    if project.status in ("draft", "in_progress"):
        rows = await unit.find(Episode, project_id=project.id)
        if all(row.status in ("completed", "archived") for row in rows):
            await unit.change(project, status="completed")


def place_film_lines(
    params: CompositeParams, timeline: TimelineDocument, voices: list[Fact]
) -> list[PlacedLine]:
    """Every line of the film as the timeline places it, with its words and its voice."""
    words = [line for shot in params.shot for line in shot.line]
    return [
        PlacedLine(
            SpokenText(
                text=line.text,
                translation=line.translation,
                start_s=float(item.span.start_s),
                end_s=float(item.span.end_s),
                marks=marks_of(voice),
            ),
            voice,
            item.gain_db,
        )
        for item, line, voice in zip(timeline.voices, words, voices, strict=True)
    ]


def film_cues(
    params: CompositeParams, placed: list[PlacedLine], *, until_s: float
) -> tuple[Cue, ...]:
    return tuple(
        cues_for(
            [row.line for row in placed],
            style=params.settings.subtitle_style,
            width=params.width,
            height=params.height,
            until_s=until_s,
        )
    )


def ambience_spans(params: CompositeParams, timeline: TimelineDocument) -> list[AmbienceSpan]:
    """Where rain, sea or wind is heard; neighbouring shots with the same sound run on."""
    spans: list[AmbienceSpan] = []
    for shot, clip in zip(params.shot, timeline.clips, strict=True):
        start, end = float(clip.span.start_s), float(clip.span.end_s)
        for kind in shot.ambience:
            last = next((span for span in reversed(spans) if span.kind == kind), None)
            if last is not None and abs(last.end_s - start) < LEAST_AMBIENCE_S:
                spans[spans.index(last)] = AmbienceSpan(kind, last.start_s, end)
            else:
                spans.append(AmbienceSpan(kind, start, end))
    return spans
