"""The tries of one picture or clip: what earlier attempts of its task left, and what comes next.

Nothing is kept beside the records there are: attempts with the codes they failed with, and takes
that were discarded. So a process that takes over after a crash goes on where the other one was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ai_video.domain.entities import Episode, Json, Project, ProjectSettings, Storyboard, Take
from ai_video.orchestrator.retry import DISCARDED
from ai_video.storage.attempts import codes_since_a_person, failure_codes
from ai_video.storage.database import Database, Unit
from ai_video.studio.production.graph_params import ShotGraph
from ai_video.studio.production.redrawing import Redraw, Rung, ladder, next_seed

OUT_OF_MEMORY: Final = "comfyui_out_of_memory"
GIVE_UP: Final = "give_up"


@dataclass(frozen=True, slots=True)
class Tries:
    """`number` of the try that runs, from 0; `out_of_memory`: how many attempts had no room since a
    person last tried the task again, who may have made room.

    `discarded` are the takes of earlier tries, oldest first; `own` is the take of this very attempt,
    where it was kept before its process died.
    """

    number: int = 0
    out_of_memory: int = 0
    discarded: tuple[Take, ...] = ()
    own: Take | None = None

    @property
    def is_decided(self) -> bool:
        """Was this attempt's result judged and kept already? Giving up is judged again: the best of
        the others may not have been taken yet."""
        return self.own is not None and self.own.decision.get("action") != GIVE_UP

    def redraw(self, seed: int, graph: ShotGraph) -> Redraw:
        """What this try changes in a shot's graph, whose own seed is `seed`."""
        return Redraw(
            seed=next_seed(seed, self.number),
            rungs=self.rungs(graph),
            changes=self._changes(),
        )

    def rungs(self, graph: ShotGraph) -> tuple[Rung, ...]:
        """The rungs of the ladder that are taken; all of them once it is at its end."""
        return ladder(graph)[: self.out_of_memory]

    def at_the_end(self, graph: ShotGraph) -> bool:
        """Does no rung need less memory than the last?"""
        return self.out_of_memory >= len(ladder(graph))

    def _changes(self) -> Json:
        """What a judge asked for, the last word counting."""
        changes: Json = {}
        for take in self.discarded:
            asked = take.decision.get("changes")
            changes |= asked if isinstance(asked, dict) else {}
        return changes


async def tries_of(database: Database, task_id: UUID, attempt_id: UUID) -> Tries:
    """The tries of a task before (and in) one of its attempts."""

    async def work(unit: Unit) -> Tries:
        codes = await failure_codes(unit, task_id)
        recent = await codes_since_a_person(unit, task_id)
        takes = await unit.find(Take, task_id=task_id, order_by=("id",))
        discarded = tuple(
            take for take in takes if take.verdict == "discarded" and take.attempt_id != attempt_id
        )
        thrown = {id for id, code in codes.items() if code == DISCARDED}
        thrown |= {take.attempt_id for take in discarded if take.attempt_id is not None}
        return Tries(
            number=len(thrown - {attempt_id}),
            out_of_memory=sum(
                code == OUT_OF_MEMORY for id, code in recent.items() if id != attempt_id
            ),
            discarded=discarded,
            own=next((take for take in takes if take.attempt_id == attempt_id), None),
        )

    return await database.read(work)


async def settings_of_shot(database: Database, storyboard_id: UUID | None) -> ProjectSettings:
    """The settings of the project that a shot belongs to; the defaults where it was deleted."""

    async def work(unit: Unit) -> ProjectSettings:
        shots = await unit.find(Storyboard, id=storyboard_id)
        if not shots:
            return ProjectSettings()
        episode = await unit.get(Episode, shots[0].episode_id)
        return (await unit.get(Project, episode.project_id)).settings

    return await database.read(work)
