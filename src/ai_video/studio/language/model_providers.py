"""The real language models behind their names; the libraries they need are imported when first used."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from ai_video.domain.entities import EnabledModel
from ai_video.domain.language_models import ChatModel, StructuredLLM
from ai_video.errors import AiVideoError, InputRefused, NotAvailable
from ai_video.llm.access import LLM_EXTRA, KeyedProvider, ModelAccess
from ai_video.llm.address import checked_address, is_loopback
from ai_video.llm.prices import Price, price_of
from ai_video.studio.language.language_models import Lack, ListPrice, ModelProvider

if TYPE_CHECKING:
    from ai_video.llm.claude_code_session import ClaudeCode

ANTHROPIC_URL: Final = "https://api.anthropic.com"
OPENAI_URL: Final = "https://api.openai.com/v1"

USUAL_MODELS: Final[dict[KeyedProvider, str]] = {
    "anthropic": "claude-sonnet-5-5",
    "openai": "gpt-6.1-terra",
}
"""Where the user names none."""


def known_providers(*, offline: bool, environment: Mapping[str, str]) -> dict[str, ModelProvider]:
    """All that can be enabled, by name; keys are read from `environment` when they are needed."""
    return {
        "claude-code": ClaudeCodeProvider(offline=offline, environment=environment),
        "anthropic": KeyProvider("anthropic", offline=offline, environment=environment),
        "openai": KeyProvider("openai", offline=offline, environment=environment),
    }


@dataclass(slots=True)
class KeyProvider:
    """Anthropic's API, or any that speaks OpenAI's, with a key out of an environment variable."""

    name: KeyedProvider
    offline: bool
    environment: Mapping[str, str]

    def filled(self, enabled: EnabledModel) -> EnabledModel:
        """With address, variable and model where the user left them open.

        Raises:
            InputRefused: `llm_address_invalid`, `llm_model_needed`, `llm_key_needed`.
        """
        usual = ANTHROPIC_URL if self.name == "anthropic" else OPENAI_URL
        url = checked_address(enabled.url or usual, offline=False)
        variable = enabled.key_env
        if not variable and not is_loopback(url):
            if url != usual:
                raise InputRefused("llm_key_needed", url=url)
            variable = f"{self.name.upper()}_API_KEY"
        elif not variable and self.name == "anthropic":
            variable = "ANTHROPIC_API_KEY"
        model = enabled.model
        if not model:
            if self.name == "openai" and url != OPENAI_URL:
                raise InputRefused("llm_model_needed", url=url)
            model = USUAL_MODELS[self.name]
        return enabled.model_copy(update={"url": url, "key_env": variable, "model": model})

    async def lack(self, enabled: EnabledModel) -> Lack | None:
        """The extra, the key, or the way out of this machine."""
        if any(importlib.util.find_spec(name) is None for name in ("pydantic_ai", self.name)):
            return Lack(NotAvailable(self.name, LLM_EXTRA), LLM_EXTRA)
        again = f"ai-video llm enable {self.name}"
        try:
            checked_address(enabled.url, offline=self.offline)
        except InputRefused as refused:
            return Lack(refused, f"{again} --url URL")
        if enabled.key_env and key_of(enabled, self.environment) is None:
            missing = InputRefused("llm_key_missing", variable=enabled.key_env, name=self.name)
            return Lack(missing, f"export {enabled.key_env}=KEY && {again}")
        return None

    def price(self, enabled: EnabledModel) -> ListPrice | None:
        price = price_of(enabled.model, url=enabled.url)
        return None if price is None else ListPrice(price.input, price.output)

    def structured(self, enabled: EnabledModel) -> StructuredLLM:
        from ai_video.llm.keyed import KeyedLLM

        return KeyedLLM(self._access(enabled))

    def chat(self, enabled: EnabledModel) -> ChatModel | None:
        from ai_video.llm.chat_keyed import KeyedChat

        return KeyedChat(self._access(enabled))

    def _access(self, enabled: EnabledModel) -> ModelAccess:
        return ModelAccess(
            self.name,
            enabled.model,
            key=key_of(enabled, self.environment),
            url=enabled.url,
            offline=self.offline,
            price=_own_price(enabled),
        )


def _own_price(enabled: EnabledModel) -> Price | None:
    """What the user said to pay, so that a budget limits the answer too; cached input at full price."""
    read, written = enabled.input_price, enabled.output_price
    return None if read is None or written is None else Price(read, written, read, read)


@dataclass(slots=True)
class ClaudeCodeProvider:
    """The user's own Claude Code and login; with a variable named, a key in place of the login."""

    offline: bool
    environment: Mapping[str, str]
    name: Literal["claude-code"] = "claude-code"
    _started: dict[tuple[str | None, str, bool], ClaudeCode] = field(
        default_factory=dict[tuple[str | None, str, bool], "ClaudeCode"]
    )

    def filled(self, enabled: EnabledModel) -> EnabledModel:
        """With the address checked; the model stays the user's own default where none is named.

        The user's login goes to Anthropic alone: elsewhere a key of that place is needed.

        Raises:
            InputRefused: `llm_address_invalid`, `llm_key_needed`.
        """
        url = checked_address(enabled.url, offline=False) if enabled.url else ""
        if url and not is_loopback(url) and not enabled.key_env:
            raise InputRefused("llm_key_needed", url=url)
        return enabled.model_copy(update={"url": url})

    async def lack(self, enabled: EnabledModel) -> Lack | None:
        """The library, the program, its login, the key, or the way out of this machine."""
        from ai_video.llm.claude_code_detection import EXTRA, library_installed

        again = f"ai-video llm enable {self.name}"
        if not library_installed():
            return Lack(NotAvailable(self.name, EXTRA), EXTRA)
        if self.offline and not (enabled.url and is_loopback(enabled.url)):
            outside = InputRefused("llm_address_outside", url=enabled.url or ANTHROPIC_URL)
            return Lack(outside, f"{again} --url URL")
        if enabled.key_env and key_of(enabled, self.environment) is None:
            missing = InputRefused("llm_key_missing", variable=enabled.key_env, name=self.name)
            return Lack(missing, f"export {enabled.key_env}=KEY && {again}")
        problem = (await self._claude(enabled).find()).problem
        return None if problem is None else Lack(problem, _command(problem, again))

    def price(self, enabled: EnabledModel) -> ListPrice | None:
        """None: Claude Code says itself what a call cost."""
        return None

    def structured(self, enabled: EnabledModel) -> StructuredLLM:
        from ai_video.llm.claude_code import ClaudeCodeLLM

        return ClaudeCodeLLM(self._claude(enabled), enabled.model or None)

    def chat(self, enabled: EnabledModel) -> ChatModel | None:
        from ai_video.llm.claude_code_chat import ClaudeCodeChat

        return ClaudeCodeChat(self._claude(enabled), enabled.model or None)

    def _claude(self, enabled: EnabledModel) -> ClaudeCode:
        """One per way in, so that all calls share its places and what is known of it."""
        from ai_video.llm.claude_code_options import Access
        from ai_video.llm.claude_code_session import ClaudeCode

        key = key_of(enabled, self.environment)
        way = (key, enabled.url, enabled.own_settings)
        if way not in self._started:
            address = {"ANTHROPIC_BASE_URL": enabled.url} if enabled.url else {}
            access = Access(key, own_settings=enabled.own_settings, environment=address)
            self._started[way] = ClaudeCode(access)
        return self._started[way]


def key_of(enabled: EnabledModel, environment: Mapping[str, str]) -> str | None:
    """The key itself, read now; None where there is none."""
    return (environment.get(enabled.key_env, "").strip() or None) if enabled.key_env else None


def _command(problem: AiVideoError, again: str) -> str:
    """The command that helps, where the error names one; else: enable it again."""
    given = problem.fields.get("command")
    return given if isinstance(given, str) else again
