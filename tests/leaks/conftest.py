"""A gateway in its own process, one for each suite of leaks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.leak_questions import erase
from tests.support.leak_stage import Stage, staged


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The small network on SQLite, one of its fragments erased."""
    with staged(tmp_path_factory.mktemp("leaks")) as stage:
        erase(stage)
        yield stage


@pytest.fixture
def either_stage(store_url: str, tmp_path: Path) -> Iterator[Stage]:
    """The same, on each store."""
    with staged(tmp_path / "stage", store_url) as stage:
        erase(stage)
        yield stage
