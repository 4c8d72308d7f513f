"""Runs and their tasks: see them, and decide about those that wait for a person."""

from __future__ import annotations

from uuid import UUID

from ai_video.agent.tool import Arguments, Desk, Words, tool
from ai_video.agent.tools.answers import Paged, Rows
from ai_video.domain.entities import Json
from ai_video.domain.task import TaskStatus
from ai_video.studio.records.document_models import OpenDocument
from ai_video.studio.runs import dags, tasks


class ListTasks(Paged):
    dag_id: UUID | None = None
    episode_id: UUID | None = None
    status: TaskStatus | None = None


class TaskDocument(OpenDocument):
    id: UUID
    key: str
    dag_id: UUID
    kind: str
    status: str
    storyboard_id: UUID | None
    line_id: UUID | None
    attempts: list[Json]


class TaskPage(OpenDocument):
    items: list[TaskDocument]
    next: str | None


@tool(
    ListTasks,
    TaskPage,
    Words(
        "列出任务",
        "List tasks",
        "列出任务及其每次尝试; status=manual_review 是等人处理的。",
        "List tasks with their attempts; status=manual_review are those that wait for a person.",
    ),
    large=True,
)
async def list_tasks(desk: Desk, said: ListTasks) -> object:
    return await tasks.list_tasks(
        desk.studio,
        dag_id=said.dag_id,
        episode_id=said.episode_id,
        status=said.status,
        limit=said.limit,
        cursor=said.cursor,
    )


class TaskId(Arguments):
    task_id: UUID


@tool(
    TaskId,
    TaskDocument,
    Words("查看任务", "Show a task", "一个任务及其每次尝试。", "One task with its attempts."),
)
async def get_task(desk: Desk, said: TaskId) -> object:
    return await tasks.show_task(desk.studio, said.task_id)


@tool(
    TaskId,
    Rows,
    Words("任务日志", "Logs of a task", "任务的日志。", "The log lines of a task."),
)
async def get_task_logs(desk: Desk, said: TaskId) -> object:
    return await tasks.task_logs(desk.studio, said.task_id)


@tool(
    TaskId,
    TaskDocument,
    Words(
        "重试任务",
        "Retry a task",
        "重试等人处理的任务; 先解决 error_message 说的问题。",
        "Try a task again that waits for a person; first mend what its error_message says.",
    ),
    effect="changes",
)
async def retry_task(desk: Desk, said: TaskId) -> object:
    return await tasks.retry_task(desk.studio, said.task_id)


class DagId(Arguments):
    dag_id: UUID


class DagDocument(OpenDocument):
    id: UUID
    name: str
    episode_id: UUID | None
    status: str
    total_tasks: int
    completed_tasks: int
    failed_tasks: int


class DagPage(OpenDocument):
    items: list[DagDocument]
    next: str | None


@tool(
    Paged,
    DagPage,
    Words("列出运行", "List runs", "列出运行, 新的在前。", "List the runs, newest first."),
)
async def list_dags(desk: Desk, said: Paged) -> object:
    return await dags.list_dags(desk.studio, limit=said.limit, cursor=said.cursor)


@tool(
    DagId,
    DagDocument,
    Words(
        "查看运行", "Show a run", "一次运行及其任务的状态。", "A run with the state of its tasks."
    ),
    large=True,
)
async def get_dag(desk: Desk, said: DagId) -> object:
    return await dags.show_dag(desk.studio, said.dag_id)


@tool(
    DagId,
    DagDocument,
    Words(
        "暂停运行",
        "Pause a run",
        "暂停: 正在做的做完, 不再开始新的。",
        "Pause a run: what runs is finished, nothing new starts.",
    ),
    effect="changes",
)
async def pause_dag(desk: Desk, said: DagId) -> object:
    return await dags.pause_dag(desk.studio, said.dag_id)


@tool(
    DagId,
    DagDocument,
    Words("继续运行", "Resume a run", "继续暂停的运行。", "Go on with a paused run."),
    effect="changes",
)
async def resume_dag(desk: Desk, said: DagId) -> object:
    return await dags.resume_dag(desk.studio, said.dag_id)


@tool(
    DagId,
    DagDocument,
    Words(
        "取消运行",
        "Cancel a run",
        "取消运行; 已完成的保留。",
        "Cancel a run; what is finished stays.",
    ),
    effect="changes",
)
async def cancel_dag(desk: Desk, said: DagId) -> object:
    return await dags.cancel_dag(desk.studio, said.dag_id)
