"""What stands beside a ledger's entries: its head, their number, and that no decision stands in it twice."""

from collections.abc import Mapping

from sqlalchemy import func, select, text

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import entries
from gateway.adapters.sql.verify.findings import Report

_HEADS = text("SELECT one, ledger, size, recorded_at FROM ledger_head")
_NEWEST = (
    select(entries.c.ledger, entries.c.idx, entries.c.recorded_at)
    .order_by(entries.c.ledger.desc(), entries.c.idx.desc())
    .limit(1)
)
_COUNTS = select(entries.c.ledger, func.count().label("number")).group_by(entries.c.ledger)
_TWICE = (
    select(func.max(entries.c.ledger).label("ledger"), func.max(entries.c.idx).label("idx"))
    .group_by(entries.c.decision_id)
    .having(func.count() > 1)
)


async def check_head(tx: Tx, report: Report) -> None:
    """The one head says how many entries the newest ledger has, and when the last was recorded."""
    heads, newest = await tx.all(_HEADS), await tx.one(_NEWEST)
    ledger, index, at = (
        (1, -1, None) if newest is None else (newest["ledger"], newest["idx"], newest["recorded_at"])
    )
    place = max(index, 0) if isinstance(index, int) else 0
    ledger = ledger if isinstance(ledger, int) else 1
    if len(heads) != 1 or heads[0]["one"] != 1:
        report.add(ledger, place, "the ledger has no head, or several")
        return
    row = heads[0]
    if row["ledger"] != ledger or row["size"] != place + 1:
        if newest is not None or row["size"] != 0:
            report.add(ledger, place, "the head counts otherwise")
    elif row["recorded_at"] != at:
        report.add(ledger, place, "the head is dated otherwise")


async def check_rows(tx: Tx, report: Report, walked: Mapping[int, int]) -> None:
    """No row stands outside the walk, and no entry was put in again."""
    for row in await tx.all(_COUNTS):
        ledger, number = row["ledger"], row["number"]
        if ledger in walked and number != walked[ledger] and report.holds:
            report.add(ledger, 0, "rows stand beside the ledger's entries", walked[ledger])
    for row in await tx.all(_TWICE):
        ledger, index = row["ledger"], row["idx"]
        if isinstance(ledger, int) and isinstance(index, int):
            report.add(ledger, index, "its decision stands in the ledger twice")
