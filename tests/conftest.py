"""Fixtures of every suite: where a store can live, and where a proof writes its figures."""

import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.postgres import NoPostgresError, PostgresServer, running_postgres, unused_name
from tests.support.proof import Proof


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One PostgreSQL for the whole session, or a skip that says why there is none."""
    try:
        with running_postgres() as server:
            yield server
    except NoPostgresError as error:
        pytest.skip(f"no PostgreSQL could be started: {error}")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of an SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'gateway.db'}"


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The URL of an empty database of its own on the session's server."""
    name = unused_name()
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest) -> str:
    """An empty place for a store: the test runs once on each."""
    url = request.getfixturevalue(f"{request.param}_url")
    assert isinstance(url, str)
    return url


@pytest.fixture
def proof(request: pytest.FixtureRequest) -> Iterator[Proof]:
    """A dated file under `tests/proofs` that keeps the figures a long test found."""
    today = datetime.now(UTC).date()
    name = request.path.stem.removeprefix("test_").replace("_", "-")
    folder = Path(__file__).parent / "proofs"
    title = f"{request.node.name}, at commit {_commit()}"
    with Proof.opened(folder / f"{today}-{name}.txt", title=title) as opened:
        yield opened


def _commit() -> str:
    ask = ["git", "-C", str(Path(__file__).parent), "rev-parse", "--short", "HEAD"]
    return subprocess.run(ask, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
