"""A database opened only to be verified: a copied file, or a server; nothing is written."""

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import bindparam, select, text

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.postgres import reading
from gateway.adapters.sql.sqlite import SqliteTx
from gateway.adapters.sql.tables import checkpoints, entries
from gateway.domain.errors import CorruptionError, LedgerUnavailableError

_PATIENCE_S = 60
_HEAD = text("SELECT ledger, size, recorded_at FROM ledger_head WHERE one = 1")
_LEDGERS = select(entries.c.ledger).distinct().order_by(entries.c.ledger)
_NOTES = select(checkpoints.c.note).where(checkpoints.c.ledger == bindparam("of_ledger"))


@asynccontextmanager
async def open_copy(url: str) -> AsyncIterator[Tx]:
    """Read one instant of a database.

    Args:
        url: `sqlite:///path` or `postgresql://…`. A file beside its `-wal` is read with it; one in a folder
            that cannot be written too.

    Raises:
        LedgerUnavailableError: It does not answer, or the file is not there.
        CorruptionError: It holds no ledger.
    """
    if url.startswith("sqlite:///"):
        with _open_file(Path(url.removeprefix("sqlite:///"))) as connection:
            yield await _with_ledger(SqliteTx(connection))
        return
    async with reading(url, _PATIENCE_S) as tx:
        yield await _with_ledger(tx)


async def list_ledgers(tx: Tx) -> list[int]:
    """The numbers of the ledgers that have entries here."""
    return [row["ledger"] for row in await tx.all(_LEDGERS)]


async def read_head(tx: Tx) -> Row | None:
    """`ledger`, `size` and `recorded_at` of the ledger's head; None where no ledger was begun."""
    return await tx.one(_HEAD)


async def list_notes(tx: Tx, ledger: int) -> list[str]:
    """The checkpoints that are stored for a ledger; nothing is verified here."""
    return [row["note"] for row in await tx.all(_NOTES, of_ledger=ledger)]


async def _with_ledger(tx: Tx) -> Tx:
    try:
        await tx.one(_HEAD)
    except LedgerUnavailableError:
        raise CorruptionError("there is no ledger in this database") from None
    return tx


@contextmanager
def _open_file(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.is_file():
        raise LedgerUnavailableError("there is no such database file")
    address = f"file:{quote(str(path.absolute()))}"
    connection = _connect(f"{address}?mode=ro")
    if connection is None and not _has_rest(path):
        # In a folder that cannot be written there is no place for the shared memory of a WAL database.
        connection = _connect(f"{address}?immutable=1")
    if connection is None:
        raise CorruptionError("this file is no database that can be read")
    try:
        connection.execute("BEGIN")
        yield connection
    finally:
        connection.close()


def _connect(address: str) -> sqlite3.Connection | None:
    connection = sqlite3.connect(address, uri=True, isolation_level=None)
    try:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        connection.close()
        return None
    connection.row_factory = _named
    return connection


def _named(cursor: sqlite3.Cursor, row: tuple[object, ...]) -> dict[str, object]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}


def _has_rest(path: Path) -> bool:
    rest = path.with_name(path.name + "-wal")
    return rest.exists() and rest.stat().st_size > 0
