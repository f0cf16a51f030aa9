"""Counts of failed tries, as rows that all workers share.

A try is counted before it is judged and given back once it has succeeded: however many come at once, no more
are judged than the rule allows. These rows are no part of the record, and old ones are swept.
"""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import tries
from gateway.domain.instants import DAY_US, Instant
from gateway.domain.tries import NONE_YET, Rule, Tries

SWEPT_US = 30 * DAY_US

_READ = select(tries.c.failures, tries.c.last_at, tries.c.until_at).where(
    tries.c.bucket == bindparam("of_bucket")
)
_MAKE = upsert(tries).on_conflict_do_nothing()
_LOCK = {"sqlite": _READ, "postgresql": _READ.with_for_update()}
_SET = (
    update(tries)
    .where(tries.c.bucket == bindparam("of_bucket"))
    .values(failures=bindparam("to_failures"), last_at=bindparam("to_last"), until_at=bindparam("to_until"))
)
_DROP = delete(tries).where(tries.c.bucket == bindparam("of_bucket"))
_SWEEP = delete(tries).where(tries.c.last_at < bindparam("before"))


async def take_try(tx: Tx, counted: Sequence[tuple[bytes, Rule]], at: Instant) -> int:
    """Count one try in each bucket, or in none of them.

    Returns:
        For how many microseconds the try must wait; 0 where it was counted and may be judged.
    """
    # Who must wait makes no row: what she typed would be one each time.
    waits = [_tries(await tx.one(_READ, of_bucket=bucket)).wait_us(at) for bucket, _ in counted]
    if any(waits):
        return max(waits)
    found: list[tuple[bytes, Rule, Tries]] = []
    # In one order, so that two transactions never wait for each other.
    for bucket, rule in sorted(counted, key=lambda one: one[0]):
        await tx.run(_MAKE, bucket=bucket, failures=0, last_at=at, until_at=0)
        found.append((bucket, rule, _tries(await tx.one(_LOCK[tx.dialect], of_bucket=bucket))))
    wait = max((known.wait_us(at) for _, _, known in found), default=0)
    if wait:
        return wait
    for bucket, rule, known in found:
        await _set(tx, bucket, known.counted(rule, at))
    await tx.run(_SWEEP, before=at - SWEPT_US)
    return 0


async def forget_tries(tx: Tx, bucket: bytes) -> None:
    """Begin a count again: whoever it was about has come in."""
    await tx.run(_DROP, of_bucket=bucket)


async def give_back(tx: Tx, bucket: bytes, rule: Rule) -> None:
    """Take one try out of a count that others share; a wait that it brought about is over."""
    row = await tx.one(_LOCK[tx.dialect], of_bucket=bucket)
    if row is None:
        return
    known = _tries(row)
    failures = max(0, known.failures - 1)
    until = Instant(0) if failures < rule.free else known.until_at
    await _set(tx, bucket, Tries(failures, known.last_at, until))


async def _set(tx: Tx, bucket: bytes, known: Tries) -> None:
    await tx.run(
        _SET, of_bucket=bucket, to_failures=known.failures, to_last=known.last_at, to_until=known.until_at
    )


def _tries(row: Row | None) -> Tries:
    if row is None:
        return NONE_YET
    return Tries(row["failures"], Instant(row["last_at"]), Instant(row["until_at"]))
