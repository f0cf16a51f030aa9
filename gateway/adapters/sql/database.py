"""A database: one writer a process, and snapshots to read from; SQLite and PostgreSQL behave alike.

`transaction` runs a whole unit of work as the only writer of this process; `snapshot` reads everything
from one instant of the database.
"""

from pathlib import Path
from typing import Protocol, TypeVar

from gateway.adapters.sql.driver import Work
from gateway.adapters.sql.postgres import PostgresDatabase
from gateway.adapters.sql.sqlite import SqliteDatabase

T = TypeVar("T")


class Database(Protocol):
    @property
    def overlapping(self) -> bool:
        """Whether this process goes on with other work while a transaction runs."""

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
