"""A database altered in place, one cell at a time, and verified as `gateway ledger verify` does."""

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.link import Link
from gateway.adapters.sql.postgres import PostgresTx
from gateway.adapters.sql.sqlite import SqliteTx
from gateway.adapters.sql.verify.findings import Report
from gateway.adapters.sql.verify.opening import open_copy
from gateway.adapters.sql.verify.whole import verify_ledger
from tests.support.fault_ledger import Grown
from tests.support.proof import Proof

COLUMNS = (
    "leaf", "leaf_hash", "parts", "decision_id", "kind", "recorded_at", "snapshot", "outcome", "reason",
    "purpose", "agency", "owner_agency", "person_handle", "account_handle", "fragment_handle",
    "consent_handle", "idx",
)  # fmt: skip
ODD_CELLS: tuple[tuple[str, str], ...] = (
    ("kind", "CAST(X'ff80' AS TEXT)"),
    ("reason", "CAST(X'ff' AS TEXT)"),
    ("leaf", "'text'"),
    ("leaf", "X''"),
    ("parts", "zeroblob(8)"),
    ("leaf_hash", "12"),
    ("recorded_at", "'soon'"),
    ("recorded_at", "1.5"),
    ("idx", "'here'"),
    ("idx", "X'00'"),
    ("idx", "-5"),
    ("idx", "9223372036854775807"),
    ("ledger", "'one'"),
    ("ledger", "7"),
    ("decision_id", "X'00'"),
    ("agency", "X'41'"),
)


async def judge(grown: Grown, tx: Tx) -> Report:
    verifiers = {1: grown.state.signer.verifier}
    return await verify_ledger(tx, verifiers, outside=grown.outside, keys=grown.state.keyring)


@dataclass(frozen=True)
class Altered:
    """One open transaction of a database of its own; each cell is set back after it was judged."""

    grown: Grown
    tx: SqliteTx | PostgresTx

    async def execute(self, statement: str, *values: object) -> None:
        if isinstance(self.tx, SqliteTx):
            self.tx.connection.execute(statement, values)
        else:
            self.tx._link.send(statement, values)
            await self.tx._link.flight()

    async def judge_cell(self, column: str, index: int, value: object) -> Report:
        """The verdict with this value in this column of this entry."""
        marks = ("?", "?") if isinstance(self.tx, SqliteTx) else ("$1", "$2")
        await self.execute("SAVEPOINT cell")
        await self.execute(f"UPDATE entries SET {column} = {marks[0]} WHERE idx = {marks[1]}", value, index)
        report = await judge(self.grown, self.tx)
        await self.execute("ROLLBACK TO SAVEPOINT cell")
        return report


@asynccontextmanager
async def altering(grown: Grown) -> AsyncIterator[Altered]:
    if grown.url.startswith("sqlite"):
        connection = sqlite3.connect(grown.url.removeprefix("sqlite:///"), isolation_level=None)
        connection.row_factory = sqlite3.Row
        connection.execute("BEGIN")
        try:
            yield Altered(grown, SqliteTx(connection))
        finally:
            connection.execute("ROLLBACK")
            connection.close()
        return
    link = await Link.open(grown.url, primary=True)
    link.send("BEGIN")
    await link.flight()
    try:
        yield Altered(grown, PostgresTx(link, begin="SELECT 1"))
    finally:
        link.close()


def another(value: Any, column: str, dice: Random) -> Any:  # noqa: ANN401 - a cell of any type
    """This value with one flipped bit; text stays text, an index moves to a free place."""
    if column == "idx":
        return value + 1_000
    if isinstance(value, int):
        return value ^ (1 << dice.randrange(40))
    raw = bytearray(value.encode() if isinstance(value, str) else value)
    at = dice.randrange(len(raw))
    raw[at] ^= 1
    return raw.decode() if isinstance(value, str) else bytes(raw)


async def alter_cells(grown: Grown, number: int, seed: int) -> list[str]:
    """Alter so many cells, one after the other; give those that were not found or not named."""
    dice, wrong = Random(seed), []
    async with altering(grown) as altered:
        for turn in range(number):
            column, index = COLUMNS[turn % len(COLUMNS)], dice.randrange(1, len(grown.rows.entries) - 1)
            old = grown.rows.entries[index][column]
            if old is None or old == "":
                continue
            report = await altered.judge_cell(column, index, another(old, column, dice))
            if not any((one.first, one.last) == (index, index) for one in report.findings[:2]):
                wrong.append(f"{column} of entry {index}: {[one.text for one in report.findings[:3]]}")
        assert (await judge(grown, altered.tx)).holds
    return wrong


async def test_an_altered_cell_of_a_database_is_named(grown: Grown) -> None:
    assert await alter_cells(grown, 2 * len(COLUMNS), 1) == []


@pytest.mark.prove
async def test_every_altered_cell_of_three_hundred_is_named(grown: Grown, proof: Proof) -> None:
    wrong = await alter_cells(grown, 300, 2)
    proof.line(f"{grown.url.partition(':')[0]}: {len(wrong)} of 300 altered cells not named")
    assert wrong == []


@pytest.mark.parametrize(("column", "odd"), ODD_CELLS)
async def test_what_a_database_file_could_not_hold_by_itself_is_a_finding(
    grown: Grown, tmp_path: Path, column: str, odd: str
) -> None:
    """SQLite keeps any type in any column, and text that is none; PostgreSQL refuses both by itself."""
    if not grown.url.startswith("sqlite"):
        return
    path = tmp_path / "copy.db"
    with sqlite3.connect(grown.url.removeprefix("sqlite:///")) as source, sqlite3.connect(path) as copy:
        source.backup(copy)
        copy.execute(f"UPDATE entries SET {column} = {odd} WHERE idx = 90")
    async with open_copy(f"sqlite:///{path}") as tx:
        report = await judge(grown, tx)
    source.close()
    copy.close()
    found = [(one.first, one.last) for one in report.findings]
    assert any(first <= 90 <= last for first, last in found), report.findings


async def test_a_copied_file_verifies_on_another_machine(grown: Grown, tmp_path: Path) -> None:
    if not grown.url.startswith("sqlite"):
        return
    path = tmp_path / "copy.db"
    await asyncio.to_thread(shutil.copy, grown.url.removeprefix("sqlite:///"), path)
    path.chmod(0o400)
    async with open_copy(f"sqlite:///{path}") as tx:
        report = await verify_ledger(tx, {1: grown.state.signer.verifier}, outside=grown.outside)
    assert (report.holds, report.entries, report.covered) == (True, *[len(grown.rows.entries)] * 2)
