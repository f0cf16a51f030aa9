"""The fence: judging a group of attempts one by one under the head lock, in arrival order.

Each attempt sees the effects of those before it. Whatever turns one away leaves the others untouched.
Epochs are read in a statement *later* than the one that locks the head: on PostgreSQL one statement that
did both would judge by a snapshot older than the lock, and let releases through after their withdrawal.
Only the head itself is had with its lock, for whoever waits for a row is given the row as it became
(PostgreSQL manual, 13.2.1). What need not be read again, and why, is in `ground.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, bindparam, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.append import Line
from gateway.adapters.sql.budgets import Purse
from gateway.adapters.sql.driver import Tx, in_list
from gateway.adapters.sql.outbox import Told, put_told
from gateway.adapters.sql.tables import consents, epochs, head, idempotency
from gateway.domain.access import ConsentRef
from gateway.domain.counts import Over
from gateway.domain.errors import CorruptionError
from gateway.domain.facts import Attempt, IdempotencyClaim, Turned, person_scope
from gateway.domain.instants import Instant
from gateway.ports import Clock

CLOCK_DOUBT_US = 2_000_000
"""A worker further than this from the store's clock, or behind the head, is not believed."""

_EPOCHS = select(epochs.c.scope, epochs.c.number).where(in_list(epochs.c.scope, "scopes"))
_BUMP = upsert(epochs).values(scope=bindparam("scope"), number=1)
_BUMP = _BUMP.on_conflict_do_update(index_elements=[epochs.c.scope], set_={"number": epochs.c.number + 1})
NOW: ColumnElement[Any] = literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)")
_CLOCK = select(NOW.label("now"))
_HEAD = select(head.c.ledger, head.c.size, head.c.recorded_at, head.c.moves).where(head.c.one == 1)
_OF_LOCKED = _HEAD.with_for_update().subquery("locked")
_LOCK = {"sqlite": _HEAD, "postgresql": select(_OF_LOCKED, NOW.label("now"))}
"""The clock stands outside, so that it is read after the wait; an SQLite transaction begins with the lock."""
_MOVED = update(head).where(head.c.one == 1).values(moves=head.c.moves + 1)
_PUT_CLAIM = upsert(idempotency)
_PUT_CLAIM = _PUT_CLAIM.on_conflict_do_update(
    index_elements=[idempotency.c.client, idempotency.c.key],
    set_={"count": _PUT_CLAIM.excluded.count, "used_at": _PUT_CLAIM.excluded.used_at},
)
_USE = (
    update(consents)
    .where(consents.c.id == bindparam("consent"), consents.c.version == bindparam("used_version"))
    .where(consents.c.used.is_(False))
    .values(used=True)
)


class Pending(NamedTuple):
    """An attempt with its line, both made before the lock."""

    attempt: Attempt
    line: Line


