"""Costs come from list prices, and nothing is made up where none is known."""

from __future__ import annotations

import pytest

from ai_video.domain.language_models import Usage
from ai_video.llm.prices import FREE, estimated_tokens, price_of, priced


@pytest.mark.parametrize(
    ("model", "output"),
    [
        ("claude-sonnet-5-5", 10),
        ("claude-sonnet-5-5-20261001", 10),
        ("claude-haiku-4-5", 5),
        ("claude-opus-5", 25),
        ("claude-opus-5-5", 20),
        ("anthropic/claude-opus-5-5", 20),
        ("gpt-5.4-mini", 4.5),
        ("gpt-5.4", 15),
        ("GLM-5.3-Flash", 0.5),
    ],
)
def test_a_model_is_found_by_the_longest_name_that_it_begins_with(
    model: str, output: float
) -> None:
    price = price_of(model)
    assert price is not None
    assert price.output == output


@pytest.mark.parametrize("model", ["", "nobody-knows-1", "gpt-5.4-pro", "kimi-k3.1-pro-highspeed"])
def test_an_unknown_price_is_no_price(model: str) -> None:
    assert price_of(model) is None
    assert price_of(model, url="https://api.example.com/v1") is None
    assert priced(Usage(requests=1, input_tokens=5), None).cost is None


def test_a_model_of_this_machine_is_free_unless_it_has_a_list_price() -> None:
    assert price_of("qwen3:8b", url="http://127.0.0.1:11434/v1") == FREE
    assert price_of("claude-haiku-4-5", url="http://127.0.0.1:9/v1") != FREE


def test_every_kind_of_token_has_its_price() -> None:
    usage = Usage(
        requests=1, input_tokens=1_000_000, output_tokens=1_000_000, cache_read_tokens=1_000_000,
        cache_write_tokens=1_000_000,
    )  # fmt: skip
    assert priced(usage, price_of("claude-haiku-4-5")).cost == pytest.approx(1 + 5 + 0.1 + 1.25)


def test_chinese_takes_more_tokens_than_english_of_its_length() -> None:
    assert estimated_tokens("word " * 80) == 100
    assert estimated_tokens("雨" * 100) == 120
