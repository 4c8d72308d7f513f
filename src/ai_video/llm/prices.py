"""What calls cost: list prices of models that are often used, and nothing where none is known.

Prices as of 2026-11-20, US dollars for a million tokens, from the providers' price pages as collected by
genai-prices 0.2.3 (anthropic.com/pricing, developers.openai.com/api/docs/pricing,
api-docs.deepseek.com/quick_start/pricing, platform.kimi.ai/docs/pricing, docs.z.ai). Where a price
changes with the time of day or the length of the request, the dearer hour and the shorter request.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from ai_video.domain.language_models import Usage
from ai_video.llm.address import is_loopback

_MILLION: Final = 1_000_000
_PICTURE_TOKENS: Final = 1_600
_ASCII_A_TOKEN: Final = 4.0
_TOKENS_A_CHARACTER: Final = 1.2


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens; `cache_read` and `cache_write` of cached input."""

    input: float
    output: float
    cache_read: float
    cache_write: float

    def of(self, usage: Usage) -> float:
        """What the tokens cost; `input_tokens` are those that no cache held."""
        return (
            usage.input_tokens * self.input
            + usage.output_tokens * self.output
            + usage.cache_read_tokens * self.cache_read
            + usage.cache_write_tokens * self.cache_write
        ) / _MILLION


FREE: Final = Price(0.0, 0.0, 0.0, 0.0)
_BY_PREFIX: Final = {
    "claude-fable-5-2": Price(8, 40, 0.2, 10),
    "claude-mythos-5-2": Price(8, 40, 0.2, 10),
    "claude-fable-5": Price(10, 50, 1, 12.5),
    "claude-opus-5-5": Price(4, 20, 0.2, 5),
    "claude-opus-5": Price(5, 25, 0.5, 6.25),
    "claude-opus-4-5": Price(5, 25, 0.5, 6.25),
    "claude-opus-4-6": Price(5, 25, 0.5, 6.25),
    "claude-opus-4-7": Price(5, 25, 0.5, 6.25),
    "claude-opus-4-8": Price(5, 25, 0.5, 6.25),
    "claude-sonnet-5-5": Price(2, 10, 0.1, 2.5),
    "claude-sonnet-5": Price(2, 10, 0.2, 2.5),
    "claude-sonnet-4-": Price(3, 15, 0.3, 3.75),
    "claude-haiku-5-5": Price(0.1, 0.5, 0.01, 0.125),
    "claude-haiku-4-5": Price(1, 5, 0.1, 1.25),
    "gpt-6.1-sol": Price(2, 10, 0.1, 2.5),
    "gpt-6.1-terra": Price(1, 5, 0.05, 1.25),
    "gpt-6-astra": Price(10, 50, 1, 12.5),
    "gpt-6-sol": Price(2, 10, 0.2, 2.5),
    "gpt-6-luna": Price(0.1, 0.5, 0.01, 0.125),
    "gpt-5.5": Price(5, 30, 0.5, 5),
    "gpt-5.4-mini": Price(0.75, 4.5, 0.075, 0.75),
    "gpt-5.4-nano": Price(0.2, 1.25, 0.02, 0.2),
    "gpt-5.4": Price(2.5, 15, 0.25, 2.5),
    "gpt-5.2": Price(1.75, 14, 0.175, 1.75),
    "gpt-5-mini": Price(0.25, 2, 0.025, 0.25),
    "gpt-4.1-mini": Price(0.4, 1.6, 0.1, 0.4),
    "gpt-4.1": Price(2, 8, 0.5, 2),
    "gpt-4o-mini": Price(0.15, 0.6, 0.075, 0.15),
    "gpt-4o": Price(2.5, 10, 1.25, 2.5),
    "deepseek-chat": Price(0.27, 1.1, 0.07, 0.27),
    "deepseek-reasoner": Price(0.55, 2.19, 0.14, 0.55),
    "deepseek-flash": Price(0.3, 1.2, 0.006, 0.3),
    "deepseek-v4-flash": Price(0.3, 1.2, 0.006, 0.3),
    "deepseek-v4-pro": Price(1.32, 3.96, 0.044, 1.32),
    "kimi-k3.1-pro": Price(2, 10, 0.2, 2),
    "kimi-k3": Price(3, 15, 0.3, 3),
    "kimi-k2.6": Price(0.95, 4, 0.16, 0.95),
    "kimi-k2.5": Price(0.6, 3, 0.1, 0.6),
    "glm-5.3-flash": Price(0.15, 0.5, 0.03, 0.15),
    "glm-5": Price(1.4, 4.4, 0.26, 1.4),
}
# Other models begin with the same words and have prices of their own.
_NOT_THESE: Final = (
    "gpt-5.5-pro",
    "gpt-5.5-cyber",
    "gpt-5.4-pro",
    "gpt-5.2-pro",
    "kimi-k3.1-pro-highspeed",
)
_LONGEST_FIRST: Final = sorted(_BY_PREFIX, key=len, reverse=True)


def price_of(model: str, *, url: str | None = None) -> Price | None:
    """The list price of a model; None where it is not known.

    A model without a list price behind an address of this machine costs nothing.
    """
    name = model.lower().rpartition("/")[2]
    if not name.startswith(_NOT_THESE):
        for prefix in _LONGEST_FIRST:
            if name.startswith(prefix):
                return _BY_PREFIX[prefix]
    return FREE if url is not None and is_loopback(url) else None


def priced(usage: Usage, price: Price | None) -> Usage:
    """The usage with its cost."""
    return replace(usage, cost=None if price is None else price.of(usage))


def estimated_tokens(text: str) -> int:
    """A cautious guess: four characters of English a token, each Chinese character a little more."""
    plain = sum(character.isascii() for character in text)
    return round(plain / _ASCII_A_TOKEN + (len(text) - plain) * _TOKENS_A_CHARACTER)


def estimated_input(texts: Iterable[str], *, pictures: int = 0) -> int:
    """Input tokens of a request, guessed before it is sent."""
    return sum(map(estimated_tokens, texts)) + pictures * _PICTURE_TOKENS
