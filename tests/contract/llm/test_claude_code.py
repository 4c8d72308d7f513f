"""The real Claude Code keeps what every model keeps, as far as a process of its own can show it.

It asks a service that refuses or is cut off again by itself, takes half a second to start and looks
into pictures; tests/integration/llm has what holds instead.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.claude_code import MODEL, connected, forget_surroundings, needs_program

from ai_video.llm.claude_code import ClaudeCodeLLM
from ai_video.llm.fake_api import FakeLLM

from .test_structured_models import (
    test_a_refusal_says_what_the_model_said,
    test_a_second_try_is_not_made_past_the_budget,
    test_a_valid_answer_comes_as_its_type,
    test_an_answer_that_is_invalid_twice_is_a_failure,
    test_an_invalid_answer_is_asked_again_with_reasons,
    test_the_request_holds_rules_matter_and_the_name_of_the_task,
    test_what_a_call_took_is_counted,
    test_what_has_come_of_an_answer_grows,
)

pytestmark = needs_program
__all__ = [
    "test_a_refusal_says_what_the_model_said",
    "test_a_second_try_is_not_made_past_the_budget",
    "test_a_valid_answer_comes_as_its_type",
    "test_an_answer_that_is_invalid_twice_is_a_failure",
    "test_an_invalid_answer_is_asked_again_with_reasons",
    "test_the_request_holds_rules_matter_and_the_name_of_the_task",
    "test_what_a_call_took_is_counted",
    "test_what_has_come_of_an_answer_grows",
]


class RealClaudeCode:
    """The bundled Claude Code at the fake service."""

    def __init__(self, fake: FakeLLM, home: Path) -> None:
        self._fake = fake
        self.llm = ClaudeCodeLLM(connected(fake, home), MODEL)

    def plays(self, answers: list[dict[str, Any]]) -> None:
        rules = [{"times": 1, "answer": answer} for answer in answers[:-1]]
        self._fake.play({"rules": rules, "otherwise": answers[-1]})
        self._fake.forget()

    def texts(self) -> list[str]:
        return [json.dumps(body, ensure_ascii=False) for body in self._fake.asked()]

    def pictures(self) -> list[bytes]:
        raise NotImplementedError("Claude Code looks into pictures; see tests/integration/llm")


@pytest.fixture
def subject(fake_llm: FakeLLM, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RealClaudeCode:
    forget_surroundings(monkeypatch)
    return RealClaudeCode(fake_llm, tmp_path / "home")
