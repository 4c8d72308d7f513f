"""What a user should know of keeping characters the same."""

from __future__ import annotations

from ai_video.domain.entities import Json
from ai_video.translator.consistency import consistency_tables


def consistency() -> Json:
    """Levels, methods compared, known limits with the shots they are told of, and each family's methods."""
    return {"ok": True, **consistency_tables()}
