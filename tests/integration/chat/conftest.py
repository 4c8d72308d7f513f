"""A studio with one film that was planned, and a scripted model to talk with."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from tests.integration.conftest import settings_at

from ai_video.agent.chat import chat_tools
from ai_video.bootstrap import open_studio
from ai_video.domain.entities import Json
from ai_video.errors import AiVideoError
from ai_video.llm.chat_scripted import ScriptedChat, Step
from ai_video.studio.chat.chats import show_conversation, start_conversation
from ai_video.studio.chat.turns import Chats
from ai_video.studio.planning.film_runs import FilmRuns
from ai_video.studio.records.events import read_events
from ai_video.studio.records.records import create_record, list_records
from ai_video.studio.records.shots import insert_shot
from ai_video.studio.studio import Studio


@dataclass(slots=True)
class Talk:
    """A conversation about a project with an episode of three shots."""

    studio: Studio
    films: FilmRuns
    chats: Chats
    project: str
    episode: str
    shots: list[str]
    id: UUID
    model: ScriptedChat | None = None

    def script(self, *turns: Sequence[Step]) -> ScriptedChat:
        self.model = ScriptedChat(*turns)
        self.studio.models.given_chat = self.model
        return self.model

    async def say(self, text: str, **said: Any) -> Json:
        """Say it and wait for the whole answer."""
        await self.chats.say(self.id, text, **said)
        with suppress(AiVideoError):
            await self.chats.wait(self.id)
        return (await self.messages())[-1]

    async def heard(self) -> None:
        """Until the first words of the answer stand in the conversation."""
        while not (await self.messages())[-1]["text"]:  # noqa: ASYNC110  it is stored by a task
            await asyncio.sleep(0.02)

    async def messages(self) -> list[Json]:
        return cast("list[Json]", (await show_conversation(self.studio, self.id))["messages"])

    async def proposals(self) -> list[Json]:
        return cast("list[Json]", (await show_conversation(self.studio, self.id))["proposals"])

    async def events(self) -> list[Json]:
        rows = await read_events(self.studio, after=0, limit=1000)
        return [row for row in rows if row["subject"] == str(self.id)]

    async def shot(self, number: int) -> Json:
        page = await list_records(self.studio, "storyboards", episode_id=UUID(self.episode))
        return page.items[number - 1]


@pytest.fixture
async def studio(tmp_path: Path, empty_home: Path) -> AsyncIterator[Studio]:
    shutil.copytree(empty_home, tmp_path / "data")
    async with open_studio(settings_at(tmp_path / "data")) as opened:
        yield opened


async def new_project(studio: Studio, name: str) -> tuple[str, str, list[str]]:
    """A project with one episode of three shots and a character: their ids."""
    project = str((await create_record(studio, "projects", {"name": name}))["id"])
    await create_record(studio, "characters", {"project_id": project, "name": "小明"})
    episode = await create_record(studio, "episodes", {"project_id": project, "title": "One"})
    shots: list[str] = []
    for number, words in enumerate(("A street.", "A room.", "A hill."), start=1):
        values: Json = {"description": words, "dialogue": f"小明: line {number}"}
        answer = await insert_shot(
            studio, episode_id=UUID(str(episode["id"])), position=number, values=values
        )
        shots.append(str(answer.item["id"]))
    return project, str(episode["id"]), shots


@pytest.fixture
async def talk(studio: Studio) -> AsyncIterator[Talk]:
    project, episode, shots = await new_project(studio, "Rain")
    films = FilmRuns(studio)
    chats = Chats(studio, chat_tools(films))
    conversation = await start_conversation(studio, UUID(project))
    yield Talk(studio, films, chats, project, episode, shots, UUID(str(conversation["id"])))
    await chats.stop()
    await films.stop()
