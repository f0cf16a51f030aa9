"""Held connections: one writer, and snapshots to read from; SQLite and PostgreSQL behave alike.

`transaction` runs a whole unit of work as the only writer of this process; `snapshot` reads everything
from one instant of the database.
"""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar

import asyncpg

from gateway.adapters.sql.driver import LOST, PostgresTx, SqliteTx, Tx
from gateway.domain.errors import LedgerUnavailableError

T = TypeVar("T")
Work = Callable[[Tx], Coroutine[Any, Any, T]]

SLOW_FSYNC_S = 0.001
"""Above this a commit leaves the event loop for a writer thread."""

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""The fence needs each statement to see what was committed before it."""

CHECKPOINT_EVERY = 100
"""Commits between two checkpoints of the write-ahead log."""

CHECKPOINT_PASSES = 8

_WRITER_SETTINGS = {
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "5000",
    "synchronous_commit": "on",
}
"""A head that stays locked is not waited for, nor held by a worker that stopped; commits are on disk."""


class Database(Protocol):
    async def transaction(self, work: Work[T]) -> T:
        """Run `work` as the only writer of this process and commit; any exception rolls back.

        Raises:
            LedgerUnavailableError: The commit failed, or its answer was lost: nothing may rely on it.
        """

    async def snapshot(self, work: Work[T]) -> T:
        """Run `work` on one instant of the database, reading only."""

    async def close(self) -> None: ...


async def open_database(url: str) -> Database:
    """Open `sqlite:///path` or `postgresql://...`; nothing is created or migrated here.

    Raises:
        LedgerUnavailableError: The database does not answer, or is set so that a commit may be lost.
    """
    if url.startswith("sqlite:///"):
        return SqliteDatabase(Path(url.removeprefix("sqlite:///")))
    return await PostgresDatabase.open(url)


class SqliteDatabase:
    """WAL, synchronous FULL, one process; checkpoints run off the path.

    A commit runs on the event loop where the disk is fast, else on one writer thread.
    """

    def __init__(self, path: Path) -> None:
        threaded = _fsync_seconds(path.parent) > SLOW_FSYNC_S
        self._executor = ThreadPoolExecutor(1, "sqlite-writer") if threaded else None
        self._lock = asyncio.Lock()
        self._path = path
        self._writer = _connect(path)
        self._reader = _connect(path)
        self._checkpointer = ThreadPoolExecutor(1, "sqlite-checkpoint")
        self._checkpoint: Future[None] | None = None
        self._commits = 0

    async def transaction(self, work: Work[T]) -> T:
        if self._executor is None:
            result = self._commit(work)
        else:
            async with self._lock:
                loop = asyncio.get_running_loop()
                result = await loop.run_in_executor(self._executor, self._commit, work)
        self._commits += 1
        if self._commits >= CHECKPOINT_EVERY and (self._checkpoint is None or self._checkpoint.done()):
            self._commits = 0
            self._checkpoint = self._checkpointer.submit(_checkpoint, self._path)
        return result

    def _commit(self, work: Work[T]) -> T:
        connection = self._writer
        try:
            _begin(connection, "BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise LedgerUnavailableError(f"no write transaction ({type(error).__name__})") from None
        try:
            result = _drive(work(SqliteTx(connection)))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            _rollback(connection)
            raise LedgerUnavailableError(f"the commit failed ({type(error).__name__})") from None
        except BaseException:
            _rollback(connection)
            raise
        return result

    async def snapshot(self, work: Work[T]) -> T:
        connection = self._reader
        try:
            _begin(connection, "BEGIN")
            try:
                return _drive(work(SqliteTx(connection)))
            finally:
                _rollback(connection)
        except sqlite3.Error as error:
            raise LedgerUnavailableError(f"the database cannot be read ({type(error).__name__})") from None

    async def close(self) -> None:
        for executor in (self._executor, self._checkpointer):
            if executor is not None:
                executor.shutdown(wait=True)
        self._reader.close()
        self._writer.close()


class PostgresDatabase:
    """One held writer connection and a few readers; decisions read the primary."""

    def __init__(self, url: str, readers: "asyncpg.Pool[asyncpg.Record]") -> None:
        self._url = url
        self._readers = readers
        self._writer: asyncpg.Connection[asyncpg.Record] | None = None
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        try:
            readers = await asyncpg.create_pool(
                url, min_size=1, max_size=4, command_timeout=5, target_session_attrs="primary"
            )
            async with readers.acquire() as connection:
                await _require_durable(connection)
        except LOST as error:
            raise LedgerUnavailableError(f"PostgreSQL does not answer ({type(error).__name__})") from None
        return cls(url, readers)

    async def transaction(self, work: Work[T]) -> T:
        async with self._lock:
            connection = await self._held()
            try:
                tx = PostgresTx(connection, begin=_BEGIN)
                result = await work(tx)
                if tx.has_begun:
                    await _commit(connection)
            except LOST as error:
                await self._drop(connection)
                raise LedgerUnavailableError(f"the commit failed ({type(error).__name__})") from None
            except LedgerUnavailableError:
                await self._drop(connection)
                raise
            except BaseException:
                await self._abandon(connection)
                raise
            return result

    async def _held(self) -> "asyncpg.Connection[asyncpg.Record]":
        if self._writer is None or self._writer.is_closed():
            try:
                held = await asyncpg.connect(
                    self._url,
                    command_timeout=5,
                    timeout=2,
                    server_settings=_WRITER_SETTINGS,
                    target_session_attrs="primary",
                )
                # After a failover it may be another server than at the start.
                await _require_durable(held)
                self._writer = held
            except LOST as error:
                raise LedgerUnavailableError(f"PostgreSQL does not answer ({type(error).__name__})") from None
        return self._writer

    async def _abandon(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        """Roll back; a connection on which even that fails, or a cancelled one, is not used again."""
        try:
            await connection.execute("ROLLBACK")
        except (*LOST, asyncio.CancelledError):
            await self._drop(connection)

    async def _drop(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._writer = None
        connection.terminate()

    async def snapshot(self, work: Work[T]) -> T:
        try:
            async with (
                self._readers.acquire() as connection,
                connection.transaction(isolation="repeatable_read", readonly=True),
            ):
                return await work(PostgresTx(connection))
        except LOST as error:
            raise LedgerUnavailableError(f"the database cannot be read ({type(error).__name__})") from None

    async def close(self) -> None:
        if self._writer is not None:
            await self._writer.close(timeout=2)
        await self._readers.close()


async def _commit(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """After a statement that failed, COMMIT rolls back and says so, without an error."""
    if await connection.execute("COMMIT") != "COMMIT":
        raise LedgerUnavailableError("the commit rolled back")


async def _require_durable(
    connection: "asyncpg.pool.PoolConnectionProxy[asyncpg.Record] | asyncpg.Connection[asyncpg.Record]",
) -> None:
    """A server that may lose a commit, or a standby, is refused at start (design: stores)."""
    for setting in ("fsync", "full_page_writes"):
        if await connection.fetchval(f"SHOW {setting}") != "on":
            raise LedgerUnavailableError(f"PostgreSQL runs with {setting} off: a commit could be lost")
    if await connection.fetchval("SELECT pg_is_in_recovery()"):
        raise LedgerUnavailableError("PostgreSQL is a standby: decisions read the primary")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _checkpoint(path: Path) -> None:
    """Copy the log into the database; once all of it is copied, the next writer begins it again.

    What is appended meanwhile is copied by the next pass, which is shorter. A log that is written over costs
    a third less than one that grows (measured), and a busy service's would grow for as long as it is busy.
    """
    connection = sqlite3.connect(path, timeout=2, isolation_level=None)
    try:
        seen = -1
        for _ in range(CHECKPOINT_PASSES):
            _busy, frames, _copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if frames == seen:
                return
            seen = frames
    except sqlite3.Error:  # The next one will do; nothing depends on this one.
        pass
    finally:
        connection.close()


def _drive(work: Awaitable[T]) -> T:
    """Run a coroutine that never suspends; on SQLite nothing may come between its statements."""
    coroutine = work.__await__()
    try:
        next(coroutine)
    except StopIteration as stop:
        return stop.value  # type: ignore[no-any-return] # StopIteration carries what was returned
    raise RuntimeError("a unit of work suspended inside the SQLite writer")


def _begin(connection: sqlite3.Connection, statement: str) -> None:
    """Begin, also where the last transaction could not be ended: nobody relies on what it held."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")
    connection.execute(statement)


def _rollback(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with contextlib.suppress(sqlite3.Error):  # The next one to begin ends it first.
            connection.execute("ROLLBACK")


def _fsync_seconds(folder: Path) -> float:
    """The median of seven small durable writes, in seconds."""
    probe = folder / f".fsync-{os.getpid()}"
    times = []
    with probe.open("wb", buffering=0) as file:
        for _ in range(7):
            file.write(b"x" * 512)
            start = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - start)
    probe.unlink()
    return sorted(times)[3]
