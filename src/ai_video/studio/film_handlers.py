"""The work behind a film's five task kinds: voice, keyframe, clip, segment, composite."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import ClassVar, Literal, cast

from PIL import Image
from pydantic import JsonValue

from ai_video.assets import AigcLabel, MediaFacts, hash_file, label_file, probe
from ai_video.audio.wav import write_speech
from ai_video.composition.chaining import join_clips, last_frame
from ai_video.composition.fit import frames_needed, place_lines, trimmed
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.composition.subtitles import SpokenText, cues_for
from ai_video.domain.entities import Asset, Json, SubtitleStyle, TakeKind
from ai_video.domain.media_time import FrameRate
from ai_video.domain.ports import (
    Generator,
    ShotPicture,
    Speech,
    SpeechMark,
    SpeechRequest,
)
from ai_video.domain.task import TaskOutput
from ai_video.errors import ConfigurationFailure, InputRefused
from ai_video.orchestrator.handlers import InProcessHandler, TaskContext, TaskView
from ai_video.studio.film_fingerprints import (
    HANDLER_VERSIONS,
    Facts,
    expected_fingerprint,
    needed_clip_frames,
    of_kind,
    voice_lengths,
)
from ai_video.studio.film_params import (
    ClipParams,
    KeyframeParams,
    PictureParams,
    SegmentParams,
    VoiceParams,
)
from ai_video.studio.film_results import Results, Slot
from ai_video.studio.graph_jobs import GraphJobs, GraphResult
from ai_video.studio.graph_params import GraphJob, ShotGraph
from ai_video.studio.shot_pictures import shot_picture
from ai_video.studio.speech import SpeechProviders

PRODUCER = "ai-video"
MediaKind = Literal["image", "video"]
TAKE_KINDS: dict[str, TakeKind] = {"keyframe": "image", "clip": "video", "voice": "audio"}


class FilmHandler(InProcessHandler):
    """What the five kinds share: fingerprints, presence, and takes for satisfied tasks."""

    kind: ClassVar[str]

    def __init__(self, results: Results) -> None:
        self.results = results
        self.version = HANDLER_VERSIONS[self.kind]

    def fingerprint(self, task: TaskView, facts: Facts) -> str | None:
        return expected_fingerprint(self.kind, task.params, task.parents, facts)

    async def present(self, output: TaskOutput) -> bool:
        return await self.results.present(output)

    async def reuse(self, task: TaskView, output: TaskOutput) -> None:
        await self.keep(task, output, seed=None)

    async def keep(
        self, task: TaskView, output: TaskOutput, *, seed: int | None, graph: Json | None = None
    ) -> None:
        """Give the slot its take; segments and composites have none."""
        take_kind = TAKE_KINDS.get(self.kind)
        if take_kind is None:
            return
        slot = Slot(take_kind, task.storyboard_id, task.line_id)
        await self.results.keep_take(
            slot,
            output,
            fingerprint=task.fingerprint,
            seed=seed,
            task_id=task.id,
            graph=graph,
        )

    async def blob(self, digest: JsonValue) -> Path:
        return await self.results.blobs.local_path(str(digest))


@asynccontextmanager
async def workspace() -> AsyncGenerator[Path]:
    """A folder for one task's files, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ai-video-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


async def label_result(path: Path) -> None:
    """Put the AI-content label into a file; its id is the digest of the bytes before, so that the
    same content stays the same file."""
    digest, _ = await asyncio.to_thread(hash_file, path)
    await label_file(path, AigcLabel(content_producer=PRODUCER, produce_id=digest[:32]))


class VoiceHandler(FilmHandler):
    kind = "voice"

    def __init__(self, results: Results, speech: SpeechProviders) -> None:
        super().__init__(results)
        self.speech = speech

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = VoiceParams.model_validate(task.params)
        provider = self.speech.named(params.provider)
        if provider.version != params.provider_version:
            raise ConfigurationFailure(
                "voice_version_changed", wanted=params.provider_version, found=provider.version
            )
        speech = await provider.speak(
            SpeechRequest(
                text=params.line.text,
                voice=params.voice,
                lang=params.lang,
                speed=params.line.speed,
                style=params.line.delivery,
                pronunciation=tuple(sorted(params.line.pronunciation.items())),
                seed=params.seed,
            )
        )
        async with workspace() as folder:
            path = folder / "voice.wav"
            await write_speech(speech, path)
            await label_result(path)
            asset = await self.results.store_asset(
                path,
                kind="audio",
                media_type="audio/wav",
                name=params.line.text[:60],
                duration=speech.duration_s,
                provenance={
                    "kind": self.kind,
                    "provider": f"{provider.name} {provider.version}",
                    "voice": params.voice,
                    "prompt": params.line.text,
                    "seed": params.seed,
                },
            )
        output = TaskOutput(assets=(asset.id,), facts=_speech_facts(speech, params, asset.sha256))
        await self.keep(task, output, seed=params.seed)
        return output


