"""Quarantine found by one process while it runs holds in every process of the state directory (P10)."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psycopg
import pytest

from gateway.domain.acting import Done
from gateway.domain.errors import GatewayError, QuarantinedError
from gateway.domain.ids import ConsentId
from gateway.releasing import Released
from gateway.usecases.start_ledger import Quarantine
from gateway.wiring.service import ProcessReadiness
from tests.faults.test_swapped_under_us import swap
from tests.support.fault_places import ServerPlace
from tests.support.fault_stack import Scene, found_network, open_altered
from tests.support.postgres import PostgresServer, unused_name
from tests.support.race_fleet import Processes, processes, workers_on

RELEASE = {"do": "release", "fragment": "frg_letter"}


@pytest.fixture
def server_place(postgres_server: PostgresServer) -> Iterator[ServerPlace]:
    found = ServerPlace(postgres_server, unused_name())
    postgres_server.create_database(found.name)
    yield found
    found.drop()


@asynccontextmanager
async def signer_and_worker(place: ServerPlace, state: Path) -> AsyncIterator[tuple[Scene, Processes]]:
    """This process signs; the other one only serves."""
    async with open_altered(place.url, state) as scene:
        opened = workers_on(place.url, state, 1)
        sockets = await asyncio.to_thread(opened.__enter__)
        try:
            async with processes(sockets, 0) as fleet:
                yield scene, fleet
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


async def copy_while_it_runs(place: ServerPlace) -> str:
    """As a standby holds it: longer than what the idle process saw at its start."""
    name = place.name
    server = await psycopg.AsyncConnection.connect(place.server.url, autocommit=True)
    await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
    await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
    older = await place.copy()
    await server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    await server.close()
    return older


async def reconnected(scene: Scene, fleet: Processes) -> None:
    async with asyncio.timeout(10):
        while (await fleet.do(0, {"do": "ready"})).get("parts", {}).get("ledger") != "ok":  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)
        while not await _answers(scene):  # noqa: ASYNC110 - the connection
            await asyncio.sleep(0.05)


async def _answers(scene: Scene) -> bool:
    try:
        return isinstance(await scene.release(), Released)
    except GatewayError:
        return False


async def test_an_idle_process_releases_nothing_from_an_older_database(
    server_place: ServerPlace, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    await found_network(server_place.url, state)
    async with signer_and_worker(server_place, state) as (scene, fleet):
        for _ in range(3):
            assert isinstance(await scene.release(), Released)
        older = await copy_while_it_runs(server_place)
        await reconnected(scene, fleet)
        ended = await scene.withdraw(ConsentId("cns_1"))
        assert isinstance(ended, Done)
        assert ended.proven
        await swap(scene, server_place, older)
        for _ in range(20):  # The first answers may be that the connection is gone.
            told = await fleet.do(0, RELEASE)
            assert told["answer"] in {"QuarantinedError", "LedgerUnavailableError"}, told
            await asyncio.sleep(0.05)
        assert told["answer"] == "QuarantinedError"
        assert (await fleet.do(0, {"do": "ready"}))["parts"]["ledger"] == "quarantined"
        again = await fleet.do(0, {"do": "withdraw", "consent": "cns_1"})
        assert (again["answer"], again["index"]) == ("done", None)
        names = [name for name, _ in await scene.parts.mirrors[0].list_acts()]
        assert any(name.startswith("0000-") for name in names)
        with pytest.raises(QuarantinedError):
            await scene.release()


async def test_what_the_signer_finds_stops_an_idle_process_and_a_whole_start_ends_it(
    postgres_url: str, tmp_path: Path
) -> None:
    """A ledger that is forked is long enough: only the signer's word tells."""
    state = tmp_path / "state"
    await found_network(postgres_url, state)
    async with open_altered(postgres_url, state) as signer, open_altered(postgres_url, state) as idle:
        assert isinstance(await idle.release(), Released)
        signer.parts.standing.tell_all(Quarantine("changed", 1, 0, 7))
        told = json.loads((state / "quarantine").read_bytes())
        assert (told["why"], told["ledger"], told["start"], told["stop"]) == ("changed", 1, 0, 7)
        with pytest.raises(QuarantinedError):
            await idle.release()
        assert (await ProcessReadiness(idle.parts).check())["ledger"] == "quarantined"
        async with open_altered(postgres_url, state) as replaced:
            assert replaced.parts.quarantine is not None
            with pytest.raises(QuarantinedError):
                await replaced.release()
    async with open_altered(postgres_url, state) as signer, open_altered(postgres_url, state) as idle:
        assert not (state / "quarantine").exists()
        assert isinstance(await signer.release(), Released)
        assert isinstance(await idle.release(), Released)


async def test_a_head_behind_what_any_process_saw_stops_the_others_too(
    postgres_url: str, tmp_path: Path
) -> None:
    """The end that was lost was not signed yet: only who had seen it knows."""
    state = tmp_path / "state"
    await found_network(postgres_url, state)
    async with open_altered(postgres_url, state) as signer, open_altered(postgres_url, state) as idle:
        assert isinstance(await idle.release(), Released)
        ledger, size = idle.parts.writer.seen
        idle.parts.writer.seen = (ledger, size + 3)
        with pytest.raises(QuarantinedError):
            await idle.release()
        with pytest.raises(QuarantinedError):
            await signer.release()
        found = signer.parts.quarantine
        assert found is not None
        assert (found.why, found.stop) == ("changed", size + 3)
