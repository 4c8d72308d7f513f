"""The work behind keyframes and clips: drawn by a generator here, or by a graph on ComfyUI."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import ClassVar, NamedTuple

from pydantic import JsonValue

from ai_video.assets import probe
from ai_video.composition.chaining import join_clips, last_frame
from ai_video.domain.entities import Json, ProjectSettings
from ai_video.domain.ports import Generator, ShotPicture
from ai_video.domain.task import TaskOutput
from ai_video.errors import ConfigurationFailure, ResourceFailure
from ai_video.orchestrator.handlers import TaskContext, TaskView
from ai_video.studio.production.film_fingerprints import Facts, needed_clip_frames, of_kind
from ai_video.studio.production.film_handlers import FilmHandler, label_result, workspace
from ai_video.studio.production.film_params import ClipParams, KeyframeParams, PictureParams
from ai_video.studio.production.film_results import Results
from ai_video.studio.production.graph_jobs import GraphJobs, GraphResult, models_of
from ai_video.studio.production.graph_params import GraphJob, ShotGraph
from ai_video.studio.production.made_files import MadeFile, MediaKind, measured_file
from ai_video.studio.production.meant_dark import can_be_used, meant_defects
from ai_video.studio.production.redrawing import said_rungs
from ai_video.studio.production.result_review import Made, Review
from ai_video.studio.production.shot_pictures import shot_picture
from ai_video.studio.production.tries import OUT_OF_MEMORY, Tries, settings_of_shot, tries_of


class Attempt(NamedTuple):
    """One attempt at a picture that a server draws, and the tries before it."""

    task: TaskView
    facts: Facts
    context: TaskContext
    tries: Tries
    settings: ProjectSettings


class PictureHandler(FilmHandler):
    """What keyframes and clips share; a subclass says what is sent and what becomes of it.

    A result is measured before it is used. One that is of no use is kept as a discarded take and
    drawn again with another seed by a new attempt; a graph that has no room is made smaller.
    """

    media_kind: ClassVar[MediaKind]

    def __init__(
        self,
        results: Results,
        generators: Mapping[str, Generator],
        graphs: GraphJobs,
        review: Review | None = None,
    ) -> None:
        super().__init__(results)
        self.generators = generators
        self.graphs = graphs
        self.review = review or Review(results)

    def is_remote(self, params: Mapping[str, JsonValue]) -> bool:
        return params.get("graph") is not None

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        if not self.is_remote(task.params):
            return
        tries = await tries_of(self.results.database, task.id, context.attempt_id)
        rungs = tries.rungs(graph_of(self.params(task)))
        if tries.number or rungs:
            context.log(f"try {tries.number + 1}; less memory: {said_rungs(rungs)[1] or 'no'}")
        await self.graphs.start(await self.job(task, facts, tries), context)

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        if not self.is_remote(task.params):
            return False
        tries = await tries_of(self.results.database, task.id, context.attempt_id)
        return tries.is_decided or await self.graphs.adopt(context)

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        if not self.is_remote(task.params):
            return await self.run(task, facts, context)
        database = self.results.database
        tries = await tries_of(database, task.id, context.attempt_id)
        decided = self.review.decided(tries)
        if decided is not None:
            return decided
        settings = await settings_of_shot(database, task.storyboard_id)
        attempt = Attempt(task, facts, context, tries, settings)
        async with workspace() as folder:
            return await self.fetched(attempt, await self._result(attempt, folder))

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        if self.is_remote(task.params):
            await self.graphs.cancel(context)

    def params(self, task: TaskView) -> PictureParams:
        """The task's parameters, typed."""
        raise NotImplementedError

    async def job(self, task: TaskView, facts: Facts, tries: Tries) -> GraphJob:
        """What is sent to the server."""
        raise NotImplementedError

    async def fetched(self, attempt: Attempt, result: GraphResult) -> TaskOutput:
        """Judge and keep what the server made."""
        raise NotImplementedError

    async def _result(self, attempt: Attempt, folder: Path) -> GraphResult:
        """What the server made.

        Raises:
            ResourceFailure: it had no room; `smallest_out_of_memory` where nothing smaller is left.
        """
        task, tries = attempt.task, attempt.tries
        job = partial(self.job, task, attempt.facts, tries)
        try:
            return await self.graphs.collect(job, task, attempt.context, folder)
        except ResourceFailure as failure:
            graph = graph_of(self.params(task))
            if failure.code == OUT_OF_MEMORY and tries.at_the_end(graph):
                raise ResourceFailure(
                    "smallest_out_of_memory",
                    url=failure.fields.get("url"),
                    taken=", ".join(tries.rungs(graph)) or "-",
                    reason=failure.fields.get("reason"),
                ) from failure
            raise

    async def measured(self, attempt: Attempt, result: GraphResult) -> MadeFile:
        """The first picture (or clip) of a run, measured.

        Raises:
            ConfigurationFailure: `graph_made_nothing`, `results_unusable`. ResultDiscarded: what was
                made cannot be read, and there are tries left.
        """
        graph = graph_of(self.params(attempt.task))
        file = await measured_file(result, self.media_kind, graph)
        if file is None:
            raise self.review.unreadable(attempt.tries, attempt.settings)
        return file

    async def settled(
        self,
        attempt: Attempt,
        result: GraphResult,
        file: MadeFile,
        *,
        facts: Mapping[str, JsonValue],
        whole: bool = True,
    ) -> TaskOutput:
        """Label and store a measured file, and use it or draw it again.

        Raises:
            ResultDiscarded: it is drawn again. ConfigurationFailure: `results_unusable`.
        """
        params = self.params(attempt.task)
        graph = graph_of(params)
        redraw = attempt.tries.redraw(params.seed, graph)
        await label_result(file.path)
        asset = await self.results.store_asset(
            file.path,
            kind=self.media_kind,
            media_type=file.media.media_type,
            name=params.storyboard.description[:60],
            width=file.media.width,
            height=file.media.height,
            duration=file.media.duration_s if self.media_kind == "video" else None,
            provenance={
                "kind": self.kind,
                "generator": "comfyui",
                "server": result.server,
                "template": graph.template,
                "template_digest": graph.template_digest,
                "level": graph.level,
                "prompt": params.storyboard.description,
                "seed": redraw.seed,
                "models": [*sorted(models_of(result.graph))],
                "execution_s": result.execution_s,
            },
        )
        made = Made(
            asset=asset,
            facts={"digest": asset.sha256, **facts},
            inspection=file.inspection,
            graph=result.graph,
            redraw=redraw,
            whole=whole,
            varies="seed" in graph.places,
            meant=meant_defects(params),
        )
        return await self.review.settle(
            attempt.task, attempt.context.attempt_id, made, attempt.tries, attempt.settings
        )

    def generator(self, params: PictureParams) -> Generator:
        generator = self.generators.get(params.generator)
        if generator is None or generator.version != params.generator_version:
            raise ConfigurationFailure(
                "generator_changed",
                wanted=f"{params.generator} {params.generator_version}",
                found=generator.version if generator else "-",
            )
        return generator

    async def shot(self, params: PictureParams) -> ShotPicture:
        return await shot_picture(params, self.blob)

    def provenance(
        self, params: PictureParams, generator: Generator, made: Mapping[str, object]
    ) -> dict[str, JsonValue]:
        return {
            "kind": self.kind,
            "generator": f"{generator.name} {generator.version}",
            "prompt": params.storyboard.description,
            "seed": params.seed,
            "made": {key: str(value) for key, value in made.items()},
        }


