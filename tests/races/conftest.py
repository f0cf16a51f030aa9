"""Where races run: four processes on PostgreSQL, one process with overlapping tasks on SQLite."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.postgres import PostgresServer, unused_name
from tests.support.race_fleet import Fleet, one_process, processes, started_processes

Place = tuple[Path, ...] | str


@pytest.fixture(scope="session")
def children(request: pytest.FixtureRequest) -> int:
    """How many children race: the long figures need more, so that no dossier fills with old consents."""
    is_long = any(item.get_closest_marker("prove") for item in request.session.items)
    return 116 if is_long else 32


@pytest.fixture(scope="session")
def race_processes(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory, children: int
) -> Iterator[tuple[Path, ...]]:
    """Start four gateways on one database, for all races of the session."""
    name = unused_name()
    url = postgres_server.create_database(name)
    with started_processes(url, tmp_path_factory.mktemp("race") / "state", children) as sockets:
        yield sockets
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    wanted = "race_processes" if request.param == "postgres" else "sqlite_url"
    found: Place = request.getfixturevalue(wanted)
    return found


@pytest.fixture
async def fleet(place: Place, tmp_path: Path, children: int) -> AsyncIterator[Fleet]:
    """Several gateways on one database, as that store allows."""
    if isinstance(place, str):
        async with one_process(place, tmp_path / "state", children) as alone:
            yield alone
        return
    async with processes(place, children) as several:
        yield several
