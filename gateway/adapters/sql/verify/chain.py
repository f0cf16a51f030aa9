"""The ledger against its checkpoints: every leaf, every sealed part, every inner node, order and end.

Source: RFC 6962 (tree), C2SP tlog-checkpoint (signed notes).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import bindparam, select, text

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import checkpoints, entries, nodes
from gateway.adapters.sql.verify.findings import Report
from gateway.domain.errors import CorruptionError, TamperedError
from gateway.domain.ledger import Leaf, decode_leaf, leaf_hash, unpack_parts
from gateway.domain.merkle import CompactRange

PAGE = 1000

_HEAD = text("SELECT ledger, size, recorded_at FROM ledger_head")
_LEDGERS = select(entries.c.ledger).distinct().order_by(entries.c.ledger)
_ENTRIES = (
    select(entries)
    .where(entries.c.ledger == bindparam("of_ledger"), entries.c.idx >= bindparam("first"))
    .order_by(entries.c.idx)
    .limit(bindparam("page", type_=entries.c.ledger.type))
)
_CHECKPOINTS = (
    select(checkpoints).where(checkpoints.c.ledger == bindparam("of_ledger")).order_by(checkpoints.c.size)
)
_NODES = select(nodes.c.level, nodes.c.idx, nodes.c.hash).where(nodes.c.ledger == bindparam("of_ledger"))


class Signed(Protocol):
    @property
    def origin(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def root(self) -> bytes: ...


class Verifier(Protocol):
    """A ledger's public key under its own name; `verify` raises TamperedError."""

    def verify(self, note: str) -> Signed: ...


@dataclass(frozen=True, slots=True)
class Checked:
    """An entry whose leaf, hashes and place agree."""

    row: Row
    leaf: Leaf
    parts: Sequence[bytes]


class Each(Protocol):
    async def __call__(self, checked: Checked) -> None: ...


async def verify_chain(
    tx: Tx, verifiers: Mapping[int, Verifier], outside: str | None, each: Each | None = None
) -> Report:
    """Verify every ledger in the database.

    Args:
        tx: A snapshot.
        verifiers: The public key of each ledger, by its number.
        outside: A checkpoint kept outside the database, if there is one.
        each: Called with every entry that holds so far, to look behind it with the keys.

    Returns:
        The findings, the first wrong entry first; where entries agree with themselves but not with what was
        signed, the range between the last checkpoint that holds and the first that fails.
    """
    report = Report(outside=outside is not None)
    found = [row["ledger"] for row in await tx.all(_LEDGERS)]
    for number in found:
        verifier = verifiers.get(number)
        if verifier is None:
            report.add(number, 0, "no public key is known for this ledger")
            continue
        walk = _Walk(tx, report, number, verifier, await _signed(tx, report, number, verifier))
        if outside is not None and number == max(verifiers):
            walk.add_outside(outside)
        await walk.run(each)
    await _check_head(tx, report, found)
    if not found:
        report.add(max(verifiers, default=1), 0, "there is no entry at all")
    return report


async def _signed(tx: Tx, report: Report, ledger: int, verifier: Verifier) -> dict[int, bytes]:
    """The signed roots by size, as stored; a checkpoint that does not verify is a finding itself."""
    roots: dict[int, bytes] = {}
    for row in await tx.all(_CHECKPOINTS, of_ledger=ledger):
        try:
            one = verifier.verify(row["note"])
        except TamperedError:
            report.add(ledger, max(row["size"] - 1, 0), "a stored checkpoint does not verify")
            continue
        if one.size != row["size"]:
            report.add(ledger, max(row["size"] - 1, 0), "a stored checkpoint stands under another size")
        roots[one.size] = one.root
    return roots


