"""A ledger of many kinds of entries, grown once for all tests, and the judges put over its rows."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.adapters.crypto.state import KeyState
from gateway.adapters.sql.verify.behind import Behind, Opener
from gateway.adapters.sql.verify.chain import verify_chain
from gateway.adapters.sql.verify.findings import Report
from gateway.adapters.sql.verify.whole import verify_ledger
from tests.support.fault_rows import Copy
from tests.support.fault_stack import open_altered, open_new
from tests.support.keys import TEST_COST
from tests.support.postgres import PostgresServer, unused_name

ENTRIES = 240


@dataclass(frozen=True)
class Grown:
    """Where the ledger is, its keys, its rows, and a checkpoint that somebody outside kept of its end."""

    url: str
    state_dir: Path
    state: KeyState
    rows: Copy
    opener: Opener
    outside: str

    async def verify(self, rows: Copy, *, keys: bool = True, outside: str | None = None) -> Report:
        """The verdict of the production verifier on these rows."""
        report = Report(keys=keys)
        each = Behind(rows, self.opener, report) if keys else None
        return await verify_chain(rows, {1: self.state.signer.verifier}, outside, each, report)


def grow(url: str, state_dir: Path) -> Grown:
    """Found a network and let it live until its ledger holds many entries under many checkpoints."""
    return asyncio.run(_grow(url, state_dir))


async def _grow(url: str, state_dir: Path) -> Grown:
    async with open_new(url, state_dir) as scene:
        while (await scene.parts.publishing.extent() or (1, 0))[1] < ENTRIES:
            await scene.live_round()
    async with open_altered(url, state_dir) as scene:
        signer = scene.parts.state.signer.verifier
        async with asyncio.timeout(10):
            while True:
                extent, note = await scene.parts.publishing.extent(), await scene.parts.ledger.checkpoint()
                if extent is not None and note is not None and signer.verify(note).size == extent[1]:
                    break
                await asyncio.sleep(0.05)
        rows = await scene.parts.database.snapshot(Copy.of)
        keys = scene.parts.state.keyring
        opener = await scene.parts.database.snapshot(lambda tx: Opener.load(tx, keys))
        report = await scene.parts.database.snapshot(lambda tx: verify_ledger(tx, {1: signer}, keys=keys))
        assert report.holds, report
    state = await KeyState.open(state_dir, insecure_test_cost=TEST_COST)
    return Grown(url, state_dir, state, rows, opener, note)


@pytest.fixture(scope="session", params=["sqlite", "postgres"])
def grown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grown]:
    """One ledger for all that alter copies of it, on each store; nobody changes it where it is."""
    folder = tmp_path_factory.mktemp("grown")
    if request.param == "sqlite":
        yield grow(f"sqlite:///{folder / 'gateway.db'}", folder / "state")
        return
    server = request.getfixturevalue("postgres_server")
    assert isinstance(server, PostgresServer)
    name = unused_name()
    yield grow(server.create_database(name), folder / "state")
    server.drop_database(name)
