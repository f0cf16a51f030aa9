"""What a group is judged by, read under the head lock; what the last group left need not be read again.

`ledger_head.moves` counts changes of epochs, and every entry moves `size`: while the head stands where this
process's last group left it, no epoch has moved and no viewer's chain has grown since. So a group whose
scopes and viewers are known reads neither again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)

from gateway.adapters.sql.append import ChainEnd, Head
from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.fence import Ground, Locked, Pending
from gateway.adapters.sql.proofs import take_proofs
from gateway.adapters.sql.tables import epochs, idempotency, viewer_heads

MOST_KNOWN = 50_000
"""Scopes and viewers; a bound on memory, not a rule."""

_END = (viewer_heads.c.n, viewer_heads.c.ledger, viewer_heads.c.idx, viewer_heads.c.part)
_HASH = viewer_heads.c.leaf_hash


def _ground_of(
    object_of: Callable[..., ColumnElement[Any]], chain_end: ColumnElement[Any]
) -> Select[str, str]:
    """The epochs and the ends of chains, in one row: reading many would cost more."""
    numbers = select(object_of(epochs.c.scope, epochs.c.number)).where(in_list(epochs.c.scope, "scopes"))
    ends = select(object_of(viewer_heads.c.viewer, chain_end)).where(
        in_list(viewer_heads.c.viewer, "viewers")
    )
    return select(
        cast(numbers.scalar_subquery(), Text).label("epochs"),
        cast(ends.scalar_subquery(), Text).label("viewers"),
    )


_GROUND = {
    "sqlite": _ground_of(func.json_group_object, func.json_array(*_END, func.lower(func.hex(_HASH)))),
    "postgresql": _ground_of(
        func.json_object_agg, func.json_build_array(*_END, func.encode(_HASH, literal_column("'hex'")))
    ),
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

    def covers(self, pending: Sequence[Pending]) -> bool:
        """Whether all that these rest on was read since the head stands there."""
        viewers = {viewer for one in pending for viewer, _ in one.line.viewers}
        if not viewers <= self.ends.keys():
            return False
        scopes = self.epochs.keys()
        return all(one.attempt.facts.scopes <= scopes for one in pending)

    def holds(self, locked: Locked) -> bool:
        """Whether the head still stands where it was left."""
        return self._at == locked.place

    def learn(self, locked: Locked, row: Row, scopes: set[str], viewers: set[str]) -> None:
        """Take in what was read; all that was known elsewhere is forgotten."""
        if not self.holds(locked) or len(self.epochs) + len(self.ends) > MOST_KNOWN:
            self.epochs, self.ends = {}, {}
        self._at = locked.place
        self.epochs |= dict.fromkeys(scopes, 0) | orjson.loads(row["epochs"] or b"{}")
        self.ends |= dict.fromkeys(viewers) | orjson.loads(row["viewers"] or b"{}")

    def leave(self, top: Head, *, bumped: bool) -> None:
        """Where the head will stand once the group has committed; its other changes are in here already."""
        self._at = (top.ledger, top.size, top.recorded_at, self._at[-1] + bumped)


async def read_ground(
    tx: Tx, locked: Locked, pending: Sequence[Pending], known: Known
) -> tuple[Ground, Head]:
    """What the group is judged by, and where it is appended; what is not known is read under the lock."""
    if not known.holds(locked) or not known.covers(pending):
        scopes = {scope for one in pending for scope in one.attempt.facts.scopes}
        viewers = {viewer for one in pending for viewer, _ in one.line.viewers}
        row = await tx.one(_GROUND[tx.dialect], scopes=_list(scopes), viewers=_list(viewers))
        assert row is not None  # It has no FROM.
        known.learn(locked, row, scopes, viewers)
    ground = Ground(
        epochs=known.epochs,
        claims=await _read_claims(tx, pending),
        at=max(locked.recorded_at, locked.now),
        worker_now=locked.worker_now,
        store_now=locked.now,
        floor=locked.recorded_at,
        fresh=await take_proofs(tx, [one.attempt.proof for one in pending if one.attempt.proof is not None]),
    )
    return ground, Head(locked.ledger, locked.size, ground.at, known.ends)


async def _read_claims(tx: Tx, pending: Sequence[Pending]) -> dict[tuple[str, str], tuple[bytes, int]]:
    claims: dict[tuple[str, str], tuple[bytes, int]] = {}
    for claim in {one.attempt.idempotency for one in pending if one.attempt.idempotency is not None}:
        row = await tx.one(_CLAIM, client=claim.client, key=claim.key)
        if row is not None:
            claims[claim.client, claim.key] = (row["request_digest"], row["count"])
    return claims


def _list(texts: set[str]) -> str:
    return orjson.dumps(list(texts)).decode()
