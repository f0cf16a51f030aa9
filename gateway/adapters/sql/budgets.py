"""Budgets, judged under the head lock: who asked about how many different things within the hour.

A row that was read or written once holds until its own end, whatever else is written meanwhile. So what this
process knows to be counted is looked up in its memory, and only what is new is asked of the database.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson
from sqlalchemy import BigInteger, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.driver import Tx, in_list
from gateway.adapters.sql.tables import counted
from gateway.domain.counts import Budget, Count, Over, Use
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.limits import MINUTE_S, Limit, OverBudgetError
from gateway.ports import RecordKeys

MOST_KNOWN = 50_000
"""Uses that a process remembers; a bound on memory, not a rule."""

_LATER = counted.c.until_at > bindparam("at", type_=BigInteger)
_LIVE = (
    select(counted.c.whose, func.count().label("live"), func.min(counted.c.until_at).label("first"))
    .where(in_list(counted.c.whose, "whose"), _LATER)
    .group_by(counted.c.whose)
)
_FOUND = select(counted.c.what, counted.c.until_at).where(in_list(counted.c.what, "whats"), _LATER)
_PUT = upsert(counted)
_PUT = _PUT.on_conflict_do_update(index_elements=[counted.c.what], set_={"until_at": _PUT.excluded.until_at})

Whose = tuple[Budget, str]


@dataclass(slots=True)
class Purse:
    """What is left of the budgets that one group touches; changed as attempts are accepted."""

    at: Instant
    limits: Mapping[Budget, Limit]
    known: Mapping[Use, Instant]
    found: dict[Use, Instant] = field(default_factory=dict)
    live: dict[Whose, int] = field(default_factory=dict)
    first: dict[Whose, int] = field(default_factory=dict)
    taken: dict[Use, Instant] = field(default_factory=dict)

    def judge(self, count: Count | None) -> Over | None:
        """Whether this would be too many; what is not is counted from here on."""
        if count is None:
            return None
        new = [use for use in count.uses if not self.holds(use)]
        if not new:
            return None
        full = [use[:2] for use in new if self.live.get(use[:2], 0) >= self.limits[use.budget].allowed]
        if full and not count.urgent:
            return Over(max(self._wait_s(whose) for whose in full))
        for use in new:
            until = Instant(self.at + self.limits[use.budget].within_s * SECOND_US)
            self.taken[use] = until
            self.live[use[:2]] = self.live.get(use[:2], 0) + 1
            self.first.setdefault(use[:2], until)
        return None

    def holds(self, use: Use) -> bool:
        """Whether this was counted within the hour."""
        return self.known.get(use, 0) > self.at or use in self.found or use in self.taken

    def _wait_s(self, whose: Whose) -> int:
        """In whole minutes: of an agency, the second would tell when a colleague asked."""
        return math.ceil((self.first[whose] - self.at) / (MINUTE_S * SECOND_US)) * MINUTE_S


class Budgets:
    """The budgets in force, and what this process knows to be counted; without limits, nothing is."""

    def __init__(self, keys: RecordKeys, limits: Mapping[Budget, Limit]) -> None:
        self._keys = keys
        self._limits = limits
        self._known: dict[Use, Instant] = {}

    async def open(self, tx: Tx, counts: Iterable[Count | None], at: Instant) -> Purse | None:
        """Read what these may use up; nothing where all of it is known to be counted already.

        None where nothing is limited.
        """
        if not self._limits:
            return None
        purse = Purse(at, self._limits, self._known)
        new = {use for one in counts if one is not None for use in one.uses if not purse.holds(use)}
        if new:
            await self._read(tx, purse, new)
        return purse

    async def _read(self, tx: Tx, purse: Purse, new: set[Use]) -> None:
        # The group holds the head lock: nobody else counts anything meanwhile.
        scopes = {self._whose(use).hex(): use[:2] for use in new}
        for row in await tx.all(_LIVE, whose=_list(scopes), at=purse.at):
            whose = scopes[row["whose"]]
            purse.live[whose], purse.first[whose] = row["live"], row["first"]
        whats = {self._what(use): use for use in new}
        for row in await tx.all(_FOUND, whats=_list(whats), at=purse.at):
            purse.found[whats[row["what"]]] = Instant(row["until_at"])

    async def write(self, tx: Tx, purse: Purse | None) -> None:
        """Write what was counted anew."""
        if purse is None:
            return
        rows = [
            {"what": self._what(use), "whose": self._whose(use).hex(), "until_at": until}
            for use, until in purse.taken.items()
        ]
        await tx.run_many(_PUT, rows)

    async def count(self, tx: Tx, count: Count | None, at: Instant) -> None:
        """Count what an act uses up; that this process knows it is not kept, for the act may yet fail.

        Raises:
            OverBudgetError: Its caller has asked for too much.
        """
        purse = await self.open(tx, [count], at)
        over = None if purse is None else purse.judge(count)
        if over is not None:
            raise OverBudgetError(over)
        await self.write(tx, purse)

    def keep(self, purse: Purse | None) -> None:
        """Remember what a group read and counted, once it has committed."""
        if purse is not None and (purse.found or purse.taken):
            if len(self._known) > MOST_KNOWN:
                self._known = {use: until for use, until in self._known.items() if until > purse.at}
                if len(self._known) > MOST_KNOWN:
                    self._known = {}
            self._known |= purse.found | purse.taken

    def _whose(self, use: Use) -> bytes:
        return self._keys.handle("limit", f"{use.budget}\n{use.whose}")

    def _what(self, use: Use) -> str:
        return self._keys.handle("limit", f"{use.budget}\n{use.whose}\n{use.what}").hex()


def _list(texts: Iterable[str]) -> str:
    return orjson.dumps(list(texts)).decode()
