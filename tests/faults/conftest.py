"""Where the databases of these tests live."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_places import FilePlace, Place, ServerPlace
from tests.support.postgres import PostgresServer, unused_name


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A database that can be copied and put back, on each store."""
    if request.param == "sqlite":
        yield FilePlace(tmp_path / "gateway.db")
        return
    server = request.getfixturevalue("postgres_server")
    assert isinstance(server, PostgresServer)
    found = ServerPlace(server, unused_name())
    server.create_database(found.name)
    yield found
    found.drop()
