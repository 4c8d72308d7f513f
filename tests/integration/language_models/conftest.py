"""Language models of a studio on doubles: what is enabled, what is ready, what answers."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from tests.model_doubles import Bench, Word

from ai_video.llm.scripted import ScriptedLLM
from ai_video.storage.database import Database


@pytest.fixture
async def bench(tmp_path: Path, migrated: Path) -> AsyncIterator[Bench]:
    shutil.copy(migrated, tmp_path / "studio.sqlite3")
    database = Database(f"sqlite:///{tmp_path / 'studio.sqlite3'}")
    await database.open(migrate=False)
    made = Bench(database)
    await made.add(made.project)
    yield made
    await database.close()


@pytest.fixture
def saying() -> Callable[..., ScriptedLLM]:
    """A model that says these words one after the other."""

    def make(*words: Any, **more: Any) -> ScriptedLLM:
        answers = [Word(word=word) if isinstance(word, str) else word for word in words]
        return ScriptedLLM(answers, **more)

    return make
