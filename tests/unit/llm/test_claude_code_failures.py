"""Whatever Claude Code calls it, a failure gets the code that holds for every model."""

from __future__ import annotations

import pytest

from ai_video.domain.language_models import ModelFailed, Usage
from ai_video.llm.claude_code_failures import broken, failure, timed_out
from ai_video.llm.claude_code_messages import Ended

SPENT = Usage(requests=1, input_tokens=10, output_tokens=2, cost=0.01)
API_ERROR = {"subtype": "success", "is_error": True, "reason": "api_error"}


def why(ended: Ended, words: str = "") -> ModelFailed:
    return failure(ended, model="sonnet", usage=SPENT, words=words, longest=1000, budget=0.5)


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        (Ended(**API_ERROR, status=401, complaint="authentication_failed"), "llm_unauthorized"),
        (Ended(**API_ERROR, status=403), "llm_unauthorized"),
        (
            Ended(**API_ERROR, complaint="authentication_failed", said="Not logged in"),
            "llm_unauthorized",
        ),
        (Ended(**API_ERROR, complaint="billing_error"), "llm_unauthorized"),
        (Ended(**API_ERROR, status=429, complaint="rate_limit"), "llm_rate_limited"),
        (Ended(**API_ERROR, complaint="rate_limit", said="limit reached"), "llm_rate_limited"),
        (Ended(**API_ERROR, status=529, complaint="server_error"), "llm_rate_limited"),
        (Ended(**API_ERROR, status=503, complaint="server_error"), "llm_unreachable"),
        (
            Ended(**API_ERROR, complaint="server_error", said="API Error: Connection refused"),
            "llm_unreachable",
        ),
        (Ended(**API_ERROR, status=500, complaint="server_error"), "llm_failed"),
        (Ended(**API_ERROR, status=404, complaint="model_not_found"), "llm_failed"),
        (Ended(**API_ERROR, complaint="max_output_tokens"), "llm_overlong"),
        (Ended(**API_ERROR, complaint="invalid_request", stop="refusal"), "llm_refused"),
        (Ended(subtype="error_max_budget_usd", is_error=True), "llm_over_budget"),
        (Ended(subtype="error_max_turns", is_error=True), "llm_invalid_answer"),
        (
            Ended(subtype="error_max_structured_output_retries", is_error=True),
            "llm_invalid_answer",
        ),
        (Ended(subtype="success", is_error=False, said="Here it is."), "llm_invalid_answer"),
        (Ended(subtype="error_during_execution", is_error=True), "llm_failed"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_each_end_has_its_code_and_says_what_it_took(ended: Ended, code: str) -> None:
    made = why(ended)
    assert made.code == code
    assert made.usage == SPENT
    assert "{" not in made.message("zh") + made.message("en") + made.hint("zh") + made.hint("en")


def test_the_reason_is_one_short_line() -> None:
    said = "API Error: no.\n\nLearn more: " + "x" * 2000
    made = why(Ended(**API_ERROR, said=said))
    assert "\n" not in made.message()
    assert len(made.message()) < 700


def test_a_refusal_says_what_the_model_said() -> None:
    refused = Ended(**API_ERROR, stop="refusal", said="API Error: can't help with this")
    assert why(refused, "I would rather not.").message().endswith("I would rather not.")
    assert why(refused).message().endswith("can't help with this")


def test_a_used_up_plan_says_when_it_is_renewed() -> None:
    ended = Ended(
        **API_ERROR, complaint="rate_limit", said="Limit reached", resets_at=1_795_680_000
    )
    made = why(ended)
    assert "(until 2026-11-26 08:00 UTC)" in made.message()


def test_a_process_that_died_leaves_the_end_of_its_words() -> None:
    made = broken("a" * 1000 + "\nerror: unknown option", model="sonnet", usage=SPENT)
    assert made.code == "llm_failed"
    assert made.message().endswith("error: unknown option")
    assert broken("", model="sonnet", usage=SPENT).message().endswith("without a word")


def test_a_time_limit_is_named() -> None:
    made = timed_out(12.345, model="sonnet", usage=SPENT)
    assert (made.code, made.fields["limit_s"], made.usage) == ("llm_timeout", 12.3, SPENT)
