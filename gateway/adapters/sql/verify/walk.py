"""One pass over a ledger's entries, growing the tree beside them."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import bindparam, select

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import entries, nodes
from gateway.adapters.sql.verify.findings import Report
from gateway.domain.errors import CorruptionError, LedgerUnavailableError
from gateway.domain.ledger import Leaf, decode_leaf, leaf_hash, unpack_parts
from gateway.domain.merkle import HASH_BYTES, CompactRange

PAGE = 1000
MAX_LEVEL = 63
MAX_INDEX = 2**63 - 1

_PAGED = (entries.c.ledger == bindparam("of_ledger"), entries.c.idx >= bindparam("first"))
_PLACES = (
    select(entries.c.idx)
    .where(*_PAGED)
    .order_by(entries.c.idx)
    .limit(bindparam("page", type_=entries.c.ledger.type))
)
_ENTRIES = (
    select(entries)
    .where(*_PAGED)
    .order_by(entries.c.idx)
    .limit(bindparam("page", type_=entries.c.ledger.type))
)
_ENTRY = select(entries).where(entries.c.ledger == bindparam("of_ledger"), entries.c.idx == bindparam("at"))
_UNREADABLE: dict[str, object] = dict.fromkeys(entries.c.keys())
_NODES = select(nodes.c.level, nodes.c.idx, nodes.c.hash).where(nodes.c.ledger == bindparam("of_ledger"))


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry whose leaf, hashes and place agree."""

    row: Row
    leaf: Leaf
    parts: Sequence[bytes]


class Each(Protocol):
    async def __call__(self, checked: Checked) -> None: ...


class Walk:
    """Judges one ledger's entries in their order.

    `roots` are the signed roots by size; up to `kept` entries, the largest size that the database itself
    holds a checkpoint of, every complete inner node is stored.
    """

    def __init__(self, tx: Tx, report: Report, ledger: int, roots: dict[int, bytes], kept: int) -> None:
        self.tx, self.report, self.ledger, self.roots, self.kept = tx, report, ledger, roots, kept
        self.tree = CompactRange()
        self.inner: dict[tuple[int, int], bytes] = {}
        self.index = 0
        self.good = 0
        self.last_at = 0
        self.broken = False

    async def run(self, each: Each | None) -> None:
        while (rows := await self._page()) and await self._all(rows, each):
            pass
        self.report.entries += self.index
        self.report.covered = self.good
        for size in sorted(self.roots):
            if size > self.index:
                self._add("is missing, though it was signed", size - 1)
                break
        if not self.broken:
            await self.check_nodes()

    async def _all(self, rows: Sequence[Row], each: Each | None) -> bool:
        """Judge these entries; False where one stands at an index after which there can be no other."""
        for row in rows:
            if not isinstance(row["idx"], int) or row["idx"] >= MAX_INDEX:
                self._add("an entry stands at an index that cannot be")
                self.broken = True
                return False
            await self._one(row, each)
        return True

    async def _page(self) -> Sequence[Row]:
        """The next entries; where the database cannot read one of them, that one holds only its index."""
        wanted = {"of_ledger": self.ledger, "first": self.index, "page": PAGE}
        try:
            return await self.tx.all(_ENTRIES, **wanted)
        except (LedgerUnavailableError, sqlite3.Error):
            if self.tx.dialect != "sqlite":
                raise  # There a statement that failed has ended the snapshot.
        return [await self._alone(place["idx"]) for place in await self.tx.all(_PLACES, **wanted)]

    async def _alone(self, index: int) -> Row:
        try:
            return await self.tx.one(_ENTRY, of_ledger=self.ledger, at=index) or _UNREADABLE | {"idx": index}
        except (LedgerUnavailableError, sqlite3.Error):
            return _UNREADABLE | {"idx": index}

    async def _one(self, row: Row, each: Each | None) -> None:
        if row["idx"] != self.index:
            self._add("is missing", row["idx"] - 1)
            self.broken = True
            self.index = row["idx"]
        checked = self.check(row)
        self._grow(leaf_hash(checked.row["leaf"]) if checked is not None else _stored_hash(row))
        if each is not None and checked is not None:
            await each(checked)
        self.index += 1

    def check(self, row: Row) -> Checked | None:
        """The entry, if its leaf, its hash, its parts and the columns that repeat the leaf agree."""
        try:
            leaf, parts = _decode(row)
        except CorruptionError:
            return self._wrong(row, "its bytes cannot be read")
        what = self._contradiction(row, leaf, parts)
        if what is not None:
            return self._wrong(row, what)
        self.last_at = leaf.recorded_at
        return Checked(row, leaf, parts)

    def _contradiction(self, row: Row, leaf: Leaf, parts: Sequence[bytes]) -> str | None:
        if leaf_hash(row["leaf"]) != row["leaf_hash"]:
            return "its leaf is not the one that was hashed"
        if tuple(hashlib.sha256(part).digest() for part in parts) != leaf.part_hashes:
            return "a sealed part is not the one that the leaf commits to"
        repeated = (row["decision_id"], row["kind"], row["recorded_at"])
        if repeated != (leaf.decision_id, str(leaf.kind), leaf.recorded_at):
            return "a column beside the leaf contradicts it"
        if leaf.recorded_at < self.last_at:
            return "is dated before the entry that precedes it"
        return None

    def _wrong(self, row: Row, what: str) -> Checked | None:
        self.broken = True
        self.report.add(self.ledger, row["idx"], what)
        return None

    def _add(self, what: str, last: int | None = None) -> None:
        self.report.add(self.ledger, self.index, what, last)

    def _grow(self, digest: bytes) -> None:
        for level, at, value in self.tree.append(digest):
            self.inner[level, at] = value
        size = self.index + 1
        signed = self.roots.get(size)
        if signed is None or self.broken:
            return
        if signed == self.tree.root():
            self.good = size
        else:
            self.broken = True
            what = "an entry here is not the one that was signed"
            self.report.add(self.ledger, self.good, what, self.index)

    async def check_nodes(self) -> None:
        """Every stored inner node is the tree's, and none that a checkpoint was stored with is missing."""
        stored: set[tuple[int, int]] = set()
        for row in await self.tx.all(_NODES, of_ledger=self.ledger):
            place = (row["level"], row["idx"])
            stored.add(place)
            if self.inner.get(place) != row["hash"]:
                self.report.add(self.ledger, *_span(*place, "a stored inner node is wrong"))
                return
        for level, at in self.inner:
            if (at + 1) << level <= self.kept and (level, at) not in stored:
                self.report.add(self.ledger, *_span(level, at, "a stored inner node is missing"))
                return


def _decode(row: Row) -> tuple[Leaf, Sequence[bytes]]:
    leaf, parts = row["leaf"], row["parts"]
    if not isinstance(leaf, bytes) or not isinstance(parts, bytes):
        raise CorruptionError("an entry's bytes are missing")
    return decode_leaf(leaf), unpack_parts(parts)


def _stored_hash(row: Mapping[str, object]) -> bytes:
    stored = row["leaf_hash"]
    return stored if isinstance(stored, bytes) and len(stored) == HASH_BYTES else bytes(HASH_BYTES)


def _span(level: object, at: object, what: str) -> tuple[int, str, int]:
    """Which entries a node is above; one whose place cannot be is above the first."""
    if not (isinstance(level, int) and isinstance(at, int) and 0 <= level <= MAX_LEVEL and at >= 0):
        return 0, what, 0
    return at << level, what, ((at + 1) << level) - 1
