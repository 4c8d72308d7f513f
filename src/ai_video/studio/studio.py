"""The one value that every verb is given: the parts that settings chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ai_video.domain.ports import BlobStore, Generator
from ai_video.errors import Language
from ai_video.orchestrator.dispatch import DispatchStore, Transport
from ai_video.orchestrator.scheduler import DAGScheduler
from ai_video.orchestrator.store import TaskStore
from ai_video.settings import Settings
from ai_video.storage.database import Database
from ai_video.studio.doors import COMMAND_LINE, Door
from ai_video.studio.language.language_models import LanguageModels
from ai_video.studio.production.server_pool import ServerPool
from ai_video.studio.production.speech import SpeechProviders


@dataclass(frozen=True, slots=True)
class Studio:
    """Built by `bootstrap.open_studio`; tests build it from doubles."""

    settings: Settings
    database: Database
    blobs: BlobStore
    scheduler: DAGScheduler
    store: TaskStore
    speech: SpeechProviders
    generators: Mapping[str, Generator]
    servers: ServerPool
    models: LanguageModels
    language: Language
    door: Door = COMMAND_LINE
    dispatch: DispatchStore | None = None
    transport: Transport | None = None
    """Where tasks run in workers: what was handed over to them, and the queue; else None."""
