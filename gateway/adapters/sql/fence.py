"""The fence: judging a group of attempts one by one under the head lock, in arrival order.

Each attempt sees the effects of those before it. Whatever turns one away leaves the others untouched.
Epochs are read in a statement *later* than the one that locks the head: on PostgreSQL one statement that
did both would judge by a snapshot older than the lock, and let releases through after their withdrawal.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.append import Head, Line
from gateway.adapters.sql.driver import Tx, in_list
from gateway.adapters.sql.tables import consents, epochs, head, idempotency, viewer_heads
from gateway.domain.access import ConsentRef
from gateway.domain.errors import CorruptionError
from gateway.domain.facts import Attempt, IdempotencyClaim, Turned, person_scope
from gateway.domain.instants import Instant
from gateway.ports import Clock

CLOCK_DOUBT_US = 2_000_000
"""A worker further than this from the store's clock, or behind the head, is not believed."""

_EPOCHS = select(epochs.c.scope, epochs.c.number).where(in_list(epochs.c.scope, "scopes"))
_BUMP = upsert(epochs).values(scope=bindparam("scope"), number=1)
_BUMP = _BUMP.on_conflict_do_update(index_elements=[epochs.c.scope], set_={"number": epochs.c.number + 1})
_NOW: ColumnElement[Any] = literal_column("CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)")
_CLOCK = select(_NOW.label("now"))


def _ground_of(
    object_of: Callable[..., ColumnElement[Any]], chain_end: ColumnElement[Any], now: ColumnElement[Any]
) -> Select[Any]:
    """All that a group is judged by, in one row of one statement: reading many would cost more."""
    numbers = select(object_of(epochs.c.scope, epochs.c.number)).where(in_list(epochs.c.scope, "scopes"))
    ends = select(object_of(viewer_heads.c.viewer, chain_end)).where(
        in_list(viewer_heads.c.viewer, "viewers")
    )
    return select(
        head.c.ledger,
        head.c.size,
        head.c.recorded_at,
        cast(numbers.scalar_subquery(), Text).label("epochs"),
        cast(ends.scalar_subquery(), Text).label("viewers"),
        now.label("now"),
    ).where(head.c.one == 1)


_END = (viewer_heads.c.n, viewer_heads.c.ledger, viewer_heads.c.idx, viewer_heads.c.part)
_HASH = viewer_heads.c.leaf_hash
_GROUND = {
    "sqlite": _ground_of(
        func.json_group_object, func.json_array(*_END, func.lower(func.hex(_HASH))), cast(null(), BigInteger)
    ),
    "postgresql": _ground_of(
        func.json_object_agg, func.json_build_array(*_END, func.encode(_HASH, literal_column("'hex'"))), _NOW
    ),
}
_CLAIM = select(idempotency.c.request_digest, idempotency.c.count).where(
    idempotency.c.client == bindparam("client"), idempotency.c.key == bindparam("key")
)
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
    """What the group is judged by: read once under the lock, changed as attempts are accepted."""

    epochs: dict[str, int]
    """Of every scope that one of the group rests on; 0 where nothing was ever bumped."""
    claims: dict[tuple[str, str], tuple[bytes, int]]
    at: Instant
    worker_now: Instant
    store_now: Instant
    floor: Instant
    bumps: list[str] = field(default_factory=list)
    used: list[ConsentRef] = field(default_factory=list)
    claimed: list[IdempotencyClaim] = field(default_factory=list)

    def judge(self, attempt: Attempt) -> Turned | None:
        """Why this attempt must not be recorded, or None; an accepted one changes the ground."""
        if not attempt.fenced:
            return None
        if self._clock_unsure():
            return Turned.CLOCK_UNSURE
        turned = self._claim(attempt.idempotency) or self._stands(attempt)
        if turned is not None:
            return turned
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


async def read_epochs(tx: Tx, scopes: Sequence[str]) -> dict[str, int]:
    """The numbers of these scopes; one that was never bumped is absent and counts as 0."""
    rows = await tx.all(_EPOCHS, scopes=_list(scopes))
    return {row["scope"]: row["number"] for row in rows}


async def bump(tx: Tx, scopes: Sequence[str]) -> None:
    """Move these scopes on; scopes are touched in one order, so that two writers never wait in a ring."""
    if scopes:
        await tx.run_many(_BUMP, [{"scope": scope} for scope in sorted(set(scopes))])


async def store_clock(tx: Tx, clock: Clock) -> Instant:
    """The one clock: PostgreSQL's own; on SQLite, where one process writes, the process's."""
    if tx.dialect == "sqlite":
        return clock.now()
    row = await tx.one(_CLOCK)
    return Instant(row["now"]) if row is not None else clock.now()


async def read_ground(tx: Tx, pending: Sequence[Pending], clock: Clock) -> tuple[Ground, Head]:
    """Read what the group is judged by, and where it is appended, under the lock that the caller holds.

    Raises:
        CorruptionError: The ledger has no head.
    """
    scopes = sorted({scope for one in pending for scope, _ in one.attempt.facts.epochs})
    viewers = sorted({viewer for one in pending for viewer, _ in one.line.viewers})
    row = await tx.one(_GROUND[tx.dialect], scopes=_list(scopes), viewers=_list(viewers))
    if row is None:
        raise CorruptionError("the ledger has no head")
    worker_now = clock.now()
    store_now = worker_now if row["now"] is None else Instant(row["now"])
    floor = Instant(row["recorded_at"])
    ground = Ground(
        epochs=dict.fromkeys(scopes, 0) | orjson.loads(row["epochs"] or b"{}"),
        claims=await _read_claims(tx, pending),
        at=max(floor, store_now),
        worker_now=worker_now,
        store_now=store_now,
        floor=floor,
    )
    return ground, Head(row["ledger"], row["size"], ground.at, orjson.loads(row["viewers"] or b"{}"))


async def _read_claims(tx: Tx, pending: Sequence[Pending]) -> dict[tuple[str, str], tuple[bytes, int]]:
    claims: dict[tuple[str, str], tuple[bytes, int]] = {}
    for claim in {one.attempt.idempotency for one in pending if one.attempt.idempotency is not None}:
        row = await tx.one(_CLAIM, client=claim.client, key=claim.key)
        if row is not None:
            claims[claim.client, claim.key] = (row["request_digest"], row["count"])
    return claims


def _list(texts: Sequence[str]) -> str:
    return orjson.dumps(texts).decode()


async def write_ground(tx: Tx, ground: Ground) -> None:
    """Write what accepted attempts changed beside the ledger: one-time uses, claims, epochs."""
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
    await bump(tx, ground.bumps)
