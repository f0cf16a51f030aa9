"""What a group is judged by, read under the head lock; what the last group left need not be read again.

`ledger_head.moves` counts changes of epochs, and every entry moves `size`: while the head stands where this
process's last group left it, no epoch has moved and no viewer's chain has grown since. So a group whose
scopes and viewers are known reads the head alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

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
)

from gateway.adapters.sql.append import ChainEnd, Head
from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.fence import NOW, Ground, Pending
from gateway.adapters.sql.tables import epochs, head, idempotency, viewer_heads
from gateway.domain.errors import CorruptionError
from gateway.domain.instants import Instant
from gateway.ports import Clock

MOST_KNOWN = 50_000
"""Scopes and viewers; a bound on memory, not a rule."""

_HEAD = (head.c.ledger, head.c.size, head.c.recorded_at, head.c.moves)
_END = (viewer_heads.c.n, viewer_heads.c.ledger, viewer_heads.c.idx, viewer_heads.c.part)
_HASH = viewer_heads.c.leaf_hash


def _ground_of(
    object_of: Callable[..., ColumnElement[Any]], chain_end: ColumnElement[Any], now: ColumnElement[Any]
) -> Select[Any]:
    """The head, the epochs and the ends of chains, in one row: reading many would cost more."""
    numbers = select(object_of(epochs.c.scope, epochs.c.number)).where(in_list(epochs.c.scope, "scopes"))
    ends = select(object_of(viewer_heads.c.viewer, chain_end)).where(
        in_list(viewer_heads.c.viewer, "viewers")
    )
    return select(
        *_HEAD,
        now.label("now"),
        cast(numbers.scalar_subquery(), Text).label("epochs"),
        cast(ends.scalar_subquery(), Text).label("viewers"),
    ).where(head.c.one == 1)


_NO_CLOCK = cast(null(), BigInteger)
_GROUND = {
    "sqlite": _ground_of(
        func.json_group_object, func.json_array(*_END, func.lower(func.hex(_HASH))), _NO_CLOCK
    ),
    "postgresql": _ground_of(
        func.json_object_agg, func.json_build_array(*_END, func.encode(_HASH, literal_column("'hex'"))), NOW
    ),
}
_STANDS = {
    "sqlite": select(*_HEAD, _NO_CLOCK.label("now")).where(head.c.one == 1),
    "postgresql": select(*_HEAD, NOW.label("now")).where(head.c.one == 1),
}
_CLAIM = select(idempotency.c.request_digest, idempotency.c.count).where(
    idempotency.c.client == bindparam("client"), idempotency.c.key == bindparam("key")
)


@dataclass(slots=True)
class Known:
    """What this process's last group left: each belongs to one group, which judges by it and changes it."""

    epochs: dict[str, int] = field(default_factory=dict)
    ends: dict[str, ChainEnd | None] = field(default_factory=dict)
    _at: tuple[int, ...] = ()

    def covers(self, scopes: set[str], viewers: set[str]) -> bool:
        """Whether all of these were read since the head stands there."""
        return scopes <= self.epochs.keys() and viewers <= self.ends.keys()

    def holds(self, row: Row) -> bool:
        """Whether the head still stands where it was left."""
        return self._at == _place_of(row)

    def learn(self, row: Row, scopes: set[str], viewers: set[str]) -> None:
        """Take in what was read; all that was known elsewhere is forgotten."""
        if not self.holds(row) or len(self.epochs) + len(self.ends) > MOST_KNOWN:
            self.epochs, self.ends = {}, {}
        self._at = _place_of(row)
        self.epochs |= dict.fromkeys(scopes, 0) | orjson.loads(row["epochs"] or b"{}")
        self.ends |= dict.fromkeys(viewers) | orjson.loads(row["viewers"] or b"{}")

    def leave(self, top: Head, *, bumped: bool) -> None:
        """Where the head will stand once the group has committed; its other changes are in here already."""
        self._at = (top.ledger, top.size, top.recorded_at, self._at[-1] + bumped)


def _place_of(row: Row) -> tuple[int, ...]:
    return row["ledger"], row["size"], row["recorded_at"], row["moves"]


async def read_ground(tx: Tx, pending: Sequence[Pending], clock: Clock, known: Known) -> tuple[Ground, Head]:
    """Read what the group is judged by, and where it is appended, under the lock that the caller holds.

    Raises:
        CorruptionError: The ledger has no head.
    """
    scopes = {scope for one in pending for scope, _ in one.attempt.facts.epochs}
    viewers = {viewer for one in pending for viewer, _ in one.line.viewers}
    row = await tx.one(_STANDS[tx.dialect]) if known.covers(scopes, viewers) else None
    if row is None or not known.holds(row):
        row = await tx.one(_GROUND[tx.dialect], scopes=_list(scopes), viewers=_list(viewers))
        if row is None:
            raise CorruptionError("the ledger has no head")
        known.learn(row, scopes, viewers)
    worker_now = clock.now()
    store_now = worker_now if row["now"] is None else Instant(row["now"])
    floor = Instant(row["recorded_at"])
    ground = Ground(
        epochs=known.epochs,
        claims=await _read_claims(tx, pending),
        at=max(floor, store_now),
        worker_now=worker_now,
        store_now=store_now,
        floor=floor,
    )
    return ground, Head(row["ledger"], row["size"], ground.at, known.ends)


async def _read_claims(tx: Tx, pending: Sequence[Pending]) -> dict[tuple[str, str], tuple[bytes, int]]:
    claims: dict[tuple[str, str], tuple[bytes, int]] = {}
    for claim in {one.attempt.idempotency for one in pending if one.attempt.idempotency is not None}:
        row = await tx.one(_CLAIM, client=claim.client, key=claim.key)
        if row is not None:
            claims[claim.client, claim.key] = (row["request_digest"], row["count"])
    return claims


def _list(texts: set[str]) -> str:
    return orjson.dumps(list(texts)).decode()
