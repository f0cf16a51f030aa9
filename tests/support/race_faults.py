"""Faults that a race must notice: each breaks one rule of the fence, in this process, while it is seeded.

`epochs before the lock` and `one statement` judge a group by epochs older than the head lock, `what was known
believed` by those that the process's last group left, wherever the head stands; all three need a second
process that commits meanwhile, so they are PostgreSQL's. `check left out` records whatever was
decided. `withdrawal by a clock ahead` keeps the fence, the epochs and the entry, and dates only the
consent's own end three seconds ahead: facts read afterwards hold a consent that is still live by its dates.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import orjson
from sqlalchemy import select, text

from gateway.adapters.sql import fence, ground, writer
from gateway.adapters.sql.acts import consents, stops
from gateway.adapters.sql.acts.receipts import Receipts
from gateway.adapters.sql.append import Head
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.fence import Ground, Locked, Pending
from gateway.adapters.sql.ground import Known
from gateway.adapters.sql.tables import epochs
from gateway.domain.acting import Note
from gateway.domain.consent import Directive, StopReach
from gateway.domain.facts import Attempt, Turned
from gateway.domain.instants import Instant
from gateway.ports import Clock

AHEAD_US = 3_000_000

_EVERY_EPOCH = select(epochs.c.scope, epochs.c.number)
_AT_ONCE = text(
    "WITH locked AS MATERIALIZED "
    "(SELECT ledger FROM ledger_head WHERE one = 1 FOR UPDATE) "
    "SELECT ledger, (SELECT json_object_agg(scope, number) FROM epochs) AS numbers "
    "FROM locked"
)
_seen: ContextVar[dict[str, int]] = ContextVar("epochs that are too old")

# The parts of the product that a fault stands in for, as they are.
_lock_head, _read_ground = fence.lock_head, ground.read_ground
_withdraw, _stop = consents.withdraw, stops.stop


@contextmanager
def seeded(fault: str) -> Iterator[None]:
    """Break the rule of this name until the block ends; an empty name breaks nothing."""
    places = _FAULTS[fault]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in places]
    for owner, name, wrong in places:
        setattr(owner, name, wrong)
    try:
        yield
    finally:
        for owner, name, right in kept:
            setattr(owner, name, right)


async def _lock_after_reading(tx: Tx, clock: Clock) -> Locked:
    rows = await tx.all(_EVERY_EPOCH)
    _seen.set({row["scope"]: row["number"] for row in rows})
    return await _lock_head(tx, clock)


async def _lock_while_reading(tx: Tx, clock: Clock) -> Locked:
    row = await tx.one(_AT_ONCE)
    assert row is not None
    _seen.set(orjson.loads(row["numbers"]))
    return await _lock_head(tx, clock)


async def _ground_of_before(
    tx: Tx, locked: Locked, pending: Sequence[Pending], known: Known
) -> tuple[Ground, Head]:
    found, top = await _read_ground(tx, locked, pending, known)
    found.epochs |= _seen.get()
    return found, top


def _stands_whatever_moved(ground: Ground, attempt: Attempt) -> Turned | None:
    until = min(attempt.decision.valid_until, attempt.facts.horizon)
    return Turned.OVERTAKEN if ground.at >= until else None


def _withdraw_ahead(note: Note, judged: Directive, receipts: Receipts) -> Change:
    async def change(tx: Tx, at: Instant) -> Effect:
        return await _withdraw(note, judged, receipts)(tx, Instant(at + AHEAD_US))

    return change


def _stop_ahead(note: Note, directive: Directive, reach: StopReach, receipts: Receipts) -> Change:
    async def change(tx: Tx, at: Instant) -> Effect:
        return await _stop(note, directive, reach, receipts)(tx, Instant(at + AHEAD_US))

    return change


_FAULTS: dict[str, tuple[tuple[Any, str, object], ...]] = {
    "": (),
    "epochs before the lock": (
        (writer, "lock_head", _lock_after_reading),
        (writer, "read_ground", _ground_of_before),
    ),
    "one statement": (
        (writer, "lock_head", _lock_while_reading),
        (writer, "read_ground", _ground_of_before),
    ),
    "what was known believed": ((ground.Known, "holds", lambda _known, _row: True),),
    "check left out": ((fence.Ground, "_stands", _stands_whatever_moved),),
    "withdrawal by a clock ahead": (
        (consents, "withdraw", _withdraw_ahead),
        (stops, "stop", _stop_ahead),
    ),
}
