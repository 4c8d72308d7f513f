"""Surgery on an episode's shots, undo and redo, and what is stale after edits."""

from __future__ import annotations

from typing import Any

from pydantic import Field, create_model

from ai_video.agent.tool import Arguments, Desk, Words, tool
from ai_video.agent.tools.answers import EDIT, EDITS, EpisodeId, Id, StaleRows
from ai_video.agent.tools.records import changes_of, said_of
from ai_video.studio.film.stale import stale_rows
from ai_video.studio.records.shots import insert_shot, merge_shot, move_shot, redo, split_shot, undo


class Insert(EpisodeId):
    position: int = Field(ge=1, le=1_000_000, description="its shot number")
    values: Arguments


_SHOT: Any = (changes_of("storyboards"), ...)


@tool(
    create_model("InsertStoryboard", __base__=Insert, values=_SHOT),
    EDITS["storyboards"],
    Words(
        "插入分镜", "Insert a shot", "在某个位置插入新分镜。", "Insert a new shot at a position."
    ),
    effect="adds",
    rehearsable=True,
)
async def insert_storyboard(desk: Desk, said: Insert) -> object:
    return await insert_shot(
        desk.studio,
        episode_id=said.episode_id,
        position=said.position,
        values=said_of(said.values),
    )


class Move(Id):
    position: int = Field(ge=1, le=1_000_000, description="its new shot number")


@tool(
    Move,
    EDITS["storyboards"],
    Words("移动分镜", "Move a shot", "把分镜移到某个位置。", "Move a shot to another position."),
    effect="changes",
    rehearsable=True,
)
async def move_storyboard(desk: Desk, said: Move) -> object:
    return await move_shot(desk.studio, said.id, position=said.position)


class Split(Id):
    after_line: int = Field(ge=1, le=1_000_000, description="the last line of the first half")


@tool(
    Split,
    EDITS["storyboards"],
    Words(
        "拆分分镜",
        "Split a shot",
        "在某句台词之后把分镜拆成两个; 回答是后一个。",
        "Split a shot in two after one of its lines; answers the second one.",
    ),
    effect="changes",
    rehearsable=True,
)
async def split_storyboard(desk: Desk, said: Split) -> object:
    return await split_shot(desk.studio, said.id, after_line=said.after_line)


@tool(
    Id,
    EDITS["storyboards"],
    Words(
        "合并分镜",
        "Merge shots",
        "把分镜与它后面的一个合并。",
        "Merge a shot with the one behind it.",
    ),
    effect="changes",
    rehearsable=True,
)
async def merge_storyboards(desk: Desk, said: Id) -> object:
    return await merge_shot(desk.studio, said.id)


@tool(
    EpisodeId,
    EDIT,
    Words("撤销", "Undo", "撤销分集里最近一次修改。", "Take back the last edit of an episode."),
    effect="changes",
    rehearsable=True,
)
async def undo_edit(desk: Desk, said: EpisodeId) -> object:
    return await undo(desk.studio, said.episode_id)


@tool(
    EpisodeId,
    EDIT,
    Words(
        "重做",
        "Redo",
        "重做分集里刚撤销的修改。",
        "Make the edit of an episode again that was undone.",
    ),
    effect="changes",
    rehearsable=True,
)
async def redo_edit(desk: Desk, said: EpisodeId) -> object:
    return await redo(desk.studio, said.episode_id)


@tool(
    EpisodeId,
    StaleRows,
    Words(
        "待更新的部分",
        "What is stale",
        "修改之后分集里不再是最新的部分。",
        "What of an episode is not current after edits.",
    ),
)
async def list_stale(desk: Desk, said: EpisodeId) -> object:
    return {"items": await stale_rows(desk.studio, said.episode_id), "next": None}
