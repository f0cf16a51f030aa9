"""A database that can be read and not written, in the ways in which that happens."""

import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psycopg

from gateway.adapters.sql.database import Database
from gateway.adapters.sql.postgres import PostgresDatabase
from gateway.adapters.sql.sqlite import SqliteDatabase

WAYS = {"sqlite": ("read only", "locked", "full"), "postgresql": ("read only", "locked")}


@asynccontextmanager
async def unwritable(database: Database, how: str) -> AsyncIterator[None]:
    """The database can be read and not written, in one of the ways in which that happens."""
    if isinstance(database, SqliteDatabase):
        async with _unwritable_file(database, how):
            yield
        return
    assert isinstance(database, PostgresDatabase)
    held = await psycopg.AsyncConnection.connect(database._url, autocommit=True)
    name = held.info.dbname
    try:
        if how == "locked":
            await held.execute("BEGIN")
            await held.execute("SELECT * FROM ledger_head FOR UPDATE")
        else:
            await held.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
            await _end_sessions(held)
        yield
    finally:
        if how == "locked":
            await held.execute("ROLLBACK")
        else:
            await held.execute("SET default_transaction_read_only = off")
            await held.execute(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
            await _end_sessions(held)
        await held.close()


async def _end_sessions(held: "psycopg.AsyncConnection[Any]") -> None:
    await held.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@asynccontextmanager
async def _unwritable_file(database: SqliteDatabase, how: str) -> AsyncIterator[None]:
    if how == "read only":
        database._writer.execute("PRAGMA query_only = ON")
        yield
        database._writer.execute("PRAGMA query_only = OFF")
        return
    if how == "locked":
        other = sqlite3.connect(_file_of(database), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    # As on a full disk: no file may grow beyond what the write-ahead log has now.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (_log_bytes(database), hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _file_of(database: SqliteDatabase) -> str:
    return str(database._writer.execute("PRAGMA database_list").fetchone()["file"])


def _log_bytes(database: SqliteDatabase) -> int:
    return Path(f"{_file_of(database)}-wal").stat().st_size
