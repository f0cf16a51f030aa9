"""A ledger's rows held in memory, so that one can be altered and judged a hundred thousand times.

The judge is the production verifier; only the statements that it runs are answered from here.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import UnsupportedOperation
from typing import Any

from sqlalchemy import select
from sqlalchemy.sql.expression import Executable

from gateway.adapters.sql import driver
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import checkpoints, entries, head, nodes, snapshots
from gateway.adapters.sql.verify import behind, beside, chain, walk

Rows = list[dict[str, Any]]
_TABLES = {
    "entries": entries,
    "checkpoints": checkpoints,
    "nodes": nodes,
    "head": head,
    "snapshots": snapshots,
}
_EVERY = {name: select(table) for name, table in _TABLES.items()}


@dataclass
class Copy:
    """Answers the verifier's statements; rows may be altered in place."""

    entries: Rows = field(default_factory=list)
    checkpoints: Rows = field(default_factory=list)
    nodes: Rows = field(default_factory=list)
    head: Rows = field(default_factory=list)
    snapshots: Rows = field(default_factory=list)

    dialect = "memory"

    @classmethod
    async def of(cls, tx: Tx) -> "Copy":
        """Copy the tables that a verification reads."""
        copy = cls(**{name: [dict(row) for row in await tx.all(_EVERY[name])] for name in _TABLES})
        copy.entries.sort(key=lambda row: (row["ledger"], row["idx"]))
        copy.checkpoints.sort(key=lambda row: (row["ledger"], row["size"]))
        return copy

    def deep(self) -> "Copy":
        return Copy(**{name: [dict(row) for row in getattr(self, name)] for name in _TABLES})

    async def all(self, statement: Executable, **values: object) -> Sequence[Row]:
        return _ANSWERS[id(statement)](self, values)

    async def one(self, statement: Executable, **values: object) -> Row | None:
        return next(iter(_ANSWERS[id(statement)](self, values)), None)

    async def run(self, statement: Executable, **values: object) -> int:
        raise UnsupportedOperation("the verifier only reads", statement, values)

    async def run_many(self, statement: Executable, rows: driver.Rows) -> None:
        raise UnsupportedOperation("the verifier only reads", statement, rows)

    async def set_off(self) -> None:
        raise UnsupportedOperation("the verifier only reads")


def _of_ledger(rows: Rows, values: Mapping[str, Any], by: str) -> Rows:
    found = [row for row in rows if row["ledger"] == values["of_ledger"]]
    return sorted(found, key=lambda row: _rank(row[by]))


def _rank(value: Any) -> tuple[int, Any]:  # noqa: ANN401 - whatever a disk may hold
    """SQLite's order: nothing, numbers, texts, bytes."""
    kinds: tuple[type | tuple[type, ...], ...] = ((int, float), str, bytes)
    found = next((number for number, kind in enumerate(kinds, start=1) if isinstance(value, kind)), 0)
    return found, value if found else 0


def _ledgers(copy: Copy, _: Mapping[str, Any]) -> Rows:
    found = {row["ledger"] for row in (*copy.entries, *copy.checkpoints, *copy.nodes)}
    return [{"ledger": number} for number in found]


def _page(copy: Copy, values: Mapping[str, Any]) -> Rows:
    found = [row for row in _of_ledger(copy.entries, values, "idx") if row["idx"] >= values["first"]]
    return found[: values["page"]]


def _newest(copy: Copy, _: Mapping[str, Any]) -> Rows:
    return sorted(copy.entries, key=lambda row: (row["ledger"], row["idx"]), reverse=True)[:1]


def _counts(copy: Copy, _: Mapping[str, Any]) -> Rows:
    found = Counter(row["ledger"] for row in copy.entries)
    return [{"ledger": ledger, "number": number} for ledger, number in found.items()]


def _twice(copy: Copy, _: Mapping[str, Any]) -> Rows:
    found = Counter(row["decision_id"] for row in copy.entries)
    return [row for row in copy.entries if found[row["decision_id"]] > 1][-1:]


def _snapshot(copy: Copy, values: Mapping[str, Any]) -> Rows:
    return [row for row in copy.snapshots if row["handle"] == values["handle"]]


_ANSWERS: dict[int, Callable[[Copy, Mapping[str, Any]], Rows]] = {
    id(chain._LEDGERS): _ledgers,
    id(chain._CHECKPOINTS): lambda copy, values: _of_ledger(copy.checkpoints, values, "size"),
    id(walk._ENTRIES): _page,
    id(walk._NODES): lambda copy, values: _of_ledger(copy.nodes, values, "idx"),
    id(beside._HEADS): lambda copy, _: copy.head,
    id(beside._NEWEST): _newest,
    id(beside._COUNTS): _counts,
    id(beside._TWICE): _twice,
    id(behind._SNAPSHOT): _snapshot,
}


def flips(value: object, bits: Sequence[int]) -> list[Any]:
    """Every value that one flipped bit of one byte makes of this one; `bits` are those to flip in each byte.

    Text is flipped in its UTF-8 bytes; an integer in each of its 63 bits.
    """
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value ^ (1 << bit) for bit in range(63)]
    raw = value.encode() if isinstance(value, str) else bytes(value)  # type: ignore[call-overload] # bytes here
    made = []
    for at, old in enumerate(raw):
        for bit in bits:
            new = raw[:at] + bytes([old ^ (1 << bit)]) + raw[at + 1 :]
            made.append(new.decode(errors="surrogateescape") if isinstance(value, str) else new)
    return made
