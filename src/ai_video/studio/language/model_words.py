"""What a user is told of a language model before enabling it: where the words go, what it costs."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import cast

from ai_video.domain.entities import EnabledModel
from ai_video.errors import Language
from ai_video.llm.address import is_loopback
from ai_video.studio.language.language_models import ListPrice


@cache
def _words() -> dict[str, dict[str, str]]:
    file = resources.files("ai_video.studio.language") / "model_notices.toml"
    return cast("dict[str, dict[str, str]]", tomllib.loads(file.read_text(encoding="utf-8")))


def notice_of(enabled: EnabledModel, language: Language) -> str:
    """Where the words go, on whose bill, and where the key is."""
    text: str = enabled.name
    if enabled.url and is_loopback(enabled.url):
        text = "local"
    elif enabled.url and enabled.name == "claude-code":
        text = "claude-code-elsewhere"
    said = _words()[text][language].format(url=enabled.url)
    if enabled.key_env:
        said += " " + _words()["key"][language].format(key_env=enabled.key_env)
    return said


def price_words(enabled: EnabledModel, price: ListPrice | None, language: Language) -> str:
    """What a million tokens cost, or that nobody knows."""
    name = "price_known" if price else "price_unknown"
    if price and price.input == price.output == 0:
        name = "price_free"
    if enabled.name == "claude-code" and price is None:
        name = "price_reported"
    return _words()[name][language].format(
        model=enabled.model or enabled.name,
        input=f"{price.input:g}" if price else "",
        output=f"{price.output:g}" if price else "",
    )
