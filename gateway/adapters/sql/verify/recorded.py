"""What was decided, and on which facts, read back from a database with the keys of its deployment."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import bundles, entries, snapshots
from gateway.adapters.sql.verify.behind import OWNER_BYTES, Opener
from gateway.domain.errors import CorruptionError, TamperedError
from gateway.domain.instants import Instant
from gateway.domain.ledger import decode_leaf, unpack_parts

_PAGE = 500

_DECIDED = (
    select(entries, snapshots.c.sealed)
    .join(snapshots, entries.c.snapshot == snapshots.c.handle)
    .where(entries.c.ledger == bindparam("of_ledger"), entries.c.idx >= bindparam("first"))
    .where(entries.c.recorded_at >= bindparam("since"))
    .order_by(entries.c.idx)
    .limit(bindparam("page", type_=entries.c.ledger.type))
)
_BUNDLE = select(bundles.c.content).where(bundles.c.digest == bindparam("digest"))


@dataclass(frozen=True, slots=True)
class RecordedDecision:
    """One decision as its entry tells it, and the complete policy input that it was taken on."""

    ledger: int
    index: int
    agency: str
    policy_digest: str
    document: Mapping[str, Any]
    answer: Mapping[str, Any]


@dataclass(slots=True)
class RecordedDecisions:
    """Reads the decisions of a ledger from an instant on; `unopened` counts those that do not open."""

    tx: Tx
    opener: Opener
    since: Instant
    unopened: int = 0

    async def page(self, ledger: int, first: int) -> tuple[list[RecordedDecision], int | None]:
        """The next decisions from an index on, and the index to go on at; None at the end."""
        rows = await self.tx.all(_DECIDED, of_ledger=ledger, first=first, since=self.since, page=_PAGE)
        found = []
        for row in rows:
            try:
                found.append(self._open(row))
            except (TamperedError, CorruptionError):
                # Erased on purpose, or altered: `gateway ledger verify` tells which.
                self.unopened += 1
        return found, rows[-1]["idx"] + 1 if rows else None

    def _open(self, row: Row) -> RecordedDecision:
        keys, part = self.opener.keys, unpack_parts(row["parts"])[0]
        key = self.opener.by_handle.get(part[:OWNER_BYTES])
        if key is None:
            raise TamperedError("no record key opens this entry")
        decision_id = decode_leaf(row["leaf"]).decision_id
        detail = orjson.loads(keys.unseal_part(key, decision_id, 0, part[OWNER_BYTES:]))
        facts = keys.unseal_snapshot(key, row["snapshot"], row["sealed"])
        if hashlib.sha256(facts).hexdigest() != detail["facts"]:
            raise TamperedError("these are other facts")
        document = orjson.loads(facts)
        document["context"]["time"] = detail["decided_at"]
        return RecordedDecision(
            ledger=row["ledger"],
            index=row["idx"],
            agency=detail["agency"],
            policy_digest=detail["policy"],
            document=document,
            answer={field: detail[field] for field in FIELDS},
        )


FIELDS = ("outcome", "basis", "reasons", "obligations", "withheld", "hidden", "consents", "instruments")
"""Of an answer, what its entry tells."""


async def kept_bundle(tx: Tx, digest: str) -> dict[str, bytes]:
    """The files of the bundle that was kept under this digest; whoever loads them compares the digest.

    Raises:
        CorruptionError: None is.
    """
    row = await tx.one(_BUNDLE, digest=digest)
    if row is None:
        raise CorruptionError("a bundle that decided is not kept")
    return {path: text.encode() for path, text in orjson.loads(row["content"]).items()}
