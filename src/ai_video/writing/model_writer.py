"""The storyboard writer that works with a language model: it decides what is seen, never what is said.

Two passes: who and where the text is about (`model_bible`), then the shots chunk by chunk. Spoken
words, cards, figures and sources come from the text by code. Where a model gives no usable answer,
the rules plan that chunk, and the plan says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from pydantic import JsonValue, ValidationError

from ai_video.domain.entities import Json
from ai_video.domain.language_models import ModelRequest, StructuredLLM
from ai_video.writing.beats import Beat, Beats, Story
from ai_video.writing.model_answers import (
    ChunkAnswer,
    ContentAnswer,
    PlacedShotAnswer,
    chunk_schema,
)
from ai_video.writing.model_bible import Bible, forms_of, sections_of
from ai_video.writing.model_calls import Calls, NoAnswer, data_part
from ai_video.writing.model_checks import problems_of
from ai_video.writing.model_items import Chunk, chunks_of, item_document, names_in
from ai_video.writing.model_prompts import CONTENT, LANGUAGES, STORYBOARDS
from ai_video.writing.model_shots import filmed, renumbered
from ai_video.writing.people import CAST_LIMIT
from ai_video.writing.plan import Cast, Degradation, EpisodePlan, SceneDraft, WriterOptions
from ai_video.writing.rule_writer import beats_of_episode, paced, plan_of_beats
from ai_video.writing.script import SceneHeading, ScriptContent

REPAIRS: Final = 2
TIMEOUT_S: Final = 240.0


@dataclass(frozen=True, slots=True)
class ProposedShot:
    """A shot as soon as a model has said it; it counts only when its chunk is whole and right.

    `chunk` of `chunks` and `number` in it count from 1.
    """

    chunk: int
    chunks: int
    number: int
    picture: str


OnShot = Callable[[ProposedShot], None]


class ModelWriter:
    """Plans shots with a model behind `StoryboardWriter`.

    Args:
        llm: who answers.
        anew: the same one without memory, asked where nothing that is remembered can be used.
        on_shot: told of every shot as it comes.
        timeout_s: for one call.
    """

    def __init__(
        self,
        llm: StructuredLLM,
        *,
        anew: StructuredLLM | None = None,
        on_shot: OnShot | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self.llm = llm
        self.anew = anew
        self.on_shot = on_shot
        self.timeout_s = timeout_s

    @property
    def name(self) -> str:
        return self.llm.name

    async def storyboards(
        self, script: ScriptContent, *, known: Cast, options: WriterOptions
    ) -> EpisodePlan:
        """The plan; requests are the same for the same text, so that answers can be remembered.

        Raises:
            InputRefused: `nothing_to_film`.
            ModelFailed: the first call found the key refused or nobody there.
        """
        calls = Calls(self.llm, self.anew)
        bible = await self._bible(calls, script, known)
        story, timed = await asyncio.to_thread(
            beats_of_episode, script, known=bible.cast, options=options
        )
        work = _Work(calls, story, bible, timed.made.beats, self.on_shot, self.timeout_s)
        beats = await work.beats()
        made = Beats(
            beats,
            _scenes(timed.made.scenes, beats, bible),
            (*timed.made.degraded, *calls.degraded),
        )
        again = paced(made, story, options.length_s, moved=timed.moved)
        plan = await asyncio.to_thread(plan_of_beats, story, again, options)
        return _with_style(replace(plan, by=self.name if work.planned else "rules"), bible)

    async def _bible(self, calls: Calls, script: ScriptContent, known: Cast) -> Bible:
        """Read section by section; what is asked of a section depends on its own text alone."""
        bible = Bible(known)
        story, timed = await asyncio.to_thread(
            beats_of_episode, script, known=Cast(), options=WriterOptions()
        )
        for section in sections_of(chunks_of(timed.made.beats, forms_of(story.people))):
            text = section.source
            document: Json = {"language": _language(script), "mode": script.mode, "text": text}
            request = ModelRequest(
                "content", CONTENT, (data_part(document),), ContentAnswer, timeout_s=self.timeout_s
            )
            try:
                answer = await calls.ask(request)
            except NoAnswer as failure:
                calls.fell("bible_by_rules", failure, section.paragraphs)
            else:
                calls.succeeded()
                bible.take(answer, text)
        return bible


@dataclass(slots=True)
class _Work:
    """The visual pass of one episode."""

    calls: Calls
    story: Story
    bible: Bible
    rule_beats: list[Beat]
    on_shot: OnShot | None
    timeout_s: float
    planned: bool = False
    """A model planned at least one chunk."""

    async def beats(self) -> list[Beat]:
        """The beats of all chunks in order."""
        forms = forms_of(self.story.people[:CAST_LIMIT])
        chunks = chunks_of(self.rule_beats, forms)
        placed = any(isinstance(item, SceneHeading) for item in self.story.script.elements)
        present: dict[int, list[str]] = {}
        beats: list[Beat] = []
        for at, chunk in enumerate(chunks):
            setting = chunk.beats[0].setting
            here = present.get(setting.number, []) if chunk.continues else []
            scenes = [] if placed else self.bible.scenes_in(chunk)
            asked = _AskedChunk(
                chunk, _language(self.story.script), self.story.script.mode,
                names_in(chunk, forms, here), scenes, forms, placed=placed,
            )  # fmt: skip
            watch = _Watch(self.on_shot, at + 1, len(chunks))
            beats += await self._chunk(asked, watch) or chunk.beats
            for beat in chunk.beats:
                there = present.setdefault(beat.setting.number, [])
                there += [name for name in beat.names if name not in there]
        return beats if placed else renumbered(beats)

    async def _chunk(self, asked: _AskedChunk, watch: _Watch) -> list[Beat]:
        """The beats of one chunk; none where the rules plan it."""
        sent = self.calls.sent
        try:
            answer, problems = await self._answer(asked, watch)
            if answer is None and self.calls.may_ask_anew(sent):
                answer, problems = await self._answer(asked, watch, anew=True)
            if answer is None:
                raise self.calls.failed("storyboards_unusable", {"problem": problems[0]})
        except NoAnswer as failure:
            self.calls.fell("planned_by_rules", failure, asked.chunk.paragraphs)
            return []
        watch.end(answer)
        return self._filmed(answer, asked.chunk.pieces)

    async def _answer(
        self, asked: _AskedChunk, watch: _Watch, *, anew: bool = False
    ) -> tuple[ChunkAnswer | None, list[str]]:
        """An answer that can be filmed, after at most two repairs; else what is wrong with the last."""
        document: Json = asked.document()
        problems: list[str] = []
        for _ in range(1 + REPAIRS):
            request = ModelRequest(
                "storyboards", STORYBOARDS, (data_part(document),), asked.schema(),
                effort="medium", timeout_s=self.timeout_s,
            )  # fmt: skip
            answer = await self.calls.ask(request, on_partial=watch.look, anew=anew)
            problems = problems_of(answer, asked.chunk.pieces, self.story.lang)
            if not problems:
                return answer, []
            wrong = cast("JsonValue", answer.model_dump(mode="json"))
            document = {**asked.document(), "answer": wrong, "problems": [*problems]}
        return None, problems

    def _filmed(self, answer: ChunkAnswer, pieces: Sequence[Beat]) -> list[Beat]:
        self.calls.succeeded()
        self.planned = True
        done = filmed(answer, pieces, self.bible.scenes)
        if done.skipped:
            fields = {"paragraphs": ", ".join(str(number) for number in done.skipped)}
            self.calls.degraded.append(Degradation("paragraphs_not_shown", fields))
        return done.beats


@dataclass(frozen=True, slots=True)
class _AskedChunk:
    """What is asked of one chunk: depends on its text, and on the names that stand in it."""

    chunk: Chunk
    language: str
    mode: str
    names: list[str]
    scenes: list[str]
    forms: Mapping[str, str]
    placed: bool

    def schema(self) -> type[ChunkAnswer]:
        count = len(self.chunk.pieces)
        return chunk_schema(count, self.names, self.scenes, placed=self.placed)

    def document(self) -> Json:
        text = self.chunk.text
        people: list[JsonValue] = [
            {"name": name, "also": [form for form, owner in self.forms.items()
                                    if owner == name and form != name and form in text]}
            for name in self.names
        ]  # fmt: skip
        first = self.chunk.beats[0].setting
        lang = "en" if self.language == LANGUAGES["en"] else "zh"
        document: dict[str, JsonValue] = {
            "language": self.language,
            "mode": self.mode,
            "people": people,
            "items": [
                item_document(number, piece, lang)
                for number, piece in enumerate(self.chunk.pieces, start=1)
            ],
        }
        if not self.placed:
            document["scenes"] = list(self.scenes)
        if self.chunk.continues:
            document["continues"] = {"place": first.name or "", "time": first.time}
        return document


@dataclass(slots=True)
class _Watch:
    """Tells of a shot when the next one has begun, for until then it may still grow."""

    tell: OnShot | None
    chunk: int
    chunks: int
    told: int = 0

    def look(self, partial: JsonValue) -> None:
        shots = partial.get("shots") if isinstance(partial, dict) else None
        if not isinstance(shots, list) or len(shots) - 1 <= self.told:
            return
        for shot in shots[self.told : -1]:
            try:
                self._tell(PlacedShotAnswer.model_validate(shot).picture)
            except ValidationError:
                return

    def end(self, answer: ChunkAnswer) -> None:
        """Tell of what was not told yet."""
        for shot in answer.shots[self.told :]:
            self._tell(shot.picture)

    def _tell(self, picture: str) -> None:
        self.told += 1
        if self.tell is not None:
            self.tell(ProposedShot(self.chunk, self.chunks, self.told, picture))


def _language(script: ScriptContent) -> str:
    return LANGUAGES["zh-Hant" if script.traditional else script.lang]


def _scenes(
    found: Sequence[SceneDraft], beats: Sequence[Beat], bible: Bible
) -> tuple[SceneDraft, ...]:
    """The scenes of the rules, and those that a model placed shots in."""
    scenes = {scene.name: scene for scene in found}
    for beat in beats:
        name = beat.setting.name
        if name is not None and name not in scenes and name in bible.scenes:
            scenes[name] = bible.scenes[name]
    return tuple(scenes.values())


def _with_style(plan: EpisodePlan, bible: Bible) -> EpisodePlan:
    """The look that the text asks for as a whole, on shots that it says nothing else of."""
    if not bible.style:
        return plan
    shots = tuple(
        shot
        if shot.slots.style
        else replace(shot, slots=shot.slots.model_copy(update={"style": bible.style}))
        for shot in plan.shots
    )
    return replace(plan, shots=shots)