@dataclass(slots=True)
class Ground:
    """What the group is judged by: known to stand under the lock, changed as attempts are accepted."""

    epochs: dict[str, int]
    """Of every scope that one of the group rests on, and maybe others; 0 where nothing was ever bumped."""
    claims: dict[tuple[str, str], tuple[bytes, int]]
    at: Instant
    worker_now: Instant
    store_now: Instant
    floor: Instant
    bumps: list[str] = field(default_factory=list)
    used: list[ConsentRef] = field(default_factory=list)
    claimed: list[IdempotencyClaim] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    fresh: set[str] = field(default_factory=set)
    """Proofs that this group has taken, less those that an accepted attempt has spent."""
    purse: Purse | None = None
    """None where nothing is limited."""

    def judge(self, attempt: Attempt) -> Turned | Over | None:
        """Why this attempt must not be recorded, or None; an accepted one changes the ground."""
        turned = self._turns(attempt)
        if turned is not None:
            return turned
        # What does not stand any more counts for nothing: it is judged anew.
        counts = attempt.counts if attempt.fenced else None
        over = None if self.purse is None else self.purse.judge(counts)
        if over is not None:
            return over
        if attempt.proof is not None:
            self.fresh.discard(attempt.proof.replay)
        if not attempt.fenced:
            return None
        if attempt.idempotency is not None:
            claim = attempt.idempotency
            self.claims[claim.client, claim.key] = (claim.request_digest, claim.seen + 1)
            self.claimed.append(claim)
        if attempt.uses:
            scope = person_scope(attempt.facts.fragment.person)
            self.used += attempt.uses
            self.bumps.append(scope)
            self.epochs[scope] = self.epochs.get(scope, 0) + 1
        return None

    def _turns(self, attempt: Attempt) -> Turned | None:
        if attempt.proof is not None and attempt.proof.replay not in self.fresh:
            return Turned.REPLAYED
        if not attempt.fenced:
            return None
        if self._clock_unsure():
            return Turned.CLOCK_UNSURE
        return self._claim(attempt.idempotency) or self._stands(attempt)

    def _clock_unsure(self) -> bool:
        apart = abs(self.worker_now - self.store_now) > CLOCK_DOUBT_US
        return apart or self.worker_now < self.floor - CLOCK_DOUBT_US

    def _claim(self, claim: IdempotencyClaim | None) -> Turned | None:
        if claim is None:
            return None
        digest, count = self.claims.get((claim.client, claim.key), (claim.request_digest, 0))
        if digest != claim.request_digest:
            return Turned.OTHER_REQUEST
        return None if count == claim.seen else Turned.TWIN

    def _stands(self, attempt: Attempt) -> Turned | None:
        facts = attempt.facts
        if not self.epochs.items() >= facts.rests_on:
            return Turned.MOVED
        if self.at >= min(attempt.decision.valid_until, facts.horizon):
            return Turned.OVERTAKEN
        return None


class Locked(NamedTuple):
    """The ledger head under the lock; the store's clock once it was had, and the worker's once it knew."""

    ledger: int
    size: int
    recorded_at: Instant
    moves: int
    now: Instant
    worker_now: Instant

    @property
    def place(self) -> tuple[int, ...]:
        """All of the head, which any change that counts moves."""
        return self.ledger, self.size, self.recorded_at, self.moves


async def lock_head(tx: Tx, clock: Clock) -> Locked:
    """Lock the head row: the fence. Everything else that is judged is read in later statements.

    Raises:
        CorruptionError: The ledger has no head.
    """
    row = await tx.one(_LOCK[tx.dialect])
    if row is None:
        raise CorruptionError("the ledger has no head")
    worker_now = clock.now()
    now = worker_now if tx.dialect == "sqlite" else Instant(row["now"])
    return Locked(row["ledger"], row["size"], Instant(row["recorded_at"]), row["moves"], now, worker_now)


async def read_epochs(tx: Tx, scopes: Sequence[str]) -> dict[str, int]:
    """The numbers of these scopes; one that was never bumped is absent and counts as 0."""
    rows = await tx.all(_EPOCHS, scopes=orjson.dumps(list(scopes)).decode())
    return {row["scope"]: row["number"] for row in rows}


async def bump(tx: Tx, scopes: Sequence[str]) -> None:
    """Move these scopes on; scopes are touched in one order, so that two writers never wait in a ring.

    The head tells that it happened: whoever remembers epochs (`ground.py`) reads them again.
    """
    if scopes:
        await tx.run_many(_BUMP, [{"scope": scope} for scope in sorted(set(scopes))])
        await tx.run_many(_MOVED, [{}])


async def store_clock(tx: Tx, clock: Clock) -> Instant:
    """The one clock: PostgreSQL's own; on SQLite, where one process writes, the process's."""
    if tx.dialect == "sqlite":
        return clock.now()
    row = await tx.one(_CLOCK)
    return Instant(row["now"]) if row is not None else clock.now()


async def write_ground(tx: Tx, ground: Ground) -> None:
    """Write what accepted attempts changed beside the ledger: one-time uses, claims, notices, epochs."""
    await tx.run_many(_USE, [{"consent": used.id, "used_version": used.version} for used in ground.used])
    claimed = [
        {
            "client": claim.client,
            "key": claim.key,
            "request_digest": claim.request_digest,
            "count": claim.seen + 1,
            "reference": None,
            "used_at": ground.at,
        }
        for claim in ground.claimed
    ]
    await tx.run_many(_PUT_CLAIM, claimed)
    if ground.told:
        await put_told(tx, ground.told, ground.at)
    await bump(tx, ground.bumps)
