from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest

from ai_video.assets import LocalBlobs
from ai_video.domain import entities as e
from ai_video.domain.ids import new_id
from ai_video.domain.ports import SpeechProvider
from ai_video.orchestrator.memory_store import MemoryTaskStore
from ai_video.settings import Settings
from ai_video.storage.database import Database, now
from ai_video.studio.language.language_models import LanguageModels
from ai_video.studio.language.spending import Spending
from ai_video.studio.production.server_pool import ServerPool
from ai_video.studio.production.speech import SpeechProviders
from ai_video.studio.studio import Studio


@dataclass
class IdleScheduler:
    """Runs nothing; remembers what it was asked to cancel."""

    cancelled: list[UUID] = field(default_factory=list)

    async def cancel(self, dag_id: UUID) -> None:
        self.cancelled.append(dag_id)


def no_speech(choice: object) -> SpeechProvider:
    raise AssertionError(f"record verbs do not speak ({choice})")


@pytest.fixture
async def studio(tmp_path: Path, migrated: Path) -> AsyncIterator[Studio]:
    shutil.copy(migrated, tmp_path / "studio.sqlite3")
    database = Database(f"sqlite:///{tmp_path / 'studio.sqlite3'}")
    await database.open(migrate=False)
    yield Studio(
        settings=Settings(home=tmp_path),
        database=database,
        blobs=LocalBlobs(tmp_path / "blobs"),
        scheduler=cast("Any", IdleScheduler()),
        store=MemoryTaskStore(),
        speech=SpeechProviders(no_speech),
        generators={},
        servers=ServerPool(database),
        models=LanguageModels(database, Spending(database)),
        language="zh",
    )
    await database.close()


@pytest.fixture
def new() -> Any:
    """Makes an entity with its stamps: `new(Take, kind="image")`."""

    def make(kind: type[e.Entity], /, **values: Any) -> e.Entity:
        moment = now()
        return kind.model_validate(
            {"id": new_id(), "created_at": moment, "updated_at": moment, **values}
        )

    return make
