"""Arguments and answers that several tools share."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field

from ai_video.agent.tool import Arguments
from ai_video.domain.entities import Json
from ai_video.studio.kinds import ENTITIES
from ai_video.studio.records.document_models import OpenDocument, edit_of, page_of, shown
from ai_video.studio.requests import EditAnswer, StaleRow

SHOWN = {kind: shown(entity) for kind, entity in ENTITIES.items()}
PAGES = {kind: page_of(document) for kind, document in SHOWN.items()}
EDITS = {kind: edit_of(document) for kind, document in SHOWN.items()}
EDIT = EditAnswer
Limit = Annotated[int, Field(ge=1, le=200, description="items of one page")]
Cursor = Annotated[str | None, Field(max_length=2000, description="`next` of the page before")]


class Paged(Arguments):
    limit: Limit = 50
    cursor: Cursor = None


class Id(Arguments):
    id: UUID


class EpisodeId(Arguments):
    episode_id: UUID


class Rows(OpenDocument):
    """A list of documents."""

    items: list[Json]
    next: str | None = None


class StaleRows(OpenDocument):
    items: list[StaleRow]
    next: str | None = None
