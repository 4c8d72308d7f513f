"""`limit` and `cursor` of every list."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

Limit = Annotated[int, Query(ge=1, le=10_000, description="At most so many.")]
Cursor = Annotated[str | None, Query(max_length=500, description="`next` of the page before.")]
DEFAULT_LIMIT = 100
