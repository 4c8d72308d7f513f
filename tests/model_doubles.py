"""Doubles of language models, and a database in which their calls are written down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select

from ai_video.domain.entities import EnabledModel, LanguageModelName, Project
from ai_video.domain.language_models import ChatModel, ModelRequest, StructuredLLM
from ai_video.errors import InputRefused
from ai_video.storage.database import Database, Unit, now
from ai_video.storage.queries import events_after
from ai_video.storage.tables import CostRow
from ai_video.studio.language.language_models import Lack, LanguageModels, ListPrice
from ai_video.studio.language.spending import Spending


class Word(BaseModel):
    word: str


def asking(part: str = "Say yes.", **more: Any) -> ModelRequest[Word]:
    return ModelRequest(task="greet", system="Be brief.", parts=(part,), schema=Word, **more)


@dataclass
class Double:
    """A provider that is ready or not, as the test says."""

    llm: StructuredLLM
    chatting: ChatModel | None = None
    lacks: str | None = None

    def filled(self, enabled: EnabledModel) -> EnabledModel:
        return enabled

    async def lack(self, enabled: EnabledModel) -> Lack | None:
        if self.lacks is None:
            return None
        error = InputRefused("llm_key_missing", variable=self.lacks, name=enabled.name)
        return Lack(error, f"export {self.lacks}=KEY")

    def price(self, enabled: EnabledModel) -> ListPrice | None:
        return None

    def structured(self, enabled: EnabledModel) -> StructuredLLM:
        return self.llm

    def chat(self, enabled: EnabledModel) -> ChatModel | None:
        return self.chatting


@dataclass
class Bench:
    """A database with a project in it, and what is written there."""

    database: Database
    project: Project = field(default_factory=lambda: Project.fresh(name="雨夜"))

    def models(self, *, cap_per_day: float | None = None, **more: Any) -> LanguageModels:
        return LanguageModels(self.database, Spending(self.database, cap_per_day), **more)

    async def add(self, *entities: Any) -> None:
        await self.database.write(lambda unit: unit.add_all(entities))

    async def enable(self, *names: LanguageModelName, **more: Any) -> None:
        await self.add(
            *(EnabledModel.fresh(name=name, model="m", accepted_at=now(), **more) for name in names)
        )

    async def cap(self, amount: float | None) -> None:
        settings = self.project.settings.model_copy(update={"cost_cap": amount})

        async def work(unit: Unit) -> None:
            self.project = await unit.change(self.project, settings=settings)

        await self.database.write(work)

    async def costs(self) -> list[CostRow]:
        async def work(unit: Unit) -> list[CostRow]:
            return list((await unit.session.scalars(select(CostRow).order_by(CostRow.id))).all())

        return await self.database.read(work)

    async def events(self) -> list[Any]:
        rows = await self.database.read(lambda unit: events_after(unit, 0, 100))
        return [row["data"] for row in rows if row["type"] == "model.called"]
