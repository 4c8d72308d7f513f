"""Shots read by a language model: batched, checked, asked again where needed, by rules where not.

Bounded: a batch is asked at most `ROUNDS` times, and after a failure that every batch would meet
(no key, no answer, a cap) nothing more is asked. What a model chose is remembered for each shot, so
an edit of one shot asks about that shot alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from pydantic import JsonValue, ValidationError

from ai_video.domain.entities import Json
from ai_video.domain.language_models import Reply, StructuredLLM, Usage
from ai_video.errors import AiVideoError
from ai_video.translator.model_checks import problems_of, settled
from ai_video.translator.model_prompt import (
    PROMPT_VERSION,
    Batch,
    batch_of,
    question,
    system_text,
)
from ai_video.translator.model_reading import reading_of
from ai_video.translator.model_schema import ChoicesForm, ModelChoice
from ai_video.translator.model_shots import ModelShot, shot_digest
from ai_video.translator.notices import Notice, notice
from ai_video.translator.shot import ShotReading

BATCH: Final = 8
"""Shots in one question."""
ROUNDS: Final = 3
"""Questions for one batch: the first, and two about what could not be used."""
RULES: Final = "rules"
_LONGEST_BATCH: Final = 16_000  # characters of descriptions
_AT_ONCE: Final = 2
_FOR_ALL: Final = frozenset(
    [
        "llm_unauthorized", "llm_rate_limited", "llm_unreachable", "llm_timeout", "llm_over_budget",
        "cost_cap_project", "cost_cap_day", "not_available",
    ]
)  # fmt: skip
"""Failures that the next batch would meet as well."""


class ChoiceMemory(Protocol):
    """Where choices are kept, by the digest of what they answer."""

    async def recall(self, digests: Sequence[str]) -> Mapping[str, Json]: ...

    async def keep(self, choices: Mapping[str, Json], *, provider: str, model: str) -> None: ...


class Forgetful:
    """Remembers nothing."""

    async def recall(self, digests: Sequence[str]) -> Mapping[str, Json]:
        return {}

    async def keep(self, choices: Mapping[str, Json], *, provider: str, model: str) -> None:
        return None


@dataclass(frozen=True, slots=True)
class ShotRead:
    """A shot and who read it.

    Attributes:
        translated_by: the model's provider, or `rules`.
        choice: what the model chose; None where rules read it.
        failure: why rules read it; it stands among the reading's warnings too.
        remembered: it was chosen before; nothing was asked now.
    """

    reading: ShotReading
    translated_by: str
    choice: ModelChoice | None = None
    failure: Notice | None = None
    remembered: bool = False


@dataclass(slots=True)
class ModelTranslator:
    """Reads shots with one model.

    Attributes:
        timeout_s: for one question.
        usage: what it took so far, failures included.
    """

    llm: StructuredLLM
    memory: ChoiceMemory = field(default_factory=Forgetful)
    timeout_s: float = 180.0
    usage: Usage = field(default_factory=Usage)
    _stopped: AiVideoError | None = None

    async def read(self, shots: Sequence[ModelShot]) -> list[ShotRead]:
        """One reading for each shot, in their order; never fails for the model's sake."""
        digests = [self._digest(shot) for shot in shots]
        known = await self.memory.recall(list(dict.fromkeys(digests)))
        read: dict[int, ShotRead] = {}
        asked: dict[str, int] = {}
        for at, shot in enumerate(shots):
            choice = _remembered(known.get(digests[at]), shot)
            if choice is None:
                asked.setdefault(digests[at], at)
            else:
                read[at] = self._read(shot, choice, remembered=True)
        room = asyncio.Semaphore(_AT_ONCE)

        async def work(batch: Sequence[int]) -> None:
            async with room:
                found = await self._batch([shots[at] for at in batch])
            read.update(zip(batch, found, strict=True))
            kept = {
                digests[at]: each.choice.model_dump(mode="json")
                for at, each in zip(batch, found, strict=True)
                if each.choice is not None
            }
            if kept:
                await self.memory.keep(kept, provider=self.llm.name, model=self.llm.model)

        async with asyncio.TaskGroup() as group:
            for batch in _batches(shots, list(asked.values())):
                group.create_task(work(batch))
        for at, shot in enumerate(shots):
            if at not in read:  # it says the same as another one
                read[at] = self._like(shot, read[asked[digests[at]]])
        return [read[at] for at in range(len(shots))]

    def _read(self, shot: ModelShot, choice: ModelChoice, *, remembered: bool = False) -> ShotRead:
        return ShotRead(reading_of(choice, shot), self.llm.name, choice, remembered=remembered)

    def _like(self, shot: ModelShot, other: ShotRead) -> ShotRead:
        """A shot that a model is told the same of, read as that one."""
        if other.choice is not None:
            return self._read(shot, other.choice, remembered=True)
        told = [other.failure] if other.failure is not None else []
        reading = replace(shot.by_rules, warnings=(*shot.by_rules.warnings, *told))
        return replace(other, reading=reading)

    def _digest(self, shot: ModelShot) -> str:
        asked_with = [PROMPT_VERSION, self.llm.name, self.llm.model, system_text(shot.templates)]
        return shot_digest(shot, asked_with)

    async def _batch(self, shots: Sequence[ModelShot]) -> list[ShotRead]:
        batch = batch_of(shots)
        usable: dict[str, ModelChoice] = {}
        problems: dict[str, list[str]] = {}
        for _ in range(ROUNDS):
            asked = [name for name in batch.shots if name not in usable]
            if not asked:
                break
            if self._stopped is not None:
                return self._told(batch, usable, problems, self._stopped)
            try:
                reply = await self.llm.generate(
                    question(batch, asked, problems, timeout_s=self.timeout_s)
                )
            except AiVideoError as failure:
                self._spent(getattr(failure, "usage", None))
                if failure.code in _FOR_ALL:
                    self._stopped = failure
                if failure.code == "llm_invalid_answer":
                    problems = {name: [failure.message("en")] for name in asked}
                    continue
                return self._told(batch, usable, problems, failure)
            self._spent(reply.usage)
            found, problems = _sorted_out(reply, batch, asked)
            usable |= found
        return self._told(batch, usable, problems)

    def _spent(self, usage: Usage | None) -> None:
        if usage is not None:
            self.usage += usage

    def _told(
        self,
        batch: Batch,
        usable: Mapping[str, ModelChoice],
        problems: Mapping[str, Sequence[str]],
        failure: AiVideoError | None = None,
    ) -> list[ShotRead]:
        """What the model read, and the rest as the rules read it, with the reason."""
        read: list[ShotRead] = []
        for name, shot in batch.shots.items():
            choice = usable.get(name)
            if choice is not None:
                read.append(self._read(shot, choice))
                continue
            why = self._why(shot, problems.get(name, ()), failure)
            reading = replace(shot.by_rules, warnings=(*shot.by_rules.warnings, why))
            read.append(ShotRead(reading, RULES, failure=why))
        return read

    def _why(
        self, shot: ModelShot, problems: Sequence[str], failure: AiVideoError | None
    ) -> Notice:
        """Why the rules read a shot."""
        provider = self.llm.name
        if failure is not None:
            reason = failure.message(shot.by_rules.language).rstrip(" .。")
            return notice("model_failed", provider=provider, reason=reason)
        wrong = "; ".join(problems)[:300]
        return notice("model_answer_unusable", provider=provider, rounds=ROUNDS, problem=wrong)