class KeyframeHandler(PictureHandler):
    kind = "keyframe"
    media_kind = "image"

    def params(self, task: TaskView) -> KeyframeParams:
        return KeyframeParams.model_validate(task.params)

    async def job(self, task: TaskView, facts: Facts, tries: Tries) -> GraphJob:
        params = self.params(task)
        return graph_of(params).job(redraw=partial(_redrawn, params.seed, tries))

    async def fetched(self, attempt: Attempt, result: GraphResult) -> TaskOutput:
        file = await self.measured(attempt, result)
        return await self.settled(attempt, result, file, facts={})

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = self.params(task)
        generator = self.generator(params)
        async with workspace() as folder:
            path = folder / "keyframe.png"
            made = await generator.keyframe(await self.shot(params), path)
            await label_result(path)
            asset = await self.results.store_asset(
                path,
                kind="image",
                media_type="image/png",
                name=params.storyboard.description[:60],
                width=params.width,
                height=params.height,
                provenance=self.provenance(params, generator, made),
            )
        output = TaskOutput(assets=(asset.id,), facts={"digest": asset.sha256})
        await self.keep(task, output, seed=params.seed)
        return output


class ClipHandler(PictureHandler):
    kind = "clip"
    media_kind = "video"

    def params(self, task: TaskView) -> ClipParams:
        return ClipParams.model_validate(task.params)

    async def job(self, task: TaskView, facts: Facts, tries: Tries) -> GraphJob:
        params = self.params(task)
        frames = needed_clip_frames(task.params, task.parents, facts)
        return graph_of(params).job(
            keyframe=await self._first_picture(task, facts),
            seconds=frames / params.fps / params.parts + (1 / params.fps if params.part > 1 else 0),
            redraw=partial(_redrawn, params.seed, tries),
        )

    async def _first_picture(self, task: TaskView, facts: Facts) -> str | None:
        """sha256 of the picture that the clip starts from: the keyframe, or where the part before
        it ended."""
        before = await self._part_before(task, facts)
        if before is None:
            keyframe = of_kind(task.parents, facts, "keyframe")[0].get("digest")
            return str(keyframe) if keyframe else None
        async with workspace() as folder:
            path = folder / "last.png"
            await last_frame(before, path)
            digest, _ = await self.results.blobs.put_file(path)
        return digest

    async def _part_before(self, task: TaskView, facts: Facts) -> Path | None:
        parts = of_kind(task.parents, facts, "clip")
        return await self.blob(parts[-1]["digest"]) if parts else None

    async def fetched(self, attempt: Attempt, result: GraphResult) -> TaskOutput:
        task, facts = attempt.task, attempt.facts
        params = self.params(task)
        file = await self.measured(attempt, result)
        before = await self._part_before(task, facts)
        if before is not None and can_be_used(file.inspection.defects, meant_defects(params)):
            joined = file.path.with_name("joined.mp4")
            await join_clips(before, file.path, joined)
            file = MadeFile(joined, await probe(joined), file.inspection)
        return await self.settled(
            attempt,
            result,
            file,
            facts={
                "frames": needed_clip_frames(task.params, task.parents, facts),
                "made_s": file.media.duration_s,
            },
            whole=params.part == params.parts,
        )

    async def keep(
        self, task: TaskView, output: TaskOutput, *, seed: int | None, graph: Json | None = None
    ) -> None:
        """Only the whole clip is a take; the parts before it are steps on the way."""
        params = self.params(task)
        if params.part == params.parts:
            await super().keep(task, output, seed=seed, graph=graph)

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = self.params(task)
        generator = self.generator(params)
        frames = needed_clip_frames(task.params, task.parents, facts)
        keyframe = await self.blob(of_kind(task.parents, facts, "keyframe")[0]["digest"])
        async with workspace() as folder:
            path = folder / "clip.mp4"
            made = await generator.clip(
                await self.shot(params),
                keyframe=keyframe,
                frames=frames,
                fps=params.fps,
                target=path,
            )
            await label_result(path)
            asset = await self.results.store_asset(
                path,
                kind="video",
                media_type="video/mp4",
                name=params.storyboard.description[:60],
                width=params.width,
                height=params.height,
                duration=frames / params.fps,
                provenance=self.provenance(params, generator, made),
            )
        output = TaskOutput(assets=(asset.id,), facts={"digest": asset.sha256, "frames": frames})
        await self.keep(task, output, seed=params.seed)
        return output


def graph_of(params: PictureParams) -> ShotGraph:
    """The graph of a picture that a server draws."""
    if params.graph is None:
        raise ValueError("the embedded generator draws this picture")
    return params.graph


def _redrawn(seed: int, tries: Tries, graph: ShotGraph) -> Json:
    return tries.redraw(seed, graph).graph(graph)
