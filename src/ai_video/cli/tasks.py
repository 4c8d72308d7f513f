"""`tasks` and `dags`: what runs, what waits for a person, and any DAG of your own."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from pydantic import ValidationError

from ai_video.cli.caller import DoorCommand, DoorGroup
from ai_video.cli.present import list_words, record_words
from ai_video.cli.records import page_options
from ai_video.cli.running import answer, record_id
from ai_video.domain.task import DAGSpec, TaskStatus
from ai_video.errors import InputRefused, UsageError
from ai_video.studio.runs import dags as dag_verbs
from ai_video.studio.runs import tasks as task_verbs


@click.group(cls=DoorGroup)
def tasks() -> None:
    """Tasks and their attempts."""


def _list_tasks(
    dag: str | None, episode: str | None, status: str | None, limit: int, cursor: str | None
) -> None:
    dag_id = record_id(dag, "dags") if dag else None
    episode_id = record_id(episode, "episodes") if episode else None
    answer(
        lambda studio: task_verbs.list_tasks(
            studio, dag_id=dag_id, episode_id=episode_id, status=status, limit=limit, cursor=cursor
        ),
        list_words("tasks"),
    )


tasks.add_command(
    DoorCommand(
        "list",
        callback=_list_tasks,
        help="List tasks with their attempts.",
        params=[
            click.Option(["--dag"], metavar="ID"),
            click.Option(["--episode"], metavar="ID"),
            click.Option(["--status"], type=click.Choice([status.value for status in TaskStatus])),
            *page_options(),
        ],
    )
)


@tasks.command()
@click.argument("id")
def show(id: str) -> None:
    """Show a task."""
    wanted = record_id(id, "tasks")
    answer(lambda studio: task_verbs.show_task(studio, wanted), record_words)


@tasks.command()
@click.argument("id")
def logs(id: str) -> None:
    """Show what a task's attempts logged."""
    wanted = record_id(id, "tasks")
    answer(lambda studio: task_verbs.task_logs(studio, wanted), list_words("logs"))


@tasks.command()
@click.argument("id")
def retry(id: str) -> None:
    """Try again a task that waits for a person."""
    wanted = record_id(id, "tasks")
    answer(lambda studio: task_verbs.retry_task(studio, wanted), record_words)


@tasks.command()
@click.argument("id")
def skip(id: str) -> None:
    """Go on without this task."""
    wanted = record_id(id, "tasks")
    answer(lambda studio: task_verbs.skip_task(studio, wanted), record_words)


@tasks.command()
@click.argument("id")
@click.option("--take", metavar="ID", help="A take of its shot or line.")
@click.option("--file", type=click.Path(path_type=Path), help="A picture, clip or recording.")
def use(id: str, take: str | None, file: Path | None) -> None:
    """Give a task that waits for a person its result: a take, or a file of your own."""
    wanted = record_id(id, "tasks")
    if file is not None and take is None:
        answer(lambda studio: task_verbs.use_file(studio, wanted, file), record_words)
    elif take is not None and file is None:
        take_id = record_id(take, "takes")
        answer(lambda studio: task_verbs.use_take(studio, wanted, take_id), record_words)
    else:
        raise UsageError("usage", reason="name one of --take and --file")


@tasks.command()
@click.argument("id")
def cancel(id: str) -> None:
    """Cancel a task."""
    wanted = record_id(id, "tasks")
    answer(lambda studio: task_verbs.cancel_task(studio, wanted), record_words)


@click.group(cls=DoorGroup)
def dags() -> None:
    """Runs: task graphs of films, and your own."""


def _list_dags(limit: int, cursor: str | None) -> None:
    answer(
        lambda studio: dag_verbs.list_dags(studio, limit=limit, cursor=cursor), list_words("dags")
    )


dags.add_command(
    DoorCommand("list", callback=_list_dags, help="List runs, newest first.", params=page_options())
)


@dags.command("show")
@click.argument("id")
def show_dag(id: str) -> None:
    """Show a run."""
    wanted = record_id(id, "dags")
    answer(lambda studio: dag_verbs.show_dag(studio, wanted), record_words)


@dags.command()
@click.argument("file", metavar="FILE|-")
@click.option("--wait", is_flag=True, help="Until it has ended.")
def submit(file: str, wait: bool) -> None:
    """Submit a DAG (JSON)."""
    spec = read_spec(file)
    answer(lambda studio: dag_verbs.submit_dag(studio, spec, wait=wait), record_words)


@dags.command()
@click.argument("id")
@click.option("--wait", is_flag=True, help="Until it has ended.")
def run(id: str, wait: bool) -> None:
    """Continue whatever of a run is unfinished."""
    wanted = record_id(id, "dags")
    answer(lambda studio: dag_verbs.run_dag(studio, wanted, wait=wait), record_words)


@dags.command()
@click.argument("id")
def pause(id: str) -> None:
    """Start nothing new of a run."""
    wanted = record_id(id, "dags")
    answer(lambda studio: dag_verbs.pause_dag(studio, wanted), record_words)


@dags.command()
@click.argument("id")
def resume(id: str) -> None:
    """Go on with a paused run."""
    wanted = record_id(id, "dags")
    answer(lambda studio: dag_verbs.resume_dag(studio, wanted), record_words)


@dags.command("cancel")
@click.argument("id")
def cancel_dag(id: str) -> None:
    """Cancel a run."""
    wanted = record_id(id, "dags")
    answer(lambda studio: dag_verbs.cancel_dag(studio, wanted), record_words)


def read_spec(file: str) -> DAGSpec:
    """A DAG from a JSON file or `-`.

    Raises:
        InputRefused: unreadable, or not a DAG; `field` names the place.
    """
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return DAGSpec.model_validate_json(data)
    except OSError as exc:
        reason = exc.strerror or type(exc).__name__
        raise InputRefused("file_unreadable", path=file, reason=reason) from exc
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"]) or "dag"
        raise InputRefused("invalid_value", field=name, reason=first["msg"]) from exc