class _Walk:
    """One pass over a ledger's entries, growing the tree beside them."""

    def __init__(
        self, tx: Tx, report: Report, ledger: int, verifier: Verifier, roots: dict[int, bytes]
    ) -> None:
        self.tx, self.report, self.ledger, self.verifier, self.roots = tx, report, ledger, verifier, roots
        self.tree = CompactRange()
        self.inner: dict[tuple[int, int], bytes] = {}
        self.good = 0
        self.last_at = 0
        self.broken = False

    def add_outside(self, note: str) -> None:
        try:
            one = self.verifier.verify(note)
        except TamperedError:
            self.report.add(self.ledger, 0, "the checkpoint given does not verify under this ledger's key")
            return
        kept = self.roots.setdefault(one.size, one.root)
        if kept != one.root:
            self.report.add(self.ledger, 0, "the checkpoint given contradicts the stored one", one.size - 1)

    async def run(self, each: Each | None) -> None:
        index = 0
        while rows := await self.tx.all(_ENTRIES, of_ledger=self.ledger, first=index, page=PAGE):
            for row in rows:
                if row["idx"] != index:
                    self.report.add(self.ledger, index, "is missing", row["idx"] - 1)
                    self.broken = True
                    index = row["idx"]
                checked = self._check(row)
                self._grow(index, row["leaf_hash"] if checked is None else leaf_hash(row["leaf"]))
                if each is not None and checked is not None:
                    await each(checked)
                index += 1
        self.report.entries += index
        self.report.covered = max([size for size in self.roots if size <= index], default=0)
        for size in sorted(self.roots):
            if size > index:
                self.report.add(self.ledger, index, "is missing, though it was signed", size - 1)
                break
        if not self.broken:
            await self._check_nodes()

    def _check(self, row: Row) -> Checked | None:
        """The entry, if its leaf, its hash, its parts and the columns that repeat the leaf agree."""
        try:
            leaf, parts = decode_leaf(row["leaf"]), unpack_parts(row["parts"])
        except CorruptionError:
            return self._wrong(row, "its bytes cannot be read")
        if leaf_hash(row["leaf"]) != row["leaf_hash"]:
            return self._wrong(row, "its leaf is not the one that was hashed")
        if tuple(hashlib.sha256(part).digest() for part in parts) != leaf.part_hashes:
            return self._wrong(row, "a sealed part is not the one that the leaf commits to")
        repeated = (row["decision_id"], row["kind"], row["recorded_at"])
        if repeated != (leaf.decision_id, str(leaf.kind), leaf.recorded_at):
            return self._wrong(row, "a column beside the leaf contradicts it")
        if leaf.recorded_at < self.last_at:
            return self._wrong(row, "is dated before the entry that precedes it")
        self.last_at = leaf.recorded_at
        return Checked(row, leaf, parts)

    def _wrong(self, row: Row, what: str) -> Checked | None:
        self.broken = True
        self.report.add(self.ledger, row["idx"], what)
        return None

    def _grow(self, index: int, digest: bytes) -> None:
        for level, at, value in self.tree.append(digest):
            self.inner[level, at] = value
        signed = self.roots.get(index + 1)
        if signed is None:
            return
        if signed == self.tree.root():
            self.good = index + 1
        elif not self.broken:
            self.broken = True
            self.report.add(self.ledger, self.good, "an entry here is not the one that was signed", index)

    async def _check_nodes(self) -> None:
        for row in await self.tx.all(_NODES, of_ledger=self.ledger):
            if self.inner.get((row["level"], row["idx"])) != row["hash"]:
                first = row["idx"] << row["level"]
                last = first + (1 << row["level"]) - 1
                self.report.add(self.ledger, first, "a stored inner node is wrong", last)
                return


async def _check_head(tx: Tx, report: Report, found: Sequence[int]) -> None:
    """The head says how many entries there are; more or fewer is a finding."""
    row = await tx.one(_HEAD)
    if row is None:
        report.add(max(found, default=1), 0, "the ledger has no head")
        return
    count = await tx.one(
        select(entries.c.idx).where(entries.c.ledger == row["ledger"]).order_by(entries.c.idx.desc()).limit(1)
    )
    size = 0 if count is None else count["idx"] + 1
    if size != row["size"]:
        report.add(row["ledger"], min(size, row["size"]), "the head counts otherwise", max(size, row["size"]))
