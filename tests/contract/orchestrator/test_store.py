"""The store's own promises: fences, whole transactions, lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from tests.scheduling import check, dag, sqlite_url, task

from ai_video.domain.ids import new_id
from ai_video.domain.task import DAGStatus, TaskOutput, TaskStatus
from ai_video.errors import NotFound
from ai_video.orchestrator import commands
from ai_video.orchestrator.graph import DagGraph, Node
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.orchestrator.records import (
    AttemptEnd,
    AttemptStart,
    Changes,
    Claim,
    DagRows,
    Holder,
    Lease,
)
from ai_video.orchestrator.store import ChangesRefused, LeaseLost, TaskStore
from ai_video.orchestrator.submission import new_run
from ai_video.storage.task_store import SqlTaskStore

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
ME = Holder("me", "here", 1)


async def submitted(store: TaskStore, *keys: str, **more: object) -> UUID:
    run = new_run(dag(*[task(key) for key in keys], **more), {}, kinds=["work"], now=NOW)
    await store.add_dag(run.dag, run.tasks, run.events)
    return run.dag.id


async def lease_of(store: TaskStore, holder: Holder = ME) -> Lease:
    lease = await store.acquire(holder, ttl=60, gone=lambda _: True)
    assert lease is not None
    return lease


async def read(store: TaskStore) -> tuple[DagGraph, Node]:
    graph = DagGraph((await store.load({})).changed[0])
    return graph, next(iter(graph.nodes.values()))


def claim_of(graph: DagGraph, node: Node, changes: Changes, *, begun: bool = True) -> UUID:
    move, event = graph.claim(node)
    attempt_id = new_id()
    start = AttemptStart(attempt_id, node.record.id, node.record.attempts, "w", "me", begun=begun)
    unlocked = changes.unlocked.pop(node.record.id.int, 0)
    changes.claims.append(Claim(move, start, event, unlocked=unlocked))
    graph.start(changes)
    graph.touch(changes)
    return attempt_id


async def claimed(store: TaskStore, lease: Lease, *, begun: bool = True) -> UUID:
    graph, node = await read(store)
    changes = Changes(at=NOW, lease=lease)
    attempt_id = claim_of(graph, node, changes, begun=begun)
    await store.apply(changes)
    return attempt_id


async def test_a_task_can_be_claimed_once(store: TaskStore) -> None:
    await submitted(store, "a")
    lease = await lease_of(store)
    stale, node = await read(store)
    await claimed(store, lease)
    changes = Changes(at=NOW, lease=lease)
    claim_of(stale, node, changes)
    with pytest.raises(ChangesRefused):
        await store.apply(changes)
    assert len((await store.list_attempts([node.record.id]))[node.record.id]) == 1


async def test_nothing_of_a_refused_step_is_written(store: TaskStore) -> None:
    dag_id = await submitted(store, "a", "b")
    lease = await lease_of(store)
    stale, _ = await read(store)
    await claimed(store, lease)
    first, second = stale.nodes.values()
    changes = Changes(at=NOW, lease=lease)
    claim_of(stale, second, changes)
    claim_of(stale, first, changes)
    with pytest.raises(ChangesRefused):
        await store.apply(changes)
    rows = await store.list_tasks(dag_id=dag_id)
    assert [row.status for row in rows] == ["running", "pending"]
    assert await store.list_attempts([second.record.id]) == {}


async def test_a_step_under_an_old_lease_is_refused(store: TaskStore) -> None:
    await submitted(store, "a")
    old = await lease_of(store)
    await lease_of(store, Holder("other", "here", 2))
    with pytest.raises(LeaseLost):
        await claimed(store, old)


async def test_a_claim_is_refused_once_its_run_was_paused(store: TaskStore) -> None:
    dag_id = await submitted(store, "a")
    lease = await lease_of(store)
    graph, node = await read(store)
    await store.change(dag_id, lambda rows: commands.pause(rows, NOW), with_tasks=False)
    changes = Changes(at=NOW, lease=lease)
    claim_of(graph, node, changes)
    with pytest.raises(ChangesRefused):
        await store.apply(changes)


async def test_an_attempt_ends_once(store: TaskStore) -> None:
    dag_id = await submitted(store, "a")
    lease = await lease_of(store)
    attempt_id = await claimed(store, lease)
    graph, node = await read(store)
    changes = Changes(at=NOW, lease=lease, ends=[AttemptEnd(attempt_id, "failed")])
    graph.move(node, TaskStatus.PENDING, changes)
    await store.apply(changes)
    with pytest.raises(ChangesRefused):
        await store.apply(Changes(at=NOW, lease=lease, ends=[AttemptEnd(attempt_id, "failed")]))
    assert (await store.list_tasks(dag_id=dag_id))[0].status == "pending"


async def test_an_attempt_begins_once_and_not_after_its_end(store: TaskStore) -> None:
    await submitted(store, "a")
    lease = await lease_of(store)
    attempt_id = await claimed(store, lease, begun=False)
    await store.begin(attempt_id, worker="gpu-1")
    with pytest.raises(ChangesRefused):
        await store.begin(attempt_id, worker="gpu-2")
    with pytest.raises(ChangesRefused):
        await store.begin(new_id(), worker="gpu-1")
    task_id = (await store.list_tasks())[0].id
    assert (await store.list_attempts([task_id]))[task_id][0].worker == "gpu-1"


async def test_a_claim_finds_the_output_that_was_accepted_meanwhile(store: TaskStore) -> None:
    await submitted(store, "a", "b")
    lease = await lease_of(store)
    graph, _ = await read(store)
    first, second = graph.nodes.values()
    output = TaskOutput(assets=(new_id(),), facts={"length": 1.5, "字": ["雨"]})
    first.record.fingerprint = "print"
    changes = Changes(at=NOW, lease=lease)
    attempt_id = claim_of(graph, first, changes)
    await store.apply(changes)
    first.record.output = output
    changes = Changes(at=NOW, lease=lease, ends=[AttemptEnd(attempt_id, "completed")])
    graph.move(first, TaskStatus.COMPLETED, changes)
    await store.apply(changes)
    second.record.fingerprint = "print"
    changes = Changes(at=NOW, lease=lease)
    claim_of(graph, second, changes)
    assert await store.apply(changes) == {"print": output}
    assert await store.list_attempts([second.record.id]) == {}
    assert await store.apply(Changes(at=NOW, lookups=["print", "other"])) == {"print": output}
    assert await store.find_outputs(["other", "print"]) == {"print": output}


async def test_rows_come_back_as_they_were_stored(store: TaskStore) -> None:
    spec = dag(
        task("父", part=2, priority=7, max_retries=9, timeout=1.5, storyboard_id=new_id()),
        task("子", "父", line_id=new_id(), workflow_id=new_id()),
        name="雨夜 — '引号' 100%?",
        start_at=NOW,
        created_by="claude_agent",
        trigger_type="scheduled",
    )
    run = new_run(spec, {}, kinds=["work"], now=NOW)
    await store.add_dag(run.dag, run.tasks, run.events)
    loaded = (await store.load({})).changed[0]
    assert loaded.dag == run.dag
    assert loaded.tasks == run.tasks
    assert await store.get_dag(run.dag.id) == run.dag
    assert await store.list_tasks(dag_id=run.dag.id) == run.tasks
    assert await store.get_task(run.tasks[1].id) == run.tasks[1]


async def test_only_open_and_changed_runs_are_loaded(store: TaskStore) -> None:
    one = await submitted(store, "a")
    version = (await store.get_dag(one)).version
    two = await submitted(store, "b")
    loaded = await store.load({one: version})
    assert [rows.dag.id for rows in loaded.changed] == [two]
    assert loaded.open_ids == {one, two}
    assert (await store.wake()).open


async def test_a_command_is_seen_by_its_wake_and_version(store: TaskStore) -> None:
    dag_id = await submitted(store, "a")
    before, wake = await store.get_dag(dag_id), (await store.wake()).number
    await store.change(dag_id, lambda rows: commands.cancel(rows, NOW))
    after = await store.get_dag(dag_id)
    assert after.version > before.version
    assert (await store.wake()).number > wake
    assert not (await store.wake()).open
    assert after.status is DAGStatus.CANCELLED


async def test_lists_are_filtered_and_paged(store: TaskStore) -> None:
    dags = [await submitted(store, "a", "b", "c") for _ in range(3)]
    assert [row.id for row in await store.list_dags(limit=2)] == [dags[2], dags[1]]
    assert [row.id for row in await store.list_dags(limit=9, before=dags[1])] == [dags[0]]
    first = await store.list_tasks(limit=4)
    assert [row.key for row in first] == ["a", "b", "c", "a"]
    rest = await store.list_tasks(limit=9, after=first[-1].id)
    assert [row.key for row in rest] == ["b", "c", "a", "b", "c"]
    assert [row.key for row in await store.list_tasks(dag_id=dags[1], limit=1)] == ["a"]
    assert await store.list_tasks(status=TaskStatus.RUNNING) == []
    assert len(await store.list_tasks(status=TaskStatus.PENDING)) == 9
    assert await store.list_tasks(after=new_id()) == []
    with pytest.raises(NotFound):
        await store.get_task(new_id())
    with pytest.raises(NotFound):
        await store.get_dag(new_id())


async def test_records_read_from_a_store_are_copies(store: TaskStore) -> None:
    dag_id = await submitted(store, "a")
    row = (await store.list_tasks(dag_id=dag_id))[0]
    before = replace(row)
    row.status = TaskStatus.SKIPPED
    assert (await store.list_tasks(dag_id=dag_id))[0] == before


class Died(Exception):
    pass


@pytest.mark.parametrize(("moment", "written"), [("begun", 0), ("written", 0), ("committed", 1)])
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_a_death_leaves_all_of_a_step_or_nothing(
    tmp_path: Path, kind: str, moment: str, written: int
) -> None:
    dies = False

    def at(reached: str) -> None:
        if dies and reached == moment:
            raise Died

    store: TaskStore = (
        MemoryTaskStore(on_moment=at)
        if kind == "memory"
        else SqlTaskStore(sqlite_url(tmp_path), on_moment=at, inline=True)
    )
    await submitted(store, "a")
    lease = await lease_of(store)
    _, node = await read(store)
    dies = True
    with pytest.raises(Died):
        await claimed(store, lease)
    dies = False
    attempts = await store.list_attempts([node.record.id])
    assert sum(len(rows) for rows in attempts.values()) == written
    await check(store)
    await store.close()


async def test_a_claim_counts_the_parents_that_are_done_since(store: TaskStore) -> None:
    run = new_run(dag(task("a"), task("b", "a")), {}, kinds=["work"], now=NOW)
    await store.add_dag(run.dag, run.tasks, run.events)
    lease = await lease_of(store)
    graph = DagGraph((await store.load({})).changed[0])
    parent, child = graph.nodes.values()
    changes = Changes(at=NOW, lease=lease)
    first = claim_of(graph, parent, changes)
    await store.apply(changes)
    parent.record.output = TaskOutput()
    child.record.fingerprint = "print"
    changes = Changes(at=NOW, lease=lease, ends=[AttemptEnd(first, "completed")])
    graph.move(parent, TaskStatus.COMPLETED, changes)
    claim_of(graph, child, changes)
    assert child.record.id.int not in changes.unlocked
    await store.apply(changes)
    rows = await store.list_tasks(dag_id=run.dag.id)
    assert [(row.status, row.pending_parents) for row in rows] == [("completed", 0), ("running", 0)]


async def test_a_run_that_was_just_submitted_is_read_again_only_if_something_happened(
    store: TaskStore,
) -> None:
    run = new_run(dag(task("a")), {}, kinds=["work"], now=NOW)
    await store.add_dag(run.dag, run.tasks, run.events)
    fresh = DagRows(replace(run.dag), [replace(row) for row in run.tasks], {})
    assert (await store.load({}, fresh=fresh)).changed == [fresh]
    lease = await lease_of(store)
    await claimed(store, lease)
    (rows,) = (await store.load({}, fresh=fresh)).changed
    assert rows.tasks[0].status is TaskStatus.RUNNING
