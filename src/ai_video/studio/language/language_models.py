"""The language models of a studio: which one is in force, and the way to it.

Only what the user enabled once is ever used (`ai-video llm enable NAME`); a key in the environment
enables nothing. `auto` takes the first enabled one that is ready, else the rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Protocol
from uuid import UUID

from ai_video.domain.entities import EnabledModel, LanguageModelName
from ai_video.domain.language_models import ChatModel, StructuredLLM, Usage
from ai_video.errors import AiVideoError, NotAvailable
from ai_video.settings import LlmChoice
from ai_video.storage.database import Database, Unit
from ai_video.studio.language.model_calls import (
    BookedChat,
    BookedLLM,
    CallBook,
    Locks,
    Priced,
    all_input,
)
from ai_video.studio.language.spending import Spending

ORDER: Final[tuple[LanguageModelName, ...]] = ("claude-code", "anthropic", "openai")
"""Which of several ready ones `auto` takes."""

MILLION: Final = 1_000_000

Reason = Literal["asked", "setting", "first_ready", "none_enabled", "none_ready", "given"]


@dataclass(frozen=True, slots=True)
class Lack:
    """Why a model cannot be used, and the command that helps."""

    error: AiVideoError
    command: str


@dataclass(frozen=True, slots=True)
class ListPrice:
    """US dollars per million tokens."""

    input: float
    output: float


class ModelProvider(Protocol):
    """Builds the models of one name; real ones are in `model_providers`."""

    def filled(self, enabled: EnabledModel) -> EnabledModel:
        """With what the user left open filled in.

        Raises:
            InputRefused: something cannot be used, or cannot be left open.
        """
        ...

    async def lack(self, enabled: EnabledModel) -> Lack | None:
        """What is missing before it can be used; nothing that costs is asked for that."""
        ...

    def price(self, enabled: EnabledModel) -> ListPrice | None:
        """By the provider's list; None where it is not on it."""
        ...

    def structured(self, enabled: EnabledModel) -> StructuredLLM: ...

    def chat(self, enabled: EnabledModel) -> ChatModel | None: ...


@dataclass(frozen=True, slots=True)
class ActiveModel:
    """Who understands the words.

    Attributes:
        model: "" where the provider's own default answers, and for the rules.
        reason: `asked` by flag or field, `setting`, `first_ready` of the enabled ones (`auto`),
            `none_enabled`, `none_ready`, or `given` to this process.
        not_ready: enabled ones that `auto` passed over, and the code of what each lacks.
    """

    name: str
    model: str
    reason: Reason
    not_ready: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class LanguageModels:
    """Built by `bootstrap`; tests hand in doubles as `providers`, or one for everything as `given`.

    Attributes:
        setting: what settings say where nobody asks for another.
        given: the model that stands in for every one but `rules`; `given_chat` likewise.
    """

    database: Database
    spending: Spending
    setting: LlmChoice = "auto"
    providers: Mapping[str, ModelProvider] = field(default_factory=dict[str, ModelProvider])
    given: StructuredLLM | None = None
    given_chat: ChatModel | None = None
    _asking: Locks = field(default_factory=Locks)

    async def active(self, choice: LlmChoice | None = None) -> ActiveModel:
        """The model that answers; `choice` is what this call asks for, None: what settings say.

        Raises:
            NotAvailable: a named one that is not enabled, or not ready.
        """
        return (await self._chosen(choice)).active

    async def structured(
        self,
        choice: LlmChoice | None = None,
        *,
        project_id: UUID | None = None,
        storyboard_id: UUID | None = None,
        anew: bool = False,
    ) -> StructuredLLM | None:
        """The model for one call with one typed answer; None: the rules.

        Its answers are remembered (`anew` asks all the same), its calls are held to the caps and
        written down for the project and the shot.

        Raises:
            NotAvailable: as `active`.
        """
        chosen = await self._chosen(choice)
        llm = self.given
        if chosen.enabled is not None:
            llm = self.providers[chosen.enabled.name].structured(chosen.enabled)
        if llm is None or chosen.active.name == "rules":
            return None
        book = CallBook(self.database, self.spending, project_id, storyboard_id)
        address = chosen.enabled.url if chosen.enabled else ""
        return BookedLLM(llm, book, prices_of(chosen.enabled), self._asking, anew, address)

    async def chat(
        self, choice: LlmChoice | None = None, *, project_id: UUID | None
    ) -> ChatModel | None:
        """The model to talk with; None: the rules, or one that only answers questions.

        Raises:
            NotAvailable: as `active`.
        """
        chosen = await self._chosen(choice)
        chat = self.given_chat
        if chosen.enabled is not None:
            chat = self.providers[chosen.enabled.name].chat(chosen.enabled)
        if chat is None or chosen.active.name == "rules":
            return None
        book = CallBook(self.database, self.spending, project_id)
        return BookedChat(chat, book, prices_of(chosen.enabled))

    async def enabled(self) -> dict[str, EnabledModel]:
        """What the user enabled, in the order of `auto`."""

        async def work(unit: Unit) -> list[EnabledModel]:
            return await unit.find(EnabledModel)

        rows = {row.name: row for row in await self.database.read(work)}
        return {name: rows[name] for name in ORDER if name in rows}

    async def lack(self, enabled: EnabledModel) -> Lack | None:
        """What an enabled one lacks before it can be used."""
        return await self.providers[enabled.name].lack(enabled)

    async def _chosen(self, choice: LlmChoice | None) -> _Chosen:
        asked = choice if choice is not None else self.setting
        why: Reason = "asked" if choice is not None else "setting"
        if asked == "rules":
            return _Chosen(ActiveModel("rules", "", why))
        double = self.given or self.given_chat
        if double is not None:
            return _Chosen(ActiveModel(double.name, double.model, "given"))
        enabled = await self.enabled()
        if asked != "auto":
            return await self._named(asked, enabled, why)
        passed: dict[str, str] = {}
        for row in enabled.values():
            lack = await self.lack(row)
            if lack is None:
                return self._ready(row, "first_ready", passed)
            passed[row.name] = lack.error.code
        return _Chosen(ActiveModel("rules", "", "none_ready" if passed else "none_enabled", passed))

    async def _named(
        self, name: LanguageModelName, enabled: Mapping[str, EnabledModel], why: Reason
    ) -> _Chosen:
        if name not in enabled:
            raise NotAvailable(name, f"ai-video llm enable {name}")
        lack = await self.lack(enabled[name])
        if lack is not None:
            raise NotAvailable(name, lack.command) from lack.error
        return self._ready(enabled[name], why, {})

    def _ready(self, row: EnabledModel, why: Reason, passed: dict[str, str]) -> _Chosen:
        return _Chosen(ActiveModel(row.name, row.model, why, passed), row)


@dataclass(frozen=True, slots=True)
class _Chosen:
    active: ActiveModel
    enabled: EnabledModel | None = None


def prices_of(enabled: EnabledModel | None) -> Priced:
    """Reckons costs by the prices that the user gave, where they gave both."""

    def priced(usage: Usage) -> Usage:
        if enabled is None or enabled.input_price is None or enabled.output_price is None:
            return usage
        read, written = all_input(usage), usage.output_tokens
        cost = (read * enabled.input_price + written * enabled.output_price) / MILLION
        return replace(usage, cost=cost)

    return priced