def graph_of(params: PictureParams) -> ShotGraph:
    """The graph of a picture that a server draws."""
    if params.graph is None:
        raise ValueError("the embedded generator draws this picture")
    return params.graph


async def made_file(result: GraphResult, kind: MediaKind) -> tuple[Path, MediaFacts]:
    """The first file of a run that is a picture (or a clip) with something to see in it."""
    for file in result.files:
        try:
            media = await probe(file.path)
        except InputRefused:
            continue
        if media.kind == kind:
            if kind == "image" and await asyncio.to_thread(is_blank, file.path):
                raise ConfigurationFailure("picture_blank", server=result.server)
            return file.path, media
    raise ConfigurationFailure("graph_made_nothing", server=result.server, kind=kind)


def is_blank(path: Path) -> bool:
    """Is a picture of one colour, as models give where numbers overflow? Blocks."""
    with Image.open(path) as picture:
        spans = cast("tuple[tuple[int, int], ...]", picture.convert("RGB").getextrema())
        return all(low == high for low, high in spans)


def _speech_facts(speech: Speech, params: VoiceParams, digest: str) -> dict[str, JsonValue]:
    facts: dict[str, JsonValue] = {
        "digest": digest,
        "duration_s": round(speech.duration_s, 4),
        "timing": speech.marks_kind,
        "marks": [
            [mark.text, round(mark.start_s, 3), round(mark.end_s, 3)] for mark in speech.marks
        ],
    }
    if not speech.marks:
        facts["warnings"] = [
            {
                "code": "nothing_to_speak",
                "zh": f"“{params.line.text[:40]}”没有可以朗读的文字, 这一句是无声的。",
                "en": f"Nothing in “{params.line.text[:40]}” can be spoken; the line is silent.",
            }
        ]
    return facts


