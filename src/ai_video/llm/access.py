"""How a model behind a key or an address is reached, and the library's model for it.

The libraries are the extra `llm`; they are imported when the first model is opened (seconds), in a thread.
"""

from __future__ import annotations

import asyncio
import importlib
import ssl
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal
from urllib.parse import urlsplit

from ai_video.errors import InputRefused, NotAvailable
from ai_video.llm.address import checked_address, is_loopback
from ai_video.llm.prices import Price

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model
    from pydantic_ai.profiles import ModelProfile

LLM_EXTRA: Final = f'"{sys.executable}" -m pip install "ai-video[llm]"'
KeyedProvider = Literal["anthropic", "openai"]
_CONNECT_S: Final = 10.0
_ANTHROPIC_URL: Final = "https://api.anthropic.com"
_OPENAI_URL: Final = "https://api.openai.com/v1"
# Services whose ways differ from OpenAI's (how tools are forced, how thinking is switched off).
_KNOWN: Final = {
    "api.openai.com": ("openai", "OpenAIProvider"),
    "deepseek.com": ("deepseek", "DeepSeekProvider"),
    "aliyuncs.com": ("alibaba", "AlibabaProvider"),
    "moonshot.cn": ("moonshotai", "MoonshotAIProvider"),
    "moonshot.ai": ("moonshotai", "MoonshotAIProvider"),
    "kimi.ai": ("moonshotai", "MoonshotAIProvider"),
    "z.ai": ("zai", "ZaiProvider"),
    "bigmodel.cn": ("zai", "ZaiProvider"),
    "openrouter.ai": ("openrouter", "OpenRouterProvider"),
}


@dataclass(frozen=True, slots=True)
class ModelAccess:
    """A model and the way to it.

    Attributes:
        provider: `anthropic` = Anthropic's Messages API; `openai` = chat completions, as OpenAI,
            DeepSeek, Qwen, Kimi, GLM, Ollama, vLLM and many others serve them.
        url: the base address; None: the provider's own. For `openai` it ends in /v1 as a rule.
        key: never shown, never logged. Anthropic wants one; local services do not.
        offline: only addresses of this machine are reached.
        price: what the user pays, where it is not the list price.
    """

    provider: KeyedProvider
    model: str
    key: str | None = field(default=None, repr=False)
    url: str | None = None
    offline: bool = False
    price: Price | None = None

    @property
    def base(self) -> str:
        """The checked base address.

        Raises:
            InputRefused: see checked_address.
        """
        own = _ANTHROPIC_URL if self.provider == "anthropic" else _OPENAI_URL
        return checked_address(self.url or own, offline=self.offline)

    def check(self) -> None:
        """Find what can be found without a request.

        Raises:
            InputRefused: an address that is none or may not be reached; no model, no key
                (`invalid_value`).
            NotAvailable: the extra `llm` is not installed.
        """
        url = self.base
        if not self.model.strip():
            raise InputRefused("invalid_value", field="model", reason="a model's name is needed")
        needs_key = self.provider == "anthropic" or url == _OPENAI_URL
        if needs_key and not self.key:
            raise InputRefused("invalid_value", field="key", reason=f"{url} wants a key")
        names = ("pydantic_ai", self.provider)
        if any(find_spec(name) is None for name in names):
            raise NotAvailable("pydantic-ai", LLM_EXTRA)


@asynccontextmanager
async def open_model(access: ModelAccess, *, timeout_s: float) -> AsyncGenerator[Model]:
    """The library's model with a connection of its own, closed at the end.

    Raises:
        InputRefused, NotAvailable: see ModelAccess.check.
    """
    access.check()
    trust = await asyncio.to_thread(_prepare, access)
    import httpx2

    # Whoever asks keeps the time limit; a connection only must not outlive it by much.
    timeout = httpx2.Timeout(timeout_s + _CONNECT_S, connect=_CONNECT_S)
    # A proxy of the environment does not lead back to this machine.
    outside = not is_loopback(access.base)
    async with httpx2.AsyncClient(timeout=timeout, verify=trust, trust_env=outside) as http:
        yield _anthropic(access, http) if access.provider == "anthropic" else _openai(access, http)


def _prepare(access: ModelAccess) -> ssl.SSLContext | bool:
    """Import what is slow to import; gives what a connection trusts."""
    importlib.import_module(f"pydantic_ai.models.{access.provider}")
    return ssl.create_default_context() if access.base.startswith("https:") else False


def _anthropic(access: ModelAccess, http: httpx2.AsyncClient) -> Model:
    from anthropic import AsyncAnthropic
    from pydantic_ai.models.anthropic import AnthropicModel
    from pydantic_ai.providers.anthropic import AnthropicProvider

    client = AsyncAnthropic(
        api_key=access.key, base_url=access.base, http_client=http, max_retries=0
    )
    return AnthropicModel(access.model, provider=AnthropicProvider(anthropic_client=client))


def _openai(access: ModelAccess, http: httpx2.AsyncClient) -> Model:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    client = AsyncOpenAI(
        api_key=access.key or "none", base_url=access.base, http_client=http, max_retries=0
    )
    # Both would come from the environment and be told to whoever serves this address.
    client.organization = client.project = None
    return OpenAIChatModel(
        access.model,
        provider=OpenAICompatibleProvider("openai", openai_client=client),
        profile=_profile(access),
    )


def _profile(access: ModelAccess) -> ModelProfile | None:
    """What the service behind the address can do."""
    from pydantic_ai.profiles import merge_profile
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    host = urlsplit(access.base).hostname or ""
    for suffix, (module, name) in _KNOWN.items():
        if host == suffix or host.endswith(f".{suffix}"):
            provider = getattr(importlib.import_module(f"pydantic_ai.providers.{module}"), name)
            return provider.model_profile(access.model)
    # Ollama, llama.cpp and others know only the older name of the token limit.
    return merge_profile(
        OpenAICompatibleProvider.model_profile(access.model),
        OpenAIModelProfile(openai_chat_supports_max_completion_tokens=False),
    )
