"""The tools of one turn: what reads is done, what changes becomes a proposal, and there are bounds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, cast
from uuid import UUID

from ai_video.domain.entities import ConversationMessage, Json
from ai_video.domain.language_models import ChatTool
from ai_video.errors import InputRefused, Language
from ai_video.studio.chat.proposals import propose, told_to_model
from ai_video.studio.chat.tools import (
    ANSWER_CHARACTERS,
    ToolInChat,
    for_model,
    in_project,
    length_of,
    storable,
)
from ai_video.studio.studio import Studio

ASKED: Final[dict[Language, str]] = {
    "en": " (Becomes a proposal that the user accepts or rejects.)",
    "zh": " (会变成一条提议, 由用户接受或拒绝。)",
}
TURN_CHARACTERS: Final = 120_000
"""What a model may read in one turn: all of it is sent again with every further request."""


class TurnCalls:
    """What a model may call while it gives one answer."""

    def __init__(
        self,
        studio: Studio,
        tools: Mapping[str, ToolInChat],
        project_id: UUID,
        answer: ConversationMessage,
        *,
        most_calls: int,
        whole: bool = False,
    ) -> None:
        """`whole`: answers are not cut, for a reader that is no model."""
        self._studio = studio
        self._project_id = project_id
        self._answer = answer
        self._most = most_calls
        self._whole = whole
        self._calls = 0
        self._room = TURN_CHARACTERS
        self.tools: list[ChatTool] = [
            ChatTool(
                name=tool.name,
                description=tool.description + (ASKED[studio.language] if tool.may_change else ""),
                schema=tool.schema,
                call=self._calling(tool),
            )
            for tool in tools.values()
        ]

    def _calling(self, tool: ToolInChat) -> Callable[[Json], Awaitable[Json]]:
        async def call(arguments: Json) -> Json:
            """Raises InputRefused: `chat_calls_used_up`, `chat_read_enough`, what the tool raises."""
            self._calls += 1
            if self._calls > self._most:
                raise InputRefused("chat_calls_used_up", limit=self._most)
            said = cast("Json", storable(arguments))
            said = await in_project(self._studio, tool, said, self._project_id)
            if tool.reads(said):
                return await self._read(tool, said)
            return told_to_model(await propose(self._studio, self._answer, tool, said))

        return call

    async def _read(self, tool: ToolInChat, arguments: Json) -> Json:
        if self._whole:
            return await tool.call(self._studio, arguments)
        if self._room <= 0:
            raise InputRefused("chat_read_enough", limit=TURN_CHARACTERS)
        answer = await tool.call(self._studio, arguments)
        answer = for_model(answer, room=min(ANSWER_CHARACTERS, self._room))
        self._room -= length_of(answer)
        return answer