def kept_choice(document: Json | None) -> ModelChoice | None:
    """A choice as it was kept; None where there is none, or it is of another version's form."""
    try:
        return None if document is None else ModelChoice.model_validate(document)
    except ValidationError:
        return None


def _remembered(document: Json | None, shot: ModelShot) -> ModelChoice | None:
    """A choice that was made before, where it can still be used."""
    choice = kept_choice(document)
    return None if choice is None or problems_of(choice, shot) else choice


def _batches(shots: Sequence[ModelShot], asked: Sequence[int]) -> Iterator[list[int]]:
    """Shots that one question can be about, in their order: of one place, with one catalogue."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for at in asked:
        groups.setdefault(_group(shots[at]), []).append(at)
    for group in groups.values():
        batch: list[int] = []
        length = 0
        meant: dict[tuple[str, str], object] = {}
        for at in group:
            assets = _assets(shots[at])
            differs = any(meant.get(key, each) != each for key, each in assets.items())
            size = len(shots[at].text) + len(shots[at].notes)
            if batch and (differs or len(batch) == BATCH or length + size > _LONGEST_BATCH):
                yield batch
                batch, length, meant = [], 0, {}
            batch.append(at)
            length += size
            meant.update(assets)
        yield batch


def _group(shot: ModelShot) -> tuple[object, ...]:
    scene = shot.by_rules.scene
    place = scene.id if scene is not None else shot.request.storyboard.scene_id
    return place, tuple(template.digest for template in shot.templates), shot.language


def _assets(shot: ModelShot) -> Mapping[tuple[str, str], object]:
    """Whom and what the ids of a shot mean."""
    return {
        **{("character", id): shot.request.character(id) for id in shot.known},
        **{("scene", id): shot.request.scene(id) for id in shot.scenes},
    }


def _sorted_out(
    reply: Reply[ChoicesForm], batch: Batch, asked: Sequence[str]
) -> tuple[dict[str, ModelChoice], dict[str, list[str]]]:
    """(choices that can be used, what is wrong with the others), by shot."""
    given: dict[str, list[Json]] = {name: [] for name in asked}
    for each in reply.data.choices:
        document: dict[str, JsonValue] = each.model_dump(mode="json")
        given.get(str(document.pop("shot_id")), []).append(document)
    usable: dict[str, ModelChoice] = {}
    problems: dict[str, list[str]] = {}
    for name, documents in given.items():
        if len(documents) != 1:
            many = "it was answered more than once" if documents else "it was not answered"
            problems[name] = [f"{many}; answer it once"]
            continue
        shot = batch.shots[name]
        choice = settled(
            ModelChoice.model_validate(documents[0]), shot, batch.characters, batch.scenes
        )
        wrong = problems_of(choice, shot)
        if wrong:
            problems[name] = wrong
        else:
            usable[name] = choice
    return usable, problems
