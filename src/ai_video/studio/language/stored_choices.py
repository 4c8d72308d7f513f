"""What language models chose for shots, kept so that an unchanged shot is never asked about again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ai_video.domain.entities import Json
from ai_video.storage import model_answers
from ai_video.storage.database import Database, Unit
from ai_video.translator.model_prompt import TASK

SHOT_TASK: Final = f"{TASK} shot"


@dataclass(frozen=True, slots=True)
class StoredChoices:
    """The `ChoiceMemory` of a studio; choices for a project go with it."""

    database: Database
    project_id: UUID | None = None

    async def recall(self, digests: Sequence[str]) -> Mapping[str, Json]:
        async def work(unit: Unit) -> dict[str, Json]:
            return await model_answers.recall_all(unit, digests)

        return await self.database.read(work)

    async def keep(self, choices: Mapping[str, Json], *, provider: str, model: str) -> None:
        async def work(unit: Unit) -> None:
            for digest, choice in choices.items():
                await model_answers.remember(
                    unit,
                    digest,
                    choice,
                    provider=provider,
                    model=model,
                    task=SHOT_TASK,
                    project_id=self.project_id,
                )

        await self.database.write(work)
