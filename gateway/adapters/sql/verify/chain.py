"""The ledger against its checkpoints: every leaf, every sealed part, every inner node, order and end.

The rows come from somebody else's disk: a value of another type, or one that cannot be read at all, is a
finding like any other and stops nothing.

Source: RFC 6962 (tree), C2SP tlog-checkpoint (signed notes).
"""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import bindparam, select, union

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import checkpoints, entries, nodes
from gateway.adapters.sql.verify.beside import check_head, check_rows
from gateway.adapters.sql.verify.findings import Report
from gateway.adapters.sql.verify.walk import Each, Walk
from gateway.domain.errors import LedgerUnavailableError, TamperedError

_LEDGERS = union(select(entries.c.ledger), select(checkpoints.c.ledger), select(nodes.c.ledger))
_CHECKPOINTS = (
    select(checkpoints).where(checkpoints.c.ledger == bindparam("of_ledger")).order_by(checkpoints.c.size)
)


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
class Given:
    """A checkpoint kept outside the database, and the ledger whose key signed it."""

    ledger: int
    signed: Signed


async def verify_chain(
    tx: Tx,
    verifiers: Mapping[int, Verifier],
    outside: str | None,
    each: Each | None = None,
    report: Report | None = None,
) -> Report:
    """Verify every ledger in the database.

    Args:
        tx: A snapshot.
        verifiers: The public key of each ledger, by its number.
        outside: A checkpoint kept outside the database, if there is one.
        each: Called with every entry that holds so far, to look behind it with the keys.
        report: Where the findings go; a new one if left out.

    Returns:
        The findings, those of the lowest index first; where entries agree with themselves but not with what
        was signed, the range between the last checkpoint that holds and the first that fails.
    """
    report = report if report is not None else Report()
    given = None if outside is None else _read_given(report, verifiers, outside)
    found = {row["ledger"] for row in await tx.all(_LEDGERS)}
    if not found:
        report.add(max(verifiers, default=1), 0, "there is no entry at all")
    walked: dict[int, Walk] = {}
    for number in sorted({*filter(_is_number, found), *([given.ledger] if given is not None else [])}):
        verifier = verifiers.get(number)
        if verifier is None:
            report.add(number, 0, "no public key is known for this ledger")
            continue
        roots = await _signed(tx, report, number, verifier)
        walk = walked[number] = Walk(tx, report, number, roots, max(roots, default=0))
        if given is not None and given.ledger == number:
            _add_given(walk, given)
        await walk.run(each)
    for odd in sorted(map(repr, found)):
        if not _is_number_text(odd):
            report.add(max(verifiers, default=1), 0, "rows stand under a ledger that is no number")
    await check_head(tx, report)
    await check_rows(tx, report, {number: walk.index for number, walk in walked.items()})
    report.sort()
    return report


def _is_number(value: object) -> bool:
    return isinstance(value, int)


def _is_number_text(text: str) -> bool:
    return text.lstrip("-").isdigit()


def _read_given(report: Report, verifiers: Mapping[int, Verifier], note: str) -> Given | None:
    """A checkpoint names its ledger, and only that ledger's key signed it."""
    report.outside = True
    for number, verifier in verifiers.items():
        try:
            return Given(number, verifier.verify(note))
        except TamperedError:
            continue
    report.add(max(verifiers, default=1), 0, "the checkpoint given does not verify under this ledger's key")
    return None


def _add_given(walk: Walk, given: Given) -> None:
    kept = walk.roots.setdefault(given.signed.size, given.signed.root)
    if kept != given.signed.root:
        last = given.signed.size - 1
        walk.report.add(walk.ledger, 0, "the checkpoint given contradicts the stored one", last)


async def _signed(tx: Tx, report: Report, ledger: int, verifier: Verifier) -> dict[int, bytes]:
    """The signed roots by size, as stored; a checkpoint that does not verify is a finding itself."""
    roots: dict[int, bytes] = {}
    for row in await _read_checkpoints(tx, report, ledger):
        size, note = row["size"], row["note"]
        place = max(size - 1, 0) if isinstance(size, int) else 0
        try:
            one = verifier.verify(note if isinstance(note, str) else "")
        except TamperedError:
            report.add(ledger, place, "a stored checkpoint does not verify")
            continue
        if one.size != size:
            report.add(ledger, place, "a stored checkpoint stands under another size")
        roots[one.size] = one.root
    return roots


async def _read_checkpoints(tx: Tx, report: Report, ledger: int) -> Sequence[Row]:
    try:
        return await tx.all(_CHECKPOINTS, of_ledger=ledger)
    except (LedgerUnavailableError, sqlite3.Error):
        if tx.dialect != "sqlite":
            raise  # There a statement that failed has ended the snapshot.
        report.add(ledger, 0, "the stored checkpoints cannot be read")
        return []
