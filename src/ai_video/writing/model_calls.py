"""The calls of one episode's planning: what was answered, what was not, when to stop asking."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeVar

from pydantic import BaseModel

from ai_video.domain.entities import Json
from ai_video.domain.language_models import ModelFailed, ModelRequest, OnPartial, StructuredLLM
from ai_video.errors import FieldValue, InputRefused
from ai_video.writing.plan import Degradation

PATIENCE: Final = 3
"""Chunks in a row without a usable answer, after which no more is asked."""
AT_START: Final = frozenset({"llm_unauthorized", "llm_unreachable"})
"""What ends the work when the first call that is sent meets it: a person must act."""
FOR_GOOD: Final = AT_START | {
    "llm_rate_limited", "llm_over_budget", "cost_cap_project", "cost_cap_day",
}  # fmt: skip
"""What the next call would meet as well."""

AnswerT = TypeVar("AnswerT", bound=BaseModel)


class NoAnswer(Exception):
    """A call brought nothing that can be used; `code` and `fields` say why, as in the catalogue."""

    def __init__(self, code: str, fields: Mapping[str, FieldValue]) -> None:
        super().__init__(code)
        self.code = code
        self.fields = dict(fields)


@dataclass(slots=True)
class Calls:
    """Asks a model, and stops asking where the next call would fail as well.

    `anew` is the same model without its memory of earlier answers, where `llm` has one. `sent` counts
    the answers that did not come out of it.
    """

    llm: StructuredLLM
    anew: StructuredLLM | None = None
    sent: int = 0
    degraded: list[Degradation] = field(default_factory=list[Degradation])
    _in_a_row: int = 0
    _over: NoAnswer | None = None

    async def ask(
        self,
        request: ModelRequest[AnswerT],
        *,
        on_partial: OnPartial | None = None,
        anew: bool = False,
    ) -> AnswerT:
        """A valid answer; with `anew` no remembered one.

        Raises:
            NoAnswer: there is none, or no more is asked.
            ModelFailed: the first call that was sent found the key refused or nobody there.
        """
        if self._over is not None:
            raise self._over
        try:
            llm = self.anew if anew and self.anew is not None else self.llm
            reply = await llm.generate(request, on_partial=on_partial)
        except ModelFailed as failure:
            if failure.code in AT_START and not self.sent:
                raise
            raise self.failed(failure.code, failure.fields) from failure
        except InputRefused as refusal:  # nothing was sent
            raise self.failed(refusal.code, refusal.fields) from refusal
        self.sent += not reply.remembered
        return reply.data

    def may_ask_anew(self, sent_before: int) -> bool:
        """Did all answers since then come out of memory? Then they are no reason to give up."""
        return self.anew is not None and self.sent == sent_before

    def failed(self, code: str, fields: Mapping[str, FieldValue]) -> NoAnswer:
        """Count a failure; returns it."""
        failure = NoAnswer(code, fields)
        self._in_a_row += 1
        if code in FOR_GOOD or self._in_a_row >= PATIENCE:
            self._over = failure
        return failure

    def succeeded(self) -> None:
        self._in_a_row = 0

    def fell(self, kind: str, why: NoAnswer, paragraphs: tuple[int, int]) -> None:
        """Say that the rules did what was asked of the model, and why."""
        place: dict[str, FieldValue] = {"first": paragraphs[0], "last": paragraphs[1]}
        row = {**why.fields, **place, "provider": self.llm.name, "because": why.code}
        self.degraded.append(Degradation(kind, row))


def data_part(document: Json) -> str:
    """Matter as a model is given it: JSON, the same text for the same matter."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
