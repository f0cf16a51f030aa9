"""Fixtures of the edge's suites."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.http.served import Served, serve


@pytest_asyncio.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """The small network behind its edge."""
    async with serve(sqlite_url, tmp_path / "state") as served:
        yield served
