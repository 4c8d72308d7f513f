"""A model for tests: answers from a list or a function, under the rules of every call."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from pydantic import BaseModel, JsonValue

from ai_video.domain.language_models import ModelFailed, ModelRequest, OnPartial, Reply, Usage
from ai_video.llm.asking import Stream, Tally, Wrong, answered

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Raw:
    """What a model says as it stands, where no JSON is wanted."""

    text: str


ScriptedAnswer = BaseModel | JsonValue | Raw | ModelFailed
"""A type's value or JSON is said as it is, valid or not; a ModelFailed is raised."""
Script = Callable[[ModelRequest[Any]], ScriptedAnswer | Awaitable[ScriptedAnswer]]
_ONE: Final = Usage(requests=1, input_tokens=100, output_tokens=20, cost=0.001)


class ScriptedLLM:
    """Answers as told and remembers what it was asked.

    Attributes:
        requests: every try, in order. At a second try the reasons stand after the parts, as models are
            told them.
    """

    def __init__(
        self,
        answers: Iterable[ScriptedAnswer] | Script,
        *,
        name: str = "scripted",
        model: str = "scripted",
        usage: Usage = _ONE,
        pieces: int = 4,
    ) -> None:
        """`usage`: of each try. `pieces`: in how many an answer is streamed."""
        self.requests: list[ModelRequest[Any]] = []
        self._script = answers if callable(answers) else _from_list(list(answers))
        self._name = name
        self._model = model
        self._usage = usage
        self._pieces = pieces

    @property
    def name(self) -> str:
        return self._name

    @property
    def model(self) -> str:
        return self._model

    async def generate(
        self,
        request: ModelRequest[T],
        *,
        budget: float | None = None,
        on_partial: OnPartial | None = None,
    ) -> Reply[T]:
        """See StructuredLLM.generate."""

        async def send(wrong: Wrong | None, tally: Tally) -> str:
            tally.add(self._usage)
            tried = request
            if wrong:
                tried = replace(request, parts=(*request.parts, wrong.as_words))
            self.requests.append(tried)
            answer = self._script(tried)
            if inspect.isawaitable(answer):
                answer = await answer
            if isinstance(answer, ModelFailed):
                raise answer
            stream = Stream(request, self.name, self.model, on_partial)
            text = _as_text(answer)
            size = max(1, -(-len(text) // self._pieces))
            for at in range(0, len(text), size):
                stream.add(text[at : at + size])
            return stream.text

        return await answered(request, send, provider=self.name, model=self.model, budget=budget)


def _from_list(answers: list[ScriptedAnswer]) -> Script:
    left = iter(answers)

    def answer(request: ModelRequest[Any]) -> ScriptedAnswer:
        for found in left:
            return found
        raise AssertionError(f"the list of {len(answers)} answers is used up ({request.task})")

    return answer


def _as_text(answer: BaseModel | JsonValue | Raw) -> str:
    if isinstance(answer, Raw):
        return answer.text
    if isinstance(answer, BaseModel):
        return answer.model_dump_json()
    return json.dumps(answer, ensure_ascii=False)
