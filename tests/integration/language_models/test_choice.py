"""Which language model answers: asked, set, or the first enabled one that is ready; else the rules."""

from __future__ import annotations

from typing import Any

import pytest
from tests.model_doubles import Bench, Double, asking

from ai_video.errors import NotAvailable
from ai_video.studio.language.language_models import LanguageModels


@pytest.fixture
def providers(saying: Any) -> dict[str, Double]:
    return {
        name: Double(saying("yes", name=name)) for name in ("openai", "anthropic", "claude-code")
    }


@pytest.fixture
def models(bench: Bench, providers: dict[str, Double]) -> LanguageModels:
    return bench.models(providers=providers)


async def test_without_an_enabled_one_the_rules_answer_and_that_is_said(
    models: LanguageModels,
) -> None:
    active = await models.active()
    assert (active.name, active.reason) == ("rules", "none_enabled")
    assert await models.structured() is None
    assert await models.chat(project_id=None) is None


async def test_auto_takes_the_first_of_the_order_however_they_were_enabled(
    models: LanguageModels, bench: Bench
) -> None:
    await bench.enable("openai", "anthropic")
    active = await models.active("auto")
    assert (active.name, active.model, active.reason) == ("anthropic", "m", "first_ready")
    await bench.enable("claude-code")
    assert (await models.active("auto")).name == "claude-code"
    llm = await models.structured()
    assert llm is not None
    assert llm.name == "claude-code"


async def test_auto_passes_over_what_is_not_ready_and_names_it(
    models: LanguageModels, bench: Bench, providers: dict[str, Double]
) -> None:
    await bench.enable("anthropic", "openai")
    providers["anthropic"].lacks = "SOME_API_KEY"
    active = await models.active()
    assert (active.name, active.not_ready) == ("openai", {"anthropic": "llm_key_missing"})
    providers["openai"].lacks = "OTHER_API_KEY"
    active = await models.active()
    assert (active.name, active.reason) == ("rules", "none_ready")
    assert set(active.not_ready) == {"anthropic", "openai"}
    assert await models.structured() is None


async def test_a_named_one_that_is_not_enabled_is_refused_with_the_command(
    models: LanguageModels,
) -> None:
    for ask in (models.active, models.structured):
        with pytest.raises(NotAvailable) as caught:
            await ask("anthropic")
        assert caught.value.fields["command"] == "ai-video llm enable anthropic"


async def test_a_named_one_is_never_swapped(
    models: LanguageModels, bench: Bench, providers: dict[str, Double]
) -> None:
    await bench.enable("anthropic", "openai")
    assert (await models.active("openai")).reason == "asked"
    providers["anthropic"].lacks = "SOME_API_KEY"
    with pytest.raises(NotAvailable) as caught:
        await models.structured("anthropic")
    assert caught.value.fields["command"] == "export SOME_API_KEY=KEY"


async def test_what_is_asked_wins_over_the_setting(
    bench: Bench, providers: dict[str, Double]
) -> None:
    await bench.enable("anthropic", "openai")
    models = bench.models(setting="openai", providers=providers)
    assert ((active := await models.active()).name, active.reason) == ("openai", "setting")
    assert (await models.active("anthropic")).name == "anthropic"
    assert ((active := await models.active("rules")).name, active.reason) == ("rules", "asked")
    assert (await models.active("auto")).name == "anthropic"


async def test_a_given_double_stands_for_all_but_the_rules(bench: Bench, saying: Any) -> None:
    models = bench.models(given=saying("yes"))
    for choice in (None, "auto", "anthropic"):
        assert (await models.active(choice)).name == "scripted"
    llm = await models.structured()
    assert llm is not None
    assert (await llm.generate(asking())).data.word == "yes"
    assert await models.structured("rules") is None
    assert (await models.active("rules")).name == "rules"
