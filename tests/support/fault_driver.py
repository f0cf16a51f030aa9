"""Makes the n-th statement that a gateway sends to its database fail, as a disk or a network would.

What is wrapped is the driver's own connection: everything above it is the production code.
"""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from gateway.adapters.sql.database import Database
from gateway.adapters.sql.link import Link
from gateway.adapters.sql.postgres import PostgresDatabase
from gateway.adapters.sql.sqlite import SqliteDatabase

T = TypeVar("T")
When = Literal["before", "after", "refused"]
"""`before`: the statement never arrives. `after`: it is done, and its answer is lost. `refused`: the server
does not take it, while those behind it, the commit among them, are under way already."""


@dataclass
class Breaker:
    """Counts statements; the one numbered `fail_at`, from 1, fails."""

    fail_at: int | None = None
    when: When = "before"
    count: int = 0
    failed: str = ""

    def arm(self, fail_at: int, when: When) -> None:
        self.fail_at, self.when, self.count, self.failed = fail_at, when, 0, ""

    def disarm(self) -> None:
        self.fail_at = None

    def due(self, statement: str) -> bool:
        if self.fail_at is None:
            return False
        self.count += 1
        if self.count != self.fail_at:
            return False
        self.failed = statement.split(maxsplit=1)[0]
        return True


@asynccontextmanager
async def breaking(database: Database) -> AsyncIterator[Breaker]:
    """Put a breaker between a gateway and its database."""
    breaker = Breaker()
    if isinstance(database, SqliteDatabase):
        writer, reader = database._writer, database._reader
        database._writer = _SqliteProxy(writer, breaker)  # type: ignore[assignment] # stands in
        database._reader = _SqliteProxy(reader, breaker)  # type: ignore[assignment]
        yield breaker
        database._writer, database._reader = writer, reader
        return
    assert isinstance(database, PostgresDatabase)
    held, readers = database._held, database._readers

    async def proxied() -> Any:  # noqa: ANN401 - stands in for a connection
        return _LinkProxy(await held(), breaker)

    database._held = proxied  # type: ignore[method-assign]
    database._readers = _PoolProxy(readers, breaker)  # type: ignore[assignment]
    yield breaker
    database._held = held  # type: ignore[method-assign]
    database._readers = readers


class _SqliteProxy:
    def __init__(self, inner: sqlite3.Connection, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker

    @property
    def in_transaction(self) -> bool:
        return self._inner.in_transaction

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        return self._step(sql, lambda: self._inner.execute(sql, values))

    def executemany(self, sql: str, rows: Iterable[Sequence[Any]]) -> sqlite3.Cursor:
        return self._step(sql, lambda: self._inner.executemany(sql, rows))

    def close(self) -> None:
        self._inner.close()

    def _step(self, sql: str, run: Callable[[], T]) -> T:
        if not self._breaker.due(sql):
            return run()
        if self._breaker.when == "after":
            run()
        raise sqlite3.OperationalError("disk I/O error")


class _LinkProxy:
    """What is queued after the statement that fails never arrives, as where the connection is gone."""

    def __init__(self, inner: Link, breaker: Breaker) -> None:
        self._inner = inner
        self._breaker = breaker
        self._gone = False

    @property
    def closed(self) -> bool:
        return self._inner.closed

    def send(self, sql: str, values: Sequence[object] = ()) -> None:
        if self._gone:
            return
        due = self._breaker.due(sql)
        if due and self._breaker.when == "refused":
            self._inner.send("SELECT 1 / 0")
            return
        self._gone = due
        if not due or self._breaker.when == "after":
            self._inner.send(sql, values)

    def set_off(self) -> None:
        self._inner.set_off()

    async def flight(self) -> Any:  # noqa: ANN401 - libpq's own
        answer = await self._inner.flight() if not self._gone or self._breaker.when == "after" else None
        if self._gone:
            self._inner.close()
            raise ConnectionResetError("the connection is gone")
        return answer

    def close(self) -> None:
        self._inner.close()


class _PoolProxy:
    def __init__(self, inner: Any, breaker: Breaker) -> None:  # noqa: ANN401
        self._inner = inner
        self._breaker = breaker

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._inner, name)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[_LinkProxy]:
        async with self._inner.acquire() as connection:
            yield _LinkProxy(connection, self._breaker)
