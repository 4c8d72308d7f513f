"""Talk without a model: a fixed set of commands in Chinese and English, by rules.

It calls the same tools as a model does, so what changes becomes a proposal here too. What it does
not understand it says, with the commands that it knows.
"""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import cast

from pydantic import JsonValue

from ai_video.domain.entities import Json
from ai_video.domain.ids import new_id
from ai_video.domain.language_models import (
    ChatEvent,
    ChatTool,
    ChatTurn,
    TextDelta,
    ToolAnswered,
    ToolCalled,
    TurnEnded,
    Usage,
)
from ai_video.errors import AiVideoError, Language
from ai_video.studio.chat.commands import COMMANDS, Refused, Work, number_of, unknown
from ai_video.studio.chat.tools import error_for_model


class RulesChat:
    """Answers one message by rules, as a ChatModel."""

    name = "rules"
    model = ""

    def __init__(self, text: str, place: Json, *, language: Language) -> None:
        self.text = text
        self.place = place
        self.language: Language = language
        if re.search(r"[\u3400-\u9fff]", text):
            self.language = "zh"
        elif len(re.findall(r"[A-Za-z]{2,}", text)) > 1:
            self.language = "en"
        self._tools: dict[str, ChatTool] = {}
        self._events: list[ChatEvent] = []

    async def turn(
        self, turn: ChatTurn, *, budget: float | None = None
    ) -> AsyncGenerator[ChatEvent]:
        """The command's calls and its answer in words; nothing is ever paid."""
        self._tools = {tool.name: tool for tool in turn.tools}
        work, match = self._understood(self.text.strip())
        try:
            async for words in work(self, match):
                for event in self._happened():
                    yield event
                yield TextDelta(words)
        except Refused as refusal:
            for event in self._happened():
                yield event
            yield TextDelta(str(refusal))
        yield TurnEnded(usage=Usage(cost=0.0), model="")

    def _understood(self, text: str) -> tuple[Work, re.Match[str]]:
        # As it stands first: the end of new words is theirs, that of a question is not.
        for said in (text, text.rstrip("。.!！?？ ")):
            for pattern, work in COMMANDS:
                match = pattern.fullmatch(said)
                if match:
                    return work, match
        match = re.match("", text)
        assert match is not None
        return unknown, match

    def _happened(self) -> list[ChatEvent]:
        events, self._events = self._events, []
        return events

    async def call(self, name: str, **arguments: JsonValue) -> Json:
        """A tool's answer.

        Raises:
            Refused: it failed; the words are its message and hint.
        """
        id = f"rules-{new_id().hex[-12:]}"
        self._events.append(ToolCalled(id, name, arguments))
        try:
            answer = await self._tools[name].call(arguments)
        except AiVideoError as error:
            said = error_for_model(error, self.language)
            self._events.append(ToolAnswered(id, name, False, said))
            raise Refused(f"{said['message']} {said['hint']}") from error
        self._events.append(ToolAnswered(id, name, True, answer))
        return answer

    async def items(self, name: str, **arguments: JsonValue) -> list[Json]:
        """All items of a listing tool."""
        rows: list[Json] = []
        cursor: JsonValue = None
        while True:
            more: Json = {} if cursor is None else {"cursor": cursor}
            page = await self.call(name, **arguments, **more)
            rows += cast("list[Json]", page.get("items") or [])
            cursor = page.get("next")
            if not cursor:
                return rows

    def say(self, zh: str, en: str) -> str:
        return zh if self.language == "zh" else en

    @property
    def project_id(self) -> str:
        return str(cast("Json", self.place["project"])["id"])

    @property
    def episode_id(self) -> str:
        """The episode that is meant. Raises: Refused: there are several, or none."""
        episode = self.place.get("episode")
        if isinstance(episode, dict):
            return str(episode["id"])
        if not self.place.get("episodes"):
            raise Refused(self.say("这个项目还没有分集。", "This project has no episode yet."))
        raise Refused(
            self.say(
                "这个项目有好几集: 请在那一集的页面上说, 或加 --episode ID。",
                "This project has several episodes: say it on the page of one, or with --episode ID.",
            )
        )

    async def shot(self, match: re.Match[str]) -> Json:
        """The shot whose number was said. Raises: Refused: there is none."""
        said = match.groupdict()
        number = number_of(said.get("shot") or said.get("shot2") or "")
        for shot in await self.items("list_storyboards", episode_id=self.episode_id, limit=200):
            if shot.get("shot_number") == number:
                return shot
        raise Refused(self.say(f"没有第 {number} 镜。", f"There is no shot {number}."))

    def proposed(self, answer: Json) -> str:
        """What to say of a change that now waits for the user."""
        if "proposal_id" not in answer:
            return self.say("好了。", "Done.")
        stale = cast("Json", answer.get("becomes_stale") or {})
        redone = sum(cast("int", count) for count in stale.values())
        if not redone:
            return self.say("已列成提议, 请接受或拒绝。", "Proposed: accept or reject it.")
        return self.say(
            f"已列成提议, 请接受或拒绝。接受后要重做 {redone} 项。",
            f"Proposed: accept or reject it. To be made again after accepting: {redone}.",
        )
