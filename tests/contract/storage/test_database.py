"""What `Database` and `Unit` promise, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import insert, select, text
from sqlalchemy.exc import StatementError

from ai_video.domain import entities as e
from ai_video.domain.ids import new_id
from ai_video.errors import Conflict, NotFound
from ai_video.storage.database import Database, Unit
from ai_video.storage.tables import CostRow, EventRow


async def store(database: Database, *entities: e.Entity) -> None:
    await database.write(lambda unit: unit.add_all(entities))


async def count(database: Database, kind: type[e.Entity]) -> int:
    return len(await database.read(lambda unit: unit.find(kind)))


async def test_every_entity_comes_back_as_it_went_in(database: Database, film: Any) -> None:
    await store(database, *film.everything())
    for entity in film.everything():
        kind, id = type(entity), entity.id
        assert await database.read(lambda unit, k=kind, i=id: unit.get(k, i)) == entity


async def test_json_none_is_null_and_inner_none_stays(database: Database, film: Any) -> None:
    take = film.take.model_copy(update={"facts": {"inner": None, "名": ["一", None]}})
    await store(database, take, film.storyboard, film.scene, film.asset, film.episode, film.project)

    async def look(unit: Unit) -> tuple[e.Take, int]:
        nulls = await unit.session.execute(
            text("SELECT count(*) FROM take WHERE workflow_json IS NULL")
        )
        return await unit.get(e.Take, take.id), nulls.scalar_one()

    stored, nulls = await database.read(look)
    assert stored.facts == {"inner": None, "名": ["一", None]}
    assert (stored.workflow_json, nulls) == (None, 1)


async def test_times_come_back_as_the_same_moment_in_utc(database: Database, new: Any) -> None:
    eight = datetime(2026, 1, 2, 8, 0, tzinfo=timezone(timedelta(hours=8)))
    project = new(e.Project, name="p").model_copy(update={"created_at": eight})
    await store(database, project)
    stored = await database.read(lambda unit: unit.get(e.Project, project.id))
    assert stored.created_at == datetime(2026, 1, 2, 0, 0, tzinfo=UTC)
    assert stored.created_at.utcoffset() == timedelta(0)


async def test_a_time_without_a_zone_is_refused(database: Database, new: Any) -> None:
    naive = new(e.Project, name="p").model_copy(update={"created_at": datetime(2026, 1, 2)})  # noqa: DTZ001  the slip itself
    with pytest.raises(StatementError, match="without a zone"):
        await store(database, naive)


async def test_a_missing_row_is_named(database: Database) -> None:
    with pytest.raises(NotFound) as caught:
        await database.read(lambda unit: unit.get(e.Episode, new_id()))
    assert caught.value.fields["what"] == "episode"


async def test_find_filters_orders_and_goes_on_after_a_row(database: Database, new: Any) -> None:
    project = new(e.Project, name="p")
    episodes = [
        new(e.Episode, project_id=project.id, title=f"t{i % 2}", order=i // 2) for i in range(6)
    ]
    await store(database, project, *episodes)

    async def look(unit: Unit) -> None:
        async def found(**given: Any) -> list[int]:
            return [episodes.index(row) for row in await unit.find(e.Episode, **given)]

        assert await found() == [0, 1, 2, 3, 4, 5]
        assert await found(title="t1") == [1, 3, 5]
        assert await found(id=[episodes[4].id, episodes[1].id]) == [1, 4]
        assert await found(id=[]) == []
        assert await found(mode=None, limit=2) == [0, 1]
        assert await found(mode="news") == []
        assert await found(after=episodes[3].id) == [4, 5]
        assert await found(order_by=("-order",)) == [4, 5, 2, 3, 0, 1]
        at = (episodes[2].order, episodes[2].id)
        assert await found(order_by=("-order",), after=at, limit=2) == [3, 0]
        assert await found(order_by=("title", "-order"), after=("t0", 1, episodes[2].id)) == [
            0,
            5,
            3,
            1,
        ]

    await database.read(look)


async def test_a_change_raises_the_revision_and_keeps_the_rest(
    database: Database, film: Any
) -> None:
    await store(database, film.project)
    changed = await database.write(lambda unit: unit.change(film.project, name="晴天"))
    assert changed.revision == 1
    assert changed.updated_at > film.project.updated_at
    assert changed.settings == film.project.settings
    assert await database.read(lambda unit: unit.get(e.Project, film.project.id)) == changed


async def test_equal_values_are_no_change(database: Database, film: Any) -> None:
    await store(database, film.project)
    assert await database.write(lambda unit: unit.change(film.project, name="雨夜")) == film.project


async def test_a_change_on_an_old_value_is_a_conflict(database: Database, film: Any) -> None:
    await store(database, film.project)
    await database.write(lambda unit: unit.change(film.project, name="first"))
    with pytest.raises(Conflict) as caught:
        await database.write(lambda unit: unit.change(film.project, name="second"))
    assert caught.value.code == "changed_meanwhile"
    stored = await database.read(lambda unit: unit.get(e.Project, film.project.id))
    assert stored.name == "first"


async def test_a_change_of_a_removed_row_is_not_found(database: Database, film: Any) -> None:
    with pytest.raises(NotFound):
        await database.write(lambda unit: unit.change(film.project, name="x"))


async def test_a_value_that_does_not_fit_is_never_stored(database: Database, film: Any) -> None:
    await store(database, film.project)
    with pytest.raises(ValidationError):
        await database.write(lambda unit: unit.change(film.project, status="unheard of"))
    with pytest.raises(ValidationError):
        await database.write(lambda unit: unit.change(film.project, unheard_of=1))


async def test_a_state_outside_the_list_is_refused_by_the_database_too(
    database: Database, film: Any
) -> None:
    await store(database, film.project)

    async def work(unit: Unit) -> None:
        await unit.session.execute(text("UPDATE project SET status = 'unheard of'"))

    with pytest.raises(Conflict) as caught:
        await database.write(work)
    assert caught.value.code == "conflicts_with_stored"


async def test_work_that_raises_leaves_nothing(database: Database, film: Any) -> None:
    async def work(unit: Unit) -> None:
        await unit.add(film.project)
        await unit.event("project.created", film.project.id)
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        await database.write(work)
    assert await count(database, e.Project) == 0
    events = await database.read(lambda unit: unit.session.scalars(select(EventRow)))
    assert events.all() == []


async def test_reading_work_cannot_write(database: Database, film: Any) -> None:
    with pytest.raises(RuntimeError, match="work that writes"):
        await database.read(lambda unit: unit.add(film.project))


async def test_a_transaction_inside_another_is_refused_not_waited_for(database: Database) -> None:
    async def work(unit: Unit) -> None:
        await database.write(lambda inner: inner.find(e.Project))

    with pytest.raises(RuntimeError, match="transaction already"):
        await database.write(work)
    assert await count(database, e.Project) == 0


async def test_read_modify_write_loses_no_update(database: Database, film: Any) -> None:
    await store(database, film.project, film.episode)

    async def one_more(unit: Unit) -> None:
        episode = await unit.get(e.Episode, film.episode.id)
        await asyncio.sleep(0)
        await unit.change(episode, order=episode.order + 1)

    async def many() -> None:
        for _ in range(10):
            await database.write(one_more)

    await asyncio.gather(*(many() for _ in range(8)))
    stored = await database.read(lambda unit: unit.get(e.Episode, film.episode.id))
    assert (stored.order, stored.revision) == (81, 80)


async def test_a_reader_waits_for_no_writer(database: Database, film: Any) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def slow(unit: Unit) -> None:
        await unit.add(film.project)
        inside.set()
        await leave.wait()

    writer = asyncio.create_task(database.write(slow))
    await inside.wait()
    async with asyncio.timeout(2):
        assert await count(database, e.Project) == 0
    leave.set()
    await writer
    assert await count(database, e.Project) == 1


async def test_a_reader_sees_one_state_to_its_end(database: Database, film: Any) -> None:
    async def look(unit: Unit) -> tuple[int, int]:
        before = len(await unit.find(e.Project))
        await store(database, film.project)
        return before, len(await unit.find(e.Project))

    assert await database.read(look) == (0, 0)
    assert await count(database, e.Project) == 1


async def test_cancelled_callers_leave_no_lock(database: Database, new: Any) -> None:
    chance = random.Random(7)
    project = new(e.Project, name="p")
    await store(database, project)

    async def work(unit: Unit) -> None:
        await unit.add(new(e.Episode, project_id=project.id, title="t"))
        await unit.find(e.Episode)

    for _ in range(40):
        task = asyncio.create_task(database.write(work))
        await asyncio.sleep(chance.random() * 0.004)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(2):
            await database.write(work)
    await database.close()
    await database.open(migrate=False)
    assert await count(database, e.Episode) >= 40


async def test_work_of_a_cancelled_caller_is_still_stored_whole(
    database: Database, film: Any
) -> None:
    inside, leave = asyncio.Event(), asyncio.Event()

    async def work(unit: Unit) -> None:
        await unit.add(film.project)
        inside.set()
        await leave.wait()
        await unit.add(film.episode)

    task = asyncio.create_task(database.write(work))
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    leave.set()
    await database.write(lambda unit: unit.find(e.Project))
    assert await count(database, e.Episode) == 1


async def test_a_project_takes_everything_of_it_along(database: Database, film: Any) -> None:
    await store(database, *film.everything())
    await database.write(lambda unit: unit.remove(e.Project, film.project.id))
    for entity in film.everything():
        assert await count(database, type(entity)) == 0, type(entity)


async def test_a_removed_take_or_scene_leaves_an_empty_pointer(
    database: Database, film: Any
) -> None:
    await store(database, *film.everything())

    async def work(unit: Unit) -> e.Storyboard:
        await unit.remove(e.Take, film.take.id)
        await unit.remove(e.Scene, film.scene.id)
        return await unit.get(e.Storyboard, film.storyboard.id)

    shot = await database.write(work)
    assert (shot.image_take_id, shot.scene_id) == (None, None)


async def test_an_asset_in_use_cannot_be_removed(database: Database, film: Any) -> None:
    await store(database, *film.everything())
    with pytest.raises(Conflict) as caught:
        await database.write(lambda unit: unit.remove(e.Asset, film.asset.id))
    assert caught.value.code == "conflicts_with_stored"
    assert await count(database, e.Asset) == 1


async def test_a_child_without_its_parent_is_refused(database: Database, film: Any) -> None:
    with pytest.raises(Conflict):
        await store(database, film.episode)


async def test_events_keep_their_order_and_never_reuse_a_number(database: Database) -> None:
    async def tell(unit: Unit) -> None:
        await unit.event("a", "x", n=1)
        await unit.event("b", "x", 名="值")

    async def seen(unit: Unit) -> list[EventRow]:
        return list((await unit.session.scalars(select(EventRow).order_by(EventRow.seq))).all())

    await database.write(tell)
    first = await database.read(seen)
    assert [(row.type, row.subject, row.data) for row in first] == [
        ("a", "x", {"n": 1}),
        ("b", "x", {"名": "值"}),
    ]

    async def forget(unit: Unit) -> None:
        await unit.session.execute(text("DELETE FROM event"))

    await database.write(forget)
    await database.write(tell)
    assert min(row.seq for row in await database.read(seen)) > max(row.seq for row in first)


async def test_an_event_never_appears_below_one_already_seen(database: Database) -> None:
    """Two writers on connections of their own, as the studio and the scheduler are."""
    other = Database(database.url.render_as_string(hide_password=False))
    await other.open(migrate=False)
    seen: list[int] = []

    async def tell(unit: Unit) -> None:
        await unit.event("a", "x")
        await unit.finish()
        await asyncio.sleep(random.random() * 0.003)
        unit._events.clear()

    async def write_many(one: Database) -> None:
        for _ in range(25):
            await one.write(tell)

    async def watch() -> None:
        while len(seen) < 50:
            query = select(EventRow.seq).where(EventRow.seq > max(seen, default=0))
            rows = await database.read(lambda unit, q=query: unit.session.scalars(q))
            seen.extend(sorted(rows.all()))

    async with asyncio.timeout(20):
        await asyncio.gather(write_many(database), write_many(other), watch())
    await other.close()
    assert len(set(seen)) == 50


async def test_costs_outlive_their_project(database: Database, film: Any) -> None:
    async def spend(unit: Unit) -> None:
        await unit.add(film.project)
        row = {"id": new_id(), "at": datetime.now(UTC), "amount": 0.25, "currency": "CNY",
               "unit": "gpu_minute", "provider": "x", "project_id": film.project.id}  # fmt: skip
        await unit.session.execute(insert(CostRow), [row])

    await database.write(spend)
    await database.write(lambda unit: unit.remove(e.Project, film.project.id))
    rows = await database.read(lambda unit: unit.session.scalars(select(CostRow)))
    assert [(row.amount, row.project_id) for row in rows.all()] == [(0.25, None)]


async def test_many_rows_go_in_at_once(database: Database, new: Any) -> None:
    project = new(e.Project, name="p")
    await store(
        database, project, *(new(e.Scene, project_id=project.id, name=f"{i}") for i in range(3000))
    )
    assert await count(database, e.Scene) == 3000
