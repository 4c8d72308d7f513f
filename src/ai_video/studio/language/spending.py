"""Paid servers and language models: what they cost, and the caps that stop what is new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from ai_video.domain.entities import Project
from ai_video.errors import ConfigurationFailure, InputRefused
from ai_video.storage import costs
from ai_video.storage.database import Database, Unit

HOUR_S: Final = 3600.0


class Price(NamedTuple):
    """Of a server, for the time in which it works for us."""

    per_hour: float
    currency: str

    def of(self, seconds: float) -> float:
        return self.per_hour * seconds / HOUR_S


@dataclass(frozen=True, slots=True)
class Spending:
    """Notes costs and knows the caps; amounts of different currencies are never added up."""

    database: Database
    cap_per_day: float | None = None

    async def check(self, attempt_id: UUID, price: Price) -> None:
        """May a new attempt cost something?

        What already runs goes on, so a cap may be passed by as much as that costs.

        Raises:
            ConfigurationFailure: `cost_cap_project`, `cost_cap_day`.
        """

        async def work(unit: Unit) -> None:
            project_id = await costs.project_of_attempt(unit, attempt_id)
            await self._left(unit, project_id, price.currency)

        try:
            await self.database.read(work)
        except InputRefused as reached:
            raise ConfigurationFailure(reached.code, **reached.fields) from reached

    async def left(self, project_id: UUID | None, currency: str = "USD") -> float | None:
        """What may still be spent for a project today; None: there is no cap.

        Raises:
            InputRefused: nothing is left: `cost_cap_project`, `cost_cap_day`.
        """
        return await self.database.read(lambda unit: self._left(unit, project_id, currency))

    async def note(self, attempt_id: UUID, price: Price, *, seconds: float, provider: str) -> None:
        """Write down what an attempt has cost; telling it twice counts once."""

        async def work(unit: Unit) -> None:
            await costs.set_cost(
                unit,
                attempt_id,
                amount=price.of(seconds),
                currency=price.currency,
                unit_name="attempt",
                provider=provider,
            )

        await self.database.write(work)

    async def _left(self, unit: Unit, project_id: UUID | None, currency: str) -> float | None:
        caps: list[float] = []
        if self.cap_per_day is not None:
            spent = (await costs.spent_since(unit, _midnight())).get(currency, 0.0)
            if spent >= self.cap_per_day:
                raise InputRefused(
                    "cost_cap_day",
                    spent=f"{spent:.2f} {currency}",
                    cap=f"{self.cap_per_day:.2f}",
                )
            caps.append(self.cap_per_day - spent)
        project = None if project_id is None else await unit.get(Project, project_id)
        if project is not None and (cap := project.settings.cost_cap) is not None:
            spent = (await costs.spent_on_project(unit, project.id)).get(currency, 0.0)
            if spent >= cap:
                raise InputRefused(
                    "cost_cap_project",
                    project=project.name,
                    id=str(project.id),
                    spent=f"{spent:.2f} {currency}",
                    cap=f"{cap:.2f}",
                )
            caps.append(cap - spent)
        return min(caps, default=None)


def _midnight() -> datetime:
    """When today began, by this machine's time zone."""
    return datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
