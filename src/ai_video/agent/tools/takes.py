"""Takes of a shot: what there is to choose from, more of them, and which one the film shows."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from ai_video.agent.tool import Arguments, Desk, Words, tool
from ai_video.agent.tools.answers import EDIT, PAGES, Id
from ai_video.domain.entities import Json
from ai_video.studio.records.document_models import OpenDocument
from ai_video.studio.runs import candidates, take_comparison, takes
from ai_video.studio.runs.candidates import MOST_CANDIDATES, CandidateKind
from ai_video.studio.runs.likeness import likeness_of_take
from ai_video.studio.runs.take_comparison import MOST_COMPARED


class TakesOf(Arguments):
    """Exactly one of the two."""

    storyboard_id: UUID | None = None
    line_id: UUID | None = None


@tool(
    TakesOf,
    PAGES["takes"],
    Words(
        "列出候选",
        "List takes",
        "列出分镜的画面和片段, 或台词的配音。",
        "List the pictures and clips of a shot, or the recordings of a line.",
    ),
)
async def list_takes(desk: Desk, said: TakesOf) -> object:
    return await takes.list_takes(
        desk.studio, storyboard_id=said.storyboard_id, line_id=said.line_id
    )


@tool(
    Id,
    EDIT,
    Words("选用候选", "Select a take", "选用某个候选。", "Use this take in the film."),
    effect="changes",
    rehearsable=True,
)
async def select_take(desk: Desk, said: Id) -> object:
    return await takes.select_take(desk.studio, said.id)


class LockTake(Id):
    locked: bool = True


@tool(
    LockTake,
    EDIT,
    Words(
        "锁定候选",
        "Lock a take",
        "锁定 (或解锁) 候选: 锁定的不会被替换。",
        "Lock or unlock a take: a locked one is never replaced.",
    ),
    effect="changes",
    rehearsable=True,
)
async def lock_take(desk: Desk, said: LockTake) -> object:
    verb = takes.lock_take if said.locked else takes.unlock_take
    return await verb(desk.studio, said.id)


class MakeTakes(Arguments):
    storyboard_id: UUID
    kind: CandidateKind = Field(
        default="image", description="video: clips from the picture that the shot shows"
    )
    count: int = Field(default=3, ge=1, le=MOST_CANDIDATES)


class BegunTakes(OpenDocument):
    """A run that draws takes; list_takes has each when it is there."""

    ok: bool
    dag_id: UUID
    status: str
    kind: CandidateKind
    seeds: list[int]
    degraded: list[Json]


@tool(
    MakeTakes,
    BegunTakes,
    Words(
        "多画几个候选",
        "Make takes",
        "在后台为分镜再画几个画面 (或片段) 供挑选, 种子各不相同; 不替换现有的。用 list_takes 查看, 用 select_take 选用。",
        "Draw more pictures (or clips) of a shot to choose from, each with another seed, in the background; none "
        "replaces what is shown. list_takes has them as they come, select_take uses one.",
    ),
    effect="adds",
)  # fmt: skip
async def make_takes(desk: Desk, said: MakeTakes) -> object:
    begun = await candidates.make_takes(
        desk.studio, said.storyboard_id, kind=said.kind, count=said.count, wait=False
    )
    desk.films.follow(UUID(str(begun["dag_id"])))
    return begun


class TakesToCompare(Arguments):
    ids: list[UUID] = Field(
        min_length=2, max_length=MOST_COMPARED, description="takes of one shot or line, of one kind"
    )


class ComparedTakes(OpenDocument):
    kind: str
    storyboard_id: UUID | None
    line_id: UUID | None
    takes: list[Json]
    differences: list[Json]


@tool(
    TakesToCompare,
    ComparedTakes,
    Words(
        "对比候选",
        "Compare takes",
        "并排对比同一分镜的候选: 种子、缺陷、评分, 以及生成图中不同的地方。",
        "Takes of one shot side by side: seeds, defects, scores, and what differs in their graphs.",
    ),
    large=True,
)
async def compare_takes(desk: Desk, said: TakesToCompare) -> object:
    return await take_comparison.compare_takes(desk.studio, said.ids)


class Likeness(OpenDocument):
    take_id: UUID
    storyboard_id: UUID
    faces: int
    same_within: float
    characters: list[Json]


@tool(
    Id,
    Likeness,
    Words(
        "对照人脸",
        "Likeness of a take",
        "把候选里的人脸与角色的参考图对照; 结果也记在候选的 scores.likeness。",
        "Compare the faces of a take with its characters' reference pictures; what is found also stands in the "
        "take's scores.likeness.",
    ),
    effect="changes",
)  # fmt: skip
async def take_likeness(desk: Desk, said: Id) -> object:
    return await likeness_of_take(desk.studio, said.id)
