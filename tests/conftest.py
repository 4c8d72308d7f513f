"""What holds for all tests: which of them may not run beside each other."""

from __future__ import annotations

import pytest

SHARED_SERVERS = ("postgresql", "redis")


# Before pytest-xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one PostgreSQL or Redis drop schemas and flush: they share one process."""
    for item in items:
        if any(item.get_closest_marker(name) for name in SHARED_SERVERS):
            item.add_marker(pytest.mark.xdist_group("servers"))
