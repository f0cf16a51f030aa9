"""Rates as rows that all processes share, and the sweeping of what counts no longer."""

from collections.abc import Mapping

from sqlalchemy import BigInteger, Delete, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.database import Database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.fence import NOW, lock_head, store_clock
from gateway.adapters.sql.tables import counted, rates
from gateway.domain.errors import RateLimitedError
from gateway.domain.instants import Instant
from gateway.domain.limits import Limit, Rate, Taken, take
from gateway.ports import Clock, RecordKeys

AT_ONCE = 100
"""Rows that one transaction deletes."""

_ADD = upsert(rates).on_conflict_do_nothing()
_FIND = select(rates.c.arrival_at).where(rates.c.whose == bindparam("of_whose"))
_LOCK = {
    "sqlite": _FIND,
    "postgresql": _FIND.add_columns(NOW.label("now")).with_for_update(),
}
"""An SQLite transaction begins with its lock, and its clock is the process's."""
_SET = (
    update(rates)
    .where(rates.c.whose == bindparam("of_whose"))
    .values(arrival_at=bindparam("to_arrival", type_=BigInteger))
)
_AT = bindparam("at", type_=BigInteger)
_OVER: tuple[Delete, ...] = (
    delete(counted).where(
        counted.c.what.in_(select(counted.c.what).where(counted.c.until_at <= _AT).limit(AT_ONCE))
    ),
    delete(rates).where(
        rates.c.whose.in_(select(rates.c.whose).where(rates.c.arrival_at <= _AT).limit(AT_ONCE))
    ),
)


class SqlRates:
    """Each taking is a transaction of its own: what is let through was counted before."""

    def __init__(
        self, database: Database, keys: RecordKeys, clock: Clock, limits: Mapping[Rate, Limit]
    ) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._limits = limits

    async def take(self, rate: Rate, whose: str, wanted: int = 1) -> Taken:
        limit = self._limits.get(rate)
        if limit is None:
            return Taken(wanted, 0, 0)
        handle = self._keys.handle("limit", f"{rate}\n{whose}").hex()
        return await self._database.transaction(lambda tx: self._take(tx, limit, handle, wanted))

    async def _take(self, tx: Tx, limit: Limit, handle: str, wanted: int) -> Taken:
        # The row is there before it is locked: two who come first cannot both begin it.
        await tx.run_many(_ADD, [{"whose": handle, "arrival_at": 0}])
        row = await tx.one(_LOCK[tx.dialect], of_whose=handle)
        assert row is not None
        now = Instant(row["now"]) if tx.dialect == "postgresql" else self._clock.now()
        taken = take(limit, row["arrival_at"], now, wanted)
        if taken.given:
            await tx.run_many(_SET, [{"of_whose": handle, "to_arrival": taken.arrival}])
        return taken

    async def require(self, rate: Rate, whose: str) -> None:
        taken = await self.take(rate, whose)
        if not taken.given:
            raise RateLimitedError.after(taken.wait_us, "too often")

    async def sweep(self) -> int:
        """Delete what counts no longer; gives how many rows went.

        Raises:
            LedgerUnavailableError: The database is away; the next sweep goes on.
        """
        return sum([await self._sweep(statement) for statement in _OVER])

    async def _sweep(self, statement: Delete) -> int:
        swept = AT_ONCE
        total = 0
        while swept == AT_ONCE:
            swept = await self._database.transaction(lambda tx: self._delete(tx, statement))
            total += swept
        return total

    async def _delete(self, tx: Tx, statement: Delete) -> int:
        # Under the head lock: a group touches several rows, and two who lock rows in two orders would wait
        # for each other for ever.
        locked = await lock_head(tx, self._clock)
        return await tx.run(statement, at=max(locked.recorded_at, await store_clock(tx, self._clock)))
