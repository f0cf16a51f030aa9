"""The store that several processes share: one held writer session a process, and a few readers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

from sqlalchemy.sql.expression import Executable

from gateway.adapters.sql.driver import POSTGRES, Row, Rows, Work, unavailable
from gateway.adapters.sql.link import LOST, Link, rows_of
from gateway.domain.errors import LedgerUnavailableError

T = TypeVar("T")

READERS = 4

_WRITING = "BEGIN ISOLATION LEVEL READ COMMITTED"
"""The fence needs each statement to see what was committed before it."""

_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

_WRITER_SETTINGS = {
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "5000",
    "synchronous_commit": "on",
}
"""A head that stays locked is not waited for, nor held by a worker that stopped; commits are on disk."""

_READER_SETTINGS = {"lock_timeout": "2000", "statement_timeout": "5000"}
"""What we have given up waiting for ends on the server too, before its sessions are used up.

The writer has no such limit on a statement: where commits wait for a replica, one that is cut short is
answered as done.
"""


class PostgresTx:
    """Begins with its first statement; what answers nothing leaves with the next that does, or is set off."""

    dialect = "postgresql"

    def __init__(self, link: Link, *, begin: str) -> None:
        self._link = link
        self._begin: str | None = begin

    async def one(self, statement: Executable, **values: object) -> Row | None:
        rows = await self.all(statement, **values)
        return rows[0] if rows else None

    async def all(self, statement: Executable, **values: object) -> Sequence[Row]:
        self._send(*POSTGRES.bind(statement, values))
        try:
            return rows_of(await self._link.flight())
        except LOST as error:
            raise unavailable(error) from None

    async def run(self, statement: Executable, **values: object) -> int:
        self._send(*POSTGRES.bind(statement, values))
        try:
            return (await self._link.flight()).command_tuples or 0
        except LOST as error:
            raise unavailable(error) from None

    async def run_many(self, statement: Executable, rows: Rows) -> None:
        if rows:
            for sql, values in POSTGRES.bind_chunks(statement, rows):
                self._send(sql, values)

    async def set_off(self) -> None:
        try:
            self._link.set_off()
        except LOST as error:
            raise unavailable(error) from None

    async def end(self, word: str) -> None:
        """Send what is left, and COMMIT or ROLLBACK.

        Raises:
            LedgerUnavailableError: It did not end so, or nobody knows.
        """
        if self._begin is not None:
            return
        self._send(word)
        try:
            answer = await self._link.flight()
        except LOST as error:
            raise LedgerUnavailableError(f"the commit failed ({type(error).__name__})") from None
        # After a statement that failed, COMMIT rolls back and says so, without an error.
        if answer.command_status != word.encode():
            raise LedgerUnavailableError("the commit rolled back")

    def _send(self, sql: str, values: Sequence[object] = ()) -> None:
        try:
            if self._begin is not None:
                begin, self._begin = self._begin, None
                self._link.send(begin)
            self._link.send(sql, values)
        except LOST as error:
            raise unavailable(error) from None


class PostgresDatabase:
    """One held writer and a few readers; decisions read the primary."""

    overlapping = True

    def __init__(self, readers: "Readers") -> None:
        self._readers = readers
        self._url = readers.url
        self._writer: Link | None = None
        self._lock = asyncio.Lock()

    @classmethod
    async def open(cls, url: str) -> "PostgresDatabase":
        """Connect to a server that takes writes and loses none.

        Raises:
            LedgerUnavailableError: It does not answer, or a commit could be lost.
        """
        readers = Readers(url)
        try:
            async with readers.acquire() as link:
                await _require_durable(link)
        except LedgerUnavailableError:
            readers.close()
            raise
        return cls(readers)

    async def transaction(self, work: Work[T]) -> T:
        async with self._lock:
            return await _run(await self._held(), work, begin=_WRITING)

    async def _held(self) -> Link:
        if self._writer is None or self._writer.closed:
            try:
                held = await Link.open(self._url, primary=True, settings=_WRITER_SETTINGS)
            except LOST as error:
                raise _silent(error) from None
            # After a failover it may be another server than at the start.
            try:
                await _require_durable(held)
            except BaseException:
                held.close()
                raise
            self._writer = held
        return self._writer

    async def snapshot(self, work: Work[T]) -> T:
        async with self._readers.acquire() as link:
            return await _run(link, work, begin=_READING)

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._readers.close()


class Readers:
    """At most so many sessions that read, each opened when it is needed and kept."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._free: list[Link] = []
        self._closed = False
        self._places = asyncio.Semaphore(READERS)

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[Link]:
        """Lend a session that nobody else uses.

        Raises:
            LedgerUnavailableError: None could be opened.
        """
        async with self._places:
            link = self._find()
            if link is None:
                try:
                    link = await Link.open(self.url, primary=True, settings=_READER_SETTINGS)
                except LOST as error:
                    raise _silent(error) from None
            try:
                yield link
            finally:
                self._free.append(link)
                if self._closed:
                    link.close()

    def _find(self) -> Link | None:
        while self._free:
            link = self._free.pop()
            if not link.closed:
                return link
        return None

    def close(self) -> None:
        """End what is free now, and what is lent when it comes back."""
        self._closed = True
        for link in self._free:
            link.close()


@asynccontextmanager
async def reading(url: str, patience_s: float) -> AsyncIterator[PostgresTx]:
    """Read one instant of a server that need not be the primary.

    Raises:
        LedgerUnavailableError: It does not answer.
    """
    try:
        settings = {"statement_timeout": f"{patience_s * 1000:.0f}"}
        link = await Link.open(url, primary=False, patience_s=patience_s, settings=settings)
    except LOST as error:
        raise _silent(error) from None
    try:
        yield PostgresTx(link, begin=_READING)
    finally:
        link.close()


async def _run(link: Link, work: Work[T], *, begin: str) -> T:
    tx = PostgresTx(link, begin=begin)
    try:
        result = await work(tx)
        await tx.end("COMMIT")
    except LedgerUnavailableError:
        link.close()
        raise
    except BaseException:
        await _abandon(link, tx)
        raise
    return result


async def _abandon(link: Link, tx: PostgresTx) -> None:
    """Roll back; a session on which even that fails, or a cancelled one, is not used again."""
    if link.closed:
        return
    try:
        await tx.end("ROLLBACK")
    except (LedgerUnavailableError, asyncio.CancelledError):
        link.close()


async def _require_durable(link: Link) -> None:
    """A server that may lose a commit, or a standby, is refused at start (design: stores)."""
    try:
        for setting in ("fsync", "full_page_writes"):
            link.send(f"SHOW {setting}")
            if rows_of(await link.flight())[0][setting] != "on":
                raise LedgerUnavailableError(f"PostgreSQL runs with {setting} off: a commit could be lost")
        link.send("SELECT pg_is_in_recovery() AS standby")
        if rows_of(await link.flight())[0]["standby"]:
            raise LedgerUnavailableError("PostgreSQL is a standby: decisions read the primary")
    except LOST as error:
        raise _silent(error) from None


def _silent(error: BaseException) -> LedgerUnavailableError:
    return LedgerUnavailableError(f"PostgreSQL does not answer ({type(error).__name__})")
