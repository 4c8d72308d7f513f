"""Every model that answers in a given form, behind the same suite."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal, Protocol

import pytest
from pydantic import BaseModel, ConfigDict, Field

from ai_video.domain.language_models import ModelFailed, ModelRequest, Picture, StructuredLLM
from ai_video.llm.access import KeyedProvider, ModelAccess
from ai_video.llm.fake_api import FakeLLM, serving
from ai_video.llm.keyed import KeyedLLM
from ai_video.llm.scripted import Raw, ScriptedLLM

Answer = dict[str, Any]
KEY = "sk-made-up-0123456789"
MODELS: dict[KeyedProvider, str] = {"anthropic": "claude-haiku-4-5", "openai": "gpt-4.1-mini"}
STATUS = {401: "llm_unauthorized", 403: "llm_unauthorized", 429: "llm_rate_limited"}


class Shot(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str = Field(min_length=1)
    mood: Literal["calm", "tense"]


class Board(BaseModel):
    model_config = ConfigDict(extra="forbid")
    shots: list[Shot] = Field(min_length=1)


GOOD: dict[str, Any] = {
    "shots": [{"title": "雨中的小明", "mood": "calm"}, {"title": "Far away", "mood": "tense"}]
}
REQUEST = ModelRequest(
    task="translate",
    system="You plan shots.",
    parts=('{"text": "小明站在雨中"}', "One board, please."),
    schema=Board,
    timeout_s=20,
)


class Subject(Protocol):
    """A model under test and what it was asked.

    `plays`: the answers to come, in order, in the words of the fake's script.
    """

    llm: StructuredLLM

    def plays(self, answers: list[Answer]) -> None: ...

    def texts(self) -> list[str]:
        """All texts of each request that came."""
        ...

    def pictures(self) -> list[bytes]: ...


class Scripted:
    """The double, told the same answers as the fake services."""

    def __init__(self) -> None:
        self._answers: list[Answer] = []
        self.llm = ScriptedLLM(self._next)

    def plays(self, answers: list[Answer]) -> None:
        self._answers = list(answers)

    async def _next(self, request: ModelRequest[Any]) -> Any:
        answer = self._answers.pop(0)
        if "error" in answer:
            code = STATUS.get(answer["error"]["status"], "llm_failed")
            return ModelFailed(code, provider="scripted", model="scripted", reason="told so")
        if "refusal" in answer:
            return ModelFailed("llm_refused", provider="scripted", reason=answer["refusal"])
        if "disconnect" in answer:
            return ModelFailed("llm_unreachable", provider="scripted", reason="told so")
        if "hang_s" in answer:
            await asyncio.sleep(answer["hang_s"])
        if "huge_characters" in answer:
            return "x" * answer["huge_characters"]
        return Raw(answer["raw"]) if "raw" in answer else answer["json"]

    def texts(self) -> list[str]:
        return [
            "\n".join(
                [f'<task name="{asked.task}"/>', asked.system]
                + [part for part in asked.parts if isinstance(part, str)]
            )
            for asked in self.llm.requests
        ]

    def pictures(self) -> list[bytes]:
        asked = self.llm.requests[-1]
        return [part.data for part in asked.parts if isinstance(part, Picture)]


class Keyed:
    """A model behind a key, on the fake service."""

    def __init__(self, provider: KeyedProvider, fake: FakeLLM) -> None:
        self._fake = fake
        url = fake.url if provider == "anthropic" else fake.openai_url
        access = ModelAccess(provider, MODELS[provider], key=KEY, url=url, offline=True)
        self.llm = KeyedLLM(access)

    def plays(self, answers: list[Answer]) -> None:
        self._fake.play({"rules": [{"times": 1, "answer": answer} for answer in answers]})
        self._fake.forget()

    def texts(self) -> list[str]:
        return [json.dumps(body, ensure_ascii=False) for body in self._fake.asked()]

    def pictures(self) -> list[bytes]:
        body: Any = self._fake.asked()[-1]
        parts = [part for message in body["messages"] for part in message["content"]]
        shown = [part for part in parts if isinstance(part, dict)]
        return [
            base64.b64decode(part["source"]["data"]) for part in shown if part["type"] == "image"
        ] + [
            base64.b64decode(part["image_url"]["url"].partition(",")[2])
            for part in shown
            if part["type"] == "image_url"
        ]


@pytest.fixture(scope="session")
def fake_llm() -> Iterator[FakeLLM]:
    with serving() as fake:
        yield fake


@pytest.fixture(params=["scripted", "anthropic", "openai"])
def subject(request: pytest.FixtureRequest) -> Subject:
    if request.param == "scripted":
        return Scripted()
    return Keyed(request.param, request.getfixturevalue("fake_llm"))


@pytest.fixture(params=["anthropic", "openai"])
def keyed(request: pytest.FixtureRequest, fake_llm: FakeLLM) -> Keyed:
    """Only what goes over a wire."""
    return Keyed(request.param, fake_llm)


def within(seconds: float) -> ModelRequest[Board]:
    return replace(REQUEST, timeout_s=seconds)
