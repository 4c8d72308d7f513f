"""The work behind a film's voices and segments, and what all five task kinds share."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import ClassVar, Literal, cast

from pydantic import JsonValue

from ai_video.assets import AigcLabel, hash_file, label_file
from ai_video.audio.wav import write_speech
from ai_video.composition.fit import frames_needed, place_lines, trimmed
from ai_video.composition.segment import SegmentJob, encode_segment
from ai_video.composition.subtitles import SpokenText, cues_for
from ai_video.domain.entities import Json, SubtitleStyle, TakeKind
from ai_video.domain.media_time import FrameRate
from ai_video.domain.ports import (
    Speech,
    SpeechMark,
    SpeechRequest,
)
from ai_video.domain.task import TaskOutput
from ai_video.errors import ConfigurationFailure
from ai_video.orchestrator.handlers import InProcessHandler, TaskContext, TaskView
from ai_video.studio.production.film_fingerprints import (
    HANDLER_VERSIONS,
    Facts,
    expected_fingerprint,
    of_kind,
    voice_lengths,
)
from ai_video.studio.production.film_params import (
    SegmentParams,
    VoiceParams,
)
from ai_video.studio.production.film_results import Results, Slot, is_candidate
from ai_video.studio.production.speech import SpeechProviders

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
            more={"purpose": "candidate" if is_candidate(task.key) else "film"},
            select=not is_candidate(task.key),
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
