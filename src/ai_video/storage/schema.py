"""All tables in one place, for migrations and for tests that create them directly."""

from ai_video.storage import dispatch_tables, tables, task_tables
from ai_video.storage.base import Base

TABLE_MODULES = (tables, task_tables, dispatch_tables)
metadata = Base.metadata
