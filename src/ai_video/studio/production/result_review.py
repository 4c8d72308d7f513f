"""What becomes of a picture or clip that a server made: used, drawn again, or the best of several.

The decision is made in code from what was measured; a judge, where one is asked, is heard after the
technical checks and within the same cap. Every result is kept as a take that says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args
from uuid import UUID

from pydantic import JsonValue

from ai_video.composition.defects import (
    STRUCTURAL,
    UNREADABLE,
    DefectName,
    Inspection,
)
from ai_video.domain.entities import Asset, Json, ProjectSettings, Take, TakeKind
from ai_video.domain.task import TaskOutput
from ai_video.errors import ConfigurationFailure, TaskFailed
from ai_video.orchestrator.handlers import ResultDiscarded, TaskView
from ai_video.studio.production.film_results import Results, Slot, is_candidate
from ai_video.studio.production.meant_dark import can_be_used
from ai_video.studio.production.redrawing import Redraw, Rung
from ai_video.studio.production.result_words import (
    Shortfall,
    defect_warning,
    memory_warnings,
    said_defects,
    template_warning,
    unjudged_warning,
)
from ai_video.studio.production.tries import GIVE_UP, Tries

TECHNICAL: Final = frozenset(get_args(DefectName))


@dataclass(frozen=True, slots=True)
class Made:
    """One result of a server, stored and measured.

    `facts`: the task's, were it used. `whole`: it is a take, not a step on the way to one. `varies`:
    another seed gives another result. `meant`: what looks like a fault and was asked for.
    """

    asset: Asset
    facts: dict[str, JsonValue]
    inspection: Inspection
    graph: Json
    redraw: Redraw
    whole: bool = True
    varies: bool = True
    meant: frozenset[DefectName] = frozenset()

    @property
    def usable(self) -> bool:
        return can_be_used(self.inspection.defects, self.meant)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge said of a usable result.

    `retry`: what it asks for; `changes`: numbers by role for `adjust`; `template` for
    `other_template`. `rating` 0-1 tells results apart; `scores` go onto the take.
    """

    retry: Literal["accept", "reseed", "adjust", "other_template"]
    rating: float
    defects: tuple[str, ...]
    scores: Json
    reason: str
    by: str
    changes: Json
    template: str | None = None


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A judge was asked and could not judge; `code` says why."""

    code: str


class Judge(Protocol):
    """Looks at one result after the technical checks."""

    async def __call__(
        self, task: TaskView, made: Made, settings: ProjectSettings
    ) -> Judgement | Unjudged: ...


@dataclass(frozen=True, slots=True)
class Review:
    """The checks of one task's results and what follows from them."""

    results: Results
    judge: Judge | None = None

    async def settle(
        self,
        task: TaskView,
        attempt_id: UUID,
        made: Made,
        tries: Tries,
        settings: ProjectSettings,
    ) -> TaskOutput:
        """The task's output, from this result or a better one of its earlier tries.

        Raises:
            ResultDiscarded: it is drawn again. ConfigurationFailure `results_unusable`.
        """
        heard = await self._heard(task, made, settings)
        said = heard if isinstance(heard, Judgement) else None
        row = _Row(task, attempt_id, made, said, heard if isinstance(heard, Unjudged) else None)
        wish = _wish(made, said)
        if wish in ("accept", "other_template"):
            # No other graph is made here: the advice is told, and a person may follow it.
            return await self._use(row, tries, _action(wish, tries.number, made, said))
        if self._may_again(made, tries, settings):
            await self._discard(row, _action(wish, tries.number, made, said))
            raise ResultDiscarded(", ".join(row.defects) or wish)
        return await self._best(row, tries)

    def decided(self, tries: Tries) -> TaskOutput | None:
        """What an earlier process decided of this very attempt's result; None: it had none.

        Raises:
            ResultDiscarded: that it is drawn again.
        """
        own = tries.own
        if own is None or not tries.is_decided:
            return None
        if own.verdict == "discarded":
            raise ResultDiscarded(", ".join(own.defects) or str(own.decision.get("action")))
        return TaskOutput(assets=(own.asset_id,), facts=dict(own.facts))

    def unreadable(self, tries: Tries, settings: ProjectSettings) -> TaskFailed:
        """The failure after a file that nobody can read: it cannot even be a take."""
        if tries.number < settings.most_reseeds:
            return ResultDiscarded(", ".join(UNREADABLE.defects))
        return _unusable(tries, UNREADABLE.defects)

    async def _heard(
        self, task: TaskView, made: Made, settings: ProjectSettings
    ) -> Judgement | Unjudged | None:
        """What the judge says of a result that passed the checks, where one is asked."""
        if self.judge is None or settings.judge == "off" or made.inspection.defects:
            return None
        return await self.judge(task, made, settings)

    def _may_again(self, made: Made, tries: Tries, settings: ProjectSettings) -> bool:
        """Within the cap, and not where only the seed would change and the graph is at fault."""
        if tries.number >= settings.most_reseeds or not made.varies:
            return False
        mine = set(made.inspection.defects)
        before = set(tries.discarded[-1].defects) if tries.discarded else set[str]()
        return not (mine and mine <= STRUCTURAL and mine <= before)

    async def _use(self, row: _Row, tries: Tries, decision: Json) -> TaskOutput:
        warnings = [*memory_warnings(row.made.redraw.rungs)]
        if row.said is not None and row.said.retry == "other_template":
            warnings.append(template_warning(row.said.template or "", row.said.reason))
        elif row.made.inspection.defects or (row.said and row.said.retry != "accept"):
            warnings.append(defect_warning(row.defects, tries.number + 1))
        verdict = "degraded" if warnings else "accepted"
        if row.unjudged is not None:
            warnings.append(unjudged_warning(row.unjudged.code))
        output = _output(row.made.asset.id, row.made.facts, warnings)
        await self._keep(row, output, verdict=verdict, decision=decision)
        return output

    async def _discard(self, row: _Row, decision: Json) -> None:
        output = _output(row.made.asset.id, row.made.facts, [])
        await self._keep(row, output, verdict="discarded", decision=decision)

    async def _best(self, row: _Row, tries: Tries) -> TaskOutput:
        """The best of all tries, this one among them; it is told that it falls short."""
        meant = row.made.meant
        usable = [take for take in tries.discarded if can_be_used(take.defects, meant)]
        best = min(usable, key=_rank_of, default=None)
        if row.made.usable and (best is None or _rank_of_row(row) < _rank_of(best)):
            decision = _action("keep_best", tries.number, row.made, row.said)
            return await self._use(row, tries, decision)
        await self._discard(row, _action(GIVE_UP, tries.number, row.made, row.said))
        if best is None:
            raise _unusable(tries, row.defects)
        warnings = [
            *memory_warnings(_rungs_of(best)),
            defect_warning(best.defects, tries.number + 1),
        ]
        output = _output(best.asset_id, best.facts, warnings)
        if not row.made.whole:
            return output
        await self.results.promote(
            row.slot,
            best.id,
            output,
            fingerprint=row.task.fingerprint,
            decision={**best.decision, "action": "keep_best"},
            select=_selects(row.task),
        )
        return output

    async def _keep(self, row: _Row, output: TaskOutput, *, verdict: str, decision: Json) -> None:
        scores: Json = {"checks": {**row.made.inspection.scores}}
        if row.said is not None:
            scores["judge"] = row.said.scores
        discarded = verdict == "discarded"
        if not (row.made.whole or discarded):
            return
        await self.results.keep_take(
            row.slot,
            output,
            fingerprint=None if discarded else row.task.fingerprint,
            seed=row.made.redraw.seed,
            task_id=row.task.id,
            graph=row.made.graph,
            more={
                "attempt_id": row.attempt_id,
                "part": row.task.part if discarded else None,
                "scores": scores,
                "defects": row.defects,
                "verdict": verdict,
                "decision": decision,
                "purpose": "film" if _selects(row.task) else "candidate",
            },
            select=_selects(row.task),
        )