class PictureHandler(FilmHandler):
    """Keyframes and clips: drawn by a Generator here, or by a graph on a ComfyUI server."""

    def __init__(
        self, results: Results, generators: Mapping[str, Generator], graphs: GraphJobs
    ) -> None:
        super().__init__(results)
        self.generators = generators
        self.graphs = graphs

    def is_remote(self, params: Mapping[str, JsonValue]) -> bool:
        return params.get("graph") is not None

    async def start(self, task: TaskView, facts: Facts, context: TaskContext) -> None:
        if self.is_remote(task.params):
            await self.graphs.start(await self.job(task, facts), context)

    async def adopt(self, task: TaskView, context: TaskContext) -> bool:
        return self.is_remote(task.params) and await self.graphs.adopt(context)

    async def collect(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        if not self.is_remote(task.params):
            return await self.run(task, facts, context)
        async with workspace() as folder:
            job = partial(self.job, task, facts)
            result = await self.graphs.collect(job, context, folder)
            return await self.fetched(task, facts, result)

    async def cancel(self, task: TaskView, context: TaskContext) -> None:
        if self.is_remote(task.params):
            await self.graphs.cancel(context)

    async def job(self, task: TaskView, facts: Facts) -> GraphJob:
        """What is sent to the server."""
        raise NotImplementedError

    async def fetched(self, task: TaskView, facts: Facts, result: GraphResult) -> TaskOutput:
        """Keep what the server made."""
        raise NotImplementedError

    async def kept_file(
        self,
        task: TaskView,
        params: PictureParams,
        result: GraphResult,
        kind: MediaKind,
        *,
        before: Path | None = None,
    ) -> tuple[Asset, MediaFacts]:
        """The first picture or clip of a run, behind the part `before` it, labelled and stored.

        Raises:
            ConfigurationFailure: `graph_made_nothing`, `picture_blank`.
        """
        path, media = await made_file(result, kind)
        if before is not None:
            joined = path.with_name("joined.mp4")
            await join_clips(before, path, joined)
            path, media = joined, await probe(joined)
        await label_result(path)
        graph = params.graph
        asset = await self.results.store_asset(
            path,
            kind=kind,
            media_type=media.media_type,
            name=params.storyboard.description[:60],
            width=media.width,
            height=media.height,
            duration=media.duration_s if kind == "video" else None,
            provenance={
                "kind": self.kind,
                "generator": "comfyui",
                "server": result.server,
                "template": graph.template if graph else None,
                "template_digest": graph.template_digest if graph else None,
                "level": graph.level if graph else None,
                "prompt": params.storyboard.description,
                "seed": params.seed,
                "execution_s": result.execution_s,
            },
        )
        return asset, media

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

    async def job(self, task: TaskView, facts: Facts) -> GraphJob:
        return graph_of(KeyframeParams.model_validate(task.params)).job()

    async def fetched(self, task: TaskView, facts: Facts, result: GraphResult) -> TaskOutput:
        params = KeyframeParams.model_validate(task.params)
        asset, _ = await self.kept_file(task, params, result, "image")
        output = TaskOutput(assets=(asset.id,), facts={"digest": asset.sha256})
        await self.keep(task, output, seed=params.seed, graph=result.graph)
        return output

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = KeyframeParams.model_validate(task.params)
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

    async def job(self, task: TaskView, facts: Facts) -> GraphJob:
        params = ClipParams.model_validate(task.params)
        frames = needed_clip_frames(task.params, task.parents, facts)
        return graph_of(params).job(
            keyframe=await self._first_picture(task, facts),
            seconds=frames / params.fps / params.parts + (1 / params.fps if params.part > 1 else 0),
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

    async def fetched(self, task: TaskView, facts: Facts, result: GraphResult) -> TaskOutput:
        params = ClipParams.model_validate(task.params)
        frames = needed_clip_frames(task.params, task.parents, facts)
        before = await self._part_before(task, facts)
        asset, media = await self.kept_file(task, params, result, "video", before=before)
        output = TaskOutput(
            assets=(asset.id,),
            facts={"digest": asset.sha256, "frames": frames, "made_s": media.duration_s},
        )
        await self.keep(task, output, seed=params.seed, graph=result.graph)
        return output

    async def keep(
        self, task: TaskView, output: TaskOutput, *, seed: int | None, graph: Json | None = None
    ) -> None:
        """Only the whole clip is a take; the parts before it are steps on the way."""
        params = ClipParams.model_validate(task.params)
        if params.part == params.parts:
            await super().keep(task, output, seed=seed, graph=graph)

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = ClipParams.model_validate(task.params)
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


class SegmentHandler(FilmHandler):
    kind = "segment"

    async def run(self, task: TaskView, facts: Facts, context: TaskContext) -> TaskOutput:
        params = SegmentParams.model_validate(task.params)
        rate = FrameRate(params.fps)
        lengths = voice_lengths(task.parents, facts)
        fit = frames_needed(params.duration_frames, lengths, rate=rate)
        spans, _ = place_lines(lengths)
        start, end = trimmed(
            fit.frames,
            rate.frames_covering(spans[-1][1]) if spans else 0,
            start=params.trim_start,
            end=params.trim_end,
        )
        frames = fit.frames - start - end
        clip = await self.blob(of_kind(task.parents, facts, "clip")[0]["digest"])
        style = params.settings.subtitle_style
        spoken = [
            SpokenText(
                text=line.text,
                translation=line.translation,
                start_s=start,
                end_s=end,
                marks=marks_of(voice),
            )
            for line, (start, end), voice in zip(
                params.line, spans, of_kind(task.parents, facts, "voice"), strict=True
            )
        ]
        async with workspace() as folder:
            path = folder / "segment.mp4"
            job = SegmentJob(
                clip=clip,
                frames=frames,
                trim_start=start,
                trim_end=end,
                width=params.width,
                height=params.height,
                fps=params.fps,
                cues=tuple(cues_for(spoken, style=style, width=params.width, height=params.height))
                if style
                else (),
                style=style or SubtitleStyle(),
                label=visible_mark(params),
                transition_in=params.transition_in,
                transition_out=params.transition_out,
            )
            await encode_segment(job, path)
            asset = await self.results.store_asset(
                path,
                kind="video",
                media_type="video/mp4",
                name="segment",
                width=params.width,
                height=params.height,
                duration=rate.seconds(frames),
                provenance={"kind": self.kind},
            )
        lines: list[JsonValue] = [
            {"start_s": round(first, 4), "end_s": round(last, 4)} for first, last in spans
        ]
        return TaskOutput(
            assets=(asset.id,),
            facts={
                "digest": asset.sha256,
                "frames": frames,
                "source_frames": fit.frames,
                "source_start": start,
                "lines": lines,
                "fit": fit.kind,
            },
        )


def visible_mark(params: SegmentParams) -> str | None:
    """What stands in the picture's corner: the AI-content mark, and which shot of an animatic it is.

    The font's middle dot is as wide as a character, so no spaces stand around it.
    """
    label = (params.shot_label or "").replace(" · ", "·")
    return " ".join(words for words in (params.settings.label, label) if words) or None


def marks_of(voice: Mapping[str, JsonValue]) -> tuple[SpeechMark, ...]:
    """When each piece of a line is heard, from the start of its voice."""
    rows = cast("list[tuple[str, float, float]]", voice.get("marks", []))
    return tuple(SpeechMark(text, start, end) for text, start, end in rows)
