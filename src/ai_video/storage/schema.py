"""All tables in one place, for migrations and for tests that create them directly."""

from ai_video.storage import tables
from ai_video.storage.base import Base

TABLE_MODULES = (tables,)
metadata = Base.metadata