@dataclass(frozen=True, slots=True)
class _Row:
    task: TaskView
    attempt_id: UUID
    made: Made
    said: Judgement | None
    unjudged: Unjudged | None = None

    @property
    def slot(self) -> Slot:
        kind: TakeKind = "image" if self.made.asset.kind == "image" else "video"
        return Slot(kind, self.task.storyboard_id, self.task.line_id)

    @property
    def defects(self) -> tuple[str, ...]:
        return (*self.made.inspection.defects, *(self.said.defects if self.said else ()))


def _unusable(tries: Tries, defects: Sequence[str]) -> ConfigurationFailure:
    return ConfigurationFailure(
        "results_unusable", tries=tries.number + 1, defects=", ".join(defects)
    )


def _selects(task: TaskView) -> bool:
    return not is_candidate(task.key)


def _wish(made: Made, said: Judgement | None) -> str:
    if made.inspection.defects:
        return "reseed"
    return said.retry if said is not None else "accept"


Rank = tuple[int, int, float]
"""Less is better: technical defects, what a judge noticed, then his rating or the smoothness."""


def _rank(defects: Sequence[str], rating: float) -> Rank:
    technical = sum(name in TECHNICAL for name in defects)
    return technical, len(defects) - technical, -rating


def _rank_of_row(row: _Row) -> Rank:
    smoothness = row.made.inspection.scores.get("smoothness", 0.0)
    return _rank(row.defects, row.said.rating if row.said else smoothness)


def _rank_of(take: Take) -> Rank:
    rating = take.decision.get("rating")
    if not isinstance(rating, int | float):
        checks = take.scores.get("checks")
        rating = checks.get("smoothness") if isinstance(checks, dict) else None
    return _rank(take.defects, float(rating) if isinstance(rating, int | float) else 0.0)


def _action(action: str, number: int, made: Made, said: Judgement | None) -> Json:
    """The decision as it stands on the take."""
    zh, en = _reason(made, said)
    told: Json = {
        "action": action,
        "by": "checks" if said is None or made.inspection.defects else said.by,
        "try": number + 1,
        "reason": {"zh": zh, "en": en},
    }
    if said is not None:
        told |= {"rating": said.rating, "changes": said.changes, "template": said.template}
    if made.redraw.rungs:
        told["less_memory"] = [*made.redraw.rungs]
    return told


def _reason(made: Made, said: Judgement | None) -> tuple[str, str]:
    if made.inspection.defects:
        return said_defects(made.inspection.defects)
    return (said.reason, said.reason) if said else ("没有发现问题", "nothing is wrong with it")


def _rungs_of(take: Take) -> tuple[Rung, ...]:
    told = take.decision.get("less_memory")
    names: tuple[Rung, ...] = ("batch", "tiled", "smaller", "smallest")
    return tuple(name for name in names if isinstance(told, list) and name in told)


def _output(
    asset_id: UUID, facts: dict[str, JsonValue], warnings: Sequence[Shortfall]
) -> TaskOutput:
    more: dict[str, JsonValue] = {"warnings": [*warnings]} if warnings else {}
    kept = {name: value for name, value in facts.items() if name != "warnings"}
    return TaskOutput(assets=(asset_id,), facts={**kept, **more})
