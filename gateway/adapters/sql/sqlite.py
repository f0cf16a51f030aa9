"""The embedded store: one process, one writer, and snapshots to read from."""

import asyncio
import contextlib
import os
import sqlite3
import time
from collections.abc import Awaitable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy.sql.expression import Executable

from gateway.adapters.sql.driver import SQLITE, Row, Rows, Work, unavailable
from gateway.domain.errors import LedgerUnavailableError

T = TypeVar("T")

SLOW_FSYNC_S = 0.001
"""Above this a commit leaves the event loop for a writer thread."""

CHECKPOINT_EVERY = 100
"""Commits between two checkpoints of the write-ahead log."""

CHECKPOINT_PASSES = 8


class SqliteTx:
    """Runs on the thread that made the connection; no method suspends."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    async def one(self, statement: Executable, **values: object) -> Row | None:
        return self._execute(statement, values).fetchone()  # type: ignore[no-any-return] # sqlite3 is untyped here

    async def all(self, statement: Executable, **values: object) -> Sequence[Row]:
        return self._execute(statement, values).fetchall()

    async def run(self, statement: Executable, **values: object) -> int:
        return self._execute(statement, values).rowcount

    async def run_many(self, statement: Executable, rows: Rows) -> None:
        if not rows:
            return
        sql, bound = SQLITE.bind_rows(statement, rows)
        try:
            self.connection.executemany(sql, bound)
        except sqlite3.Error as error:
            raise unavailable(error) from None

    async def set_off(self) -> None:
        pass

    def _execute(self, statement: Executable, values: Mapping[str, object]) -> sqlite3.Cursor:
        sql, bound = SQLITE.bind(statement, values)
        try:
            return self.connection.execute(sql, bound)
        except sqlite3.Error as error:
            raise unavailable(error) from None


class SqliteDatabase:
    """WAL, synchronous FULL, one process; checkpoints run off the path.

    A commit runs on the event loop where the disk is fast, else on one writer thread.
    """

    def __init__(self, path: Path) -> None:
        threaded = _fsync_seconds(path.parent) > SLOW_FSYNC_S
        self._executor = ThreadPoolExecutor(1, "sqlite-writer") if threaded else None
        self.overlapping = threaded
        self._lock = asyncio.Lock()
        self._writer = _connect(path)
        self._reader = _connect(path)
        # Held open: a connection that begins reads the whole schema before its first checkpoint.
        self._copier = _connect(path)
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
            self._checkpoint = self._checkpointer.submit(_checkpoint, self._copier)
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
        for connection in (self._copier, self._reader, self._writer):
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=0"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _checkpoint(connection: sqlite3.Connection) -> None:
    """Copy the log into the database; once all of it is copied, the next writer begins it again.

    What is appended meanwhile is copied by the next pass, which is shorter. A log that is written over costs
    a third less than one that grows (measured), and a busy service's would grow for as long as it is busy.
    """
    seen = -1
    with contextlib.suppress(sqlite3.Error):  # The next one will do; nothing depends on this one.
        for _ in range(CHECKPOINT_PASSES):
            _busy, frames, _copied = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if frames == seen:
                return
            seen = frames


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
