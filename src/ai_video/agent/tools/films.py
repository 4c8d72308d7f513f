"""Films and voices: make a film, see how it stands."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import Field

from ai_video.agent.tool import Arguments, Desk, Words, tool
from ai_video.agent.tools.answers import EpisodeId, Rows
from ai_video.domain.entities import Json
from ai_video.studio.film.render import render_film as render
from ai_video.studio.records.document_models import OpenDocument
from ai_video.studio.records.records import show_record
from ai_video.studio.records.videos import list_videos
from ai_video.studio.records.voices import list_voices as voices
from ai_video.studio.requests import (
    FilmDocument,
    MakeBody,
    MakeRequest,
    RenderBody,
    RenderRequest,
    SeriesDocument,
)


class Started(OpenDocument):
    """A film that is being made; get_film says how far it is."""

    ok: bool
    project_id: UUID
    episode_ids: list[UUID]
    filming: bool


@tool(
    MakeBody,
    Started,
    Words(
        "制作影片",
        "Make a film",
        "把文字 (故事、新闻、科普、剧本) 变成影片: 先写好分镜, 然后在后台制作, 用 get_film 看进度。"
        "同名项目里同一文字是同一集。先只要分镜时用 until=storyboards。",
        "Make a film of a text (story, news, science piece, screenplay): the shots are planned at once, the film is "
        "made in the background; get_film says how far it is. The same text in the same project is the same "
        "episode. until=storyboards plans only.",
    ),
    effect="changes",
    core=True,
)  # fmt: skip
async def make_film(desk: Desk, said: MakeBody) -> object:
    request = MakeRequest.model_validate(
        said.model_dump(exclude_unset=True, exclude={"narrator_voice"})
    )
    planned = await desk.films.make(request, narrator_voice=said.narrator_voice)
    episodes = planned.episodes if isinstance(planned, SeriesDocument) else [planned]
    ids = [episode.episode_id for episode in episodes]
    return Started(
        ok=True,
        project_id=planned.project_id,
        episode_ids=ids,
        filming=any(desk.films.is_filming(id) for id in ids),
    )


class RenderEpisode(EpisodeId, RenderBody):
    """An episode, and which part of it."""


@tool(
    RenderEpisode,
    Started,
    Words(
        "更新影片",
        "Bring a film up to date",
        "修改之后更新分集的影片: 只重做需要重做的部分, 在后台进行。",
        "Bring an episode's film up to date after edits, in the background: only what is not current runs.",
    ),
    effect="adds",
)
async def render_film(desk: Desk, said: RenderEpisode) -> object:
    episode = await show_record(desk.studio, "episodes", said.episode_id)
    request = RenderRequest.model_validate(said.model_dump(exclude_unset=True))
    await render(desk.studio, request.model_copy(update={"dry_run": True}))
    desk.films.render(request)
    return {
        "ok": True,
        "project_id": episode["project_id"],
        "episode_ids": [said.episode_id],
        "filming": True,
    }


class FilmState(FilmDocument):
    """A film as it stands: `executed` is what the next render would do."""

    filming: bool
    videos: list[Json]


@tool(
    EpisodeId,
    FilmState,
    Words(
        "影片状态",
        "How a film stands",
        "分集的影片做到哪里, 还缺什么, 有哪些成片。",
        "How an episode's film stands: what is made, what is missing, and its finished versions.",
    ),
    large=True,
)
async def get_film(desk: Desk, said: EpisodeId) -> object:
    state = await render(desk.studio, RenderRequest(episode_id=said.episode_id, dry_run=True))
    videos = await list_videos(desk.studio, said.episode_id)
    filming = desk.films.is_filming(said.episode_id)
    return {**state.model_dump(), "filming": filming, "videos": videos.items}


class VoicesOf(Arguments):
    lang: Literal["zh", "en"] | None = Field(default=None, description="those of one language")


@tool(
    VoicesOf,
    Rows,
    Words("列出声音", "List voices", "列出可用的声音。", "List the voices there are."),
)
async def list_voices(desk: Desk, said: VoicesOf) -> object:
    return await voices(desk.studio, lang=said.lang)
