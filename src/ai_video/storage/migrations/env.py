"""Alembic's entry: runs on the connection that `migrate` opened, inside its transaction."""

from __future__ import annotations

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

from ai_video.storage.base import UtcDateTime
from ai_video.storage.schema import metadata


def _as_source(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """Our own types by the names that `script.py.mako` gives them: a step imports nothing of ours."""
    if kind == "type" and isinstance(item, JSON):
        return "JSON_VALUE"
    return "MOMENT" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=_as_source,
    compare_type=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
