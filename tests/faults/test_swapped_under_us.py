"""A database put back under a running gateway, or failed over to: nothing withdrawn comes back (P10)."""

import asyncio
from pathlib import Path

import psycopg
import pytest

from gateway.adapters.sql.postgres import PostgresDatabase
from gateway.domain.acting import Done
from gateway.domain.errors import GatewayError, QuarantinedError
from gateway.domain.ids import ConsentId
from gateway.releasing import Released
from tests.support.fault_places import FilePlace, Place, ServerPlace
from tests.support.fault_stack import Scene, found_network, open_altered


async def swap(scene: Scene, place: Place, older: str) -> None:
    """Put the older copy in its place without a word to the process that runs on it."""
    if isinstance(place, FilePlace):
        database = scene.parts.database
        tables = "entries", "ledger_head", "consents", "epochs", "checkpoints", "ledger_nodes", "journal"
        writer = database._writer  # type: ignore[attr-defined] # the embedded database
        writer.execute("ATTACH DATABASE ? AS older", (older,))
        writer.execute("BEGIN IMMEDIATE")
        for table in tables:
            writer.execute(f"DELETE FROM main.{table}")
            writer.execute(f"INSERT INTO main.{table} SELECT * FROM older.{table}")
        writer.execute("COMMIT")
        writer.execute("DETACH DATABASE older")
        return
    assert isinstance(place, ServerPlace)
    database = scene.parts.database
    assert isinstance(database, PostgresDatabase)
    other = await psycopg.AsyncConnection.connect(place.server.url, autocommit=True)
    await other.execute(f'ALTER DATABASE "{place.name}" ALLOW_CONNECTIONS false')
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (place.name,)
    )
    await other.execute(f'DROP DATABASE "{place.name}" WITH (FORCE)')
    await other.execute(f'CREATE DATABASE "{place.name}" TEMPLATE "{older}"')
    await other.close()


async def test_a_database_put_back_under_a_running_gateway_is_quarantine(
    place: Place, tmp_path: Path
) -> None:
    await found_network(place.url, tmp_path / "state")
    older = await place.copy()
    async with open_altered(place.url, tmp_path / "state") as scene:
        assert isinstance(await scene.release(), Released)
        assert isinstance(await scene.withdraw(ConsentId("cns_1")), Done)
        await swap(scene, place, older)
        for _ in range(40):
            with pytest.raises(GatewayError) as refused:
                await scene.release()
            await asyncio.sleep(0.05)
        assert isinstance(refused.value, QuarantinedError)
        assert scene.parts.quarantine is not None
        assert scene.parts.quarantine.why == "changed"
        ended = await scene.withdraw(ConsentId("cns_1"))
        assert isinstance(ended, Done)
        assert (ended.entry, ended.proven) == (None, False)
    async with open_altered(place.url, tmp_path / "state") as scene:
        assert scene.parts.quarantine is not None
        assert scene.parts.quarantine.why == "older"
