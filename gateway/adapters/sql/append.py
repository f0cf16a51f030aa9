"""Appending entries: leaf, sealed parts, viewers' chains and search columns, inside an open transaction.

Layout of the clear parts (canonical JSON, UTF-8, sealed before they are stored): part 0 is the officers'
detail; each further part is one viewer's, with `n` and the place and leaf hash of her part `n - 1`. Stored
part 0 begins with the 16-byte handle of the record key's owner; the leaf commits to both.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.driver import Tx, in_list
from gateway.adapters.sql.outbox import Told
from gateway.adapters.sql.tables import entries, head, record_keys, snapshots, viewer_heads
from gateway.domain.access import Recorded
from gateway.domain.errors import CorruptionError
from gateway.domain.ids import DecisionId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.ledger import EntryKind, encode_leaf, leaf_hash, leaf_of, pack_parts
from gateway.ports import RecordKey, RecordKeys

_MOVE_HEAD = (
    update(head).where(head.c.one == 1).values(size=bindparam("new_size"), recorded_at=bindparam("new_at"))
)
_INSERT_ENTRY = insert(entries)
_INSERT_SNAPSHOT = upsert(snapshots).on_conflict_do_nothing()
_VIEWER_HEADS = select(viewer_heads).where(in_list(viewer_heads.c.viewer, "viewers"))
_PUT_VIEWER_HEAD = upsert(viewer_heads)
_PUT_VIEWER_HEAD = _PUT_VIEWER_HEAD.on_conflict_do_update(
    index_elements=[viewer_heads.c.viewer],
    set_={name: _PUT_VIEWER_HEAD.excluded[name] for name in ("n", "ledger", "idx", "part", "leaf_hash")},
)
_RECORD_KEY = select(record_keys.c.wrap).where(record_keys.c.owner == bindparam("handle"))
_PUT_RECORD_KEY = upsert(record_keys).on_conflict_do_nothing()


ChainEnd = Sequence[Any]
"""A viewer's last part: its number `n`, then its ledger, index, part and leaf hash (hex)."""


class Line(NamedTuple):
    """All of an entry that is known before the head is locked; part 0 is sealed already."""

    kind: EntryKind
    decision_id: DecisionId
    policy_digest: bytes
    key: RecordKey
    part0: bytes
    viewers: tuple[tuple[str, bytes], ...]
    """Chain and what its viewer is told, as a JSON object that is not empty."""
    search: Mapping[str, object]
    snapshot: tuple[bytes, bytes] | None = None
    """Handle and sealed facts; the facts are empty where they are known to be stored."""
    told: Told | None = None
    """Notices and cases that go with it, sealed already; most entries have none."""


@dataclass(slots=True)
class Head:
    """The locked ledger head, moved as entries are added."""

    ledger: int
    size: int
    recorded_at: Instant
    viewers: dict[str, ChainEnd | None]
    at_text: str = field(init=False)
    rows: list[dict[str, object]] = field(default_factory=list)
    facts: list[dict[str, object]] = field(default_factory=list)
    moved: dict[str, dict[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.at_text = to_text(self.recorded_at)


async def read_chains(tx: Tx, viewers: Sequence[str]) -> dict[str, ChainEnd | None]:
    """The ends of these viewers' chains (hex handles); one who has none yet is absent."""
    found = await tx.all(_VIEWER_HEADS, viewers=orjson.dumps(list(viewers)).decode()) if viewers else ()
    return {
        one["viewer"]: [one["n"], one["ledger"], one["idx"], one["part"], one["leaf_hash"].hex()]
        for one in found
    }


def add(keys: RecordKeys, top: Head, line: Line) -> Recorded:
    """Give the entry its index and leaf hash, seal its viewers' parts, and queue its rows."""
    # Whose record key it is stands before part 0, inside what the leaf commits to.
    parts = [keys.handle("record-owner", line.key.owner) + line.part0]
    index, at = top.size, top.recorded_at
    ends: list[dict[str, Any]] = []
    for number, (viewer, told) in enumerate(line.viewers, start=1):
        last = top.viewers.get(viewer)
        n, before = (1, None) if last is None else (last[0] + 1, last[1:])
        plain = join_objects(orjson.dumps({"n": n, "before": before, "at": top.at_text}), told)
        parts.append(keys.seal_part(line.key, line.decision_id, number, plain))
        ends.append({"viewer": viewer, "n": n, "ledger": top.ledger, "idx": index, "part": number})
    leaf = encode_leaf(
        leaf_of(line.kind, at, policy_digest=line.policy_digest, decision_id=line.decision_id, parts=parts)
    )
    digest = leaf_hash(leaf)
    for end in ends:
        viewer = end["viewer"]
        top.moved[viewer] = {**end, "leaf_hash": digest}
        top.viewers[viewer] = [end["n"], top.ledger, index, end["part"], digest.hex()]
    snapshot, facts = line.snapshot or (None, b"")
    top.rows.append(
        {
            **line.search,
            "ledger": top.ledger,
            "idx": index,
            "leaf": leaf,
            "leaf_hash": digest,
            "parts": pack_parts(parts),
            "snapshot": snapshot,
            "decision_id": line.decision_id,
            "recorded_at": at,
            "kind": line.kind.value,
        }
    )
    if facts:
        top.facts.append({"handle": snapshot, "sealed": facts})
    top.size += 1
    return Recorded(line.decision_id, top.ledger, index, at, digest)


def join_objects(first: bytes, second: bytes) -> bytes:
    """One JSON object out of two that are not empty; a name in both counts as the second's."""
    return first[:-1] + b"," + second[1:]


async def put_entries(tx: Tx, top: Head) -> None:
    """Write the queued rows; others may follow."""
    await tx.run_many(_INSERT_SNAPSHOT, top.facts)
    await tx.run_many(_INSERT_ENTRY, top.rows)
    top.facts, top.rows = [], []


async def close_head(tx: Tx, top: Head) -> None:
    """Write what is still queued and move the head."""
    await put_entries(tx, top)
    await tx.run_many(_PUT_VIEWER_HEAD, list(top.moved.values()))
    await tx.run_many(_MOVE_HEAD, [{"new_size": top.size, "new_at": top.recorded_at}])


class OwnerKeys:
    """Record keys by owner (`person:…`, `agency:…`, `deployment`), made at first use and kept open."""

    def __init__(self, keys: RecordKeys, limit: int = 20_000) -> None:
        self._keys = keys
        self._limit = limit
        self._open: OrderedDict[str, RecordKey] = OrderedDict()

    def find(self, owner: str) -> RecordKey | None:
        """The opened key, if it was used lately."""
        return self._open.get(owner)

    async def require(self, tx: Tx, owner: str) -> RecordKey:
        """Open the owner's key from its row.

        Raises:
            CorruptionError: There is none.
        """
        known = self._open.get(owner)
        if known is not None:
            return known
        row = await tx.one(_RECORD_KEY, handle=self._keys.handle("record-owner", owner))
        if row is None:
            raise CorruptionError("a record key is missing")
        return self._keep(owner, row["wrap"])

    async def make(self, tx: Tx, owner: str) -> RecordKey:
        """Open the owner's key, or make it in this transaction if there is none yet."""
        handle = self._keys.handle("record-owner", owner)
        if await tx.one(_RECORD_KEY, handle=handle) is None:
            wrap = self._keys.new_record_key(owner)
            await tx.run(_PUT_RECORD_KEY, owner=handle, wrap=wrap)
        row = await tx.one(_RECORD_KEY, handle=handle)
        if row is None:
            raise CorruptionError("a record key is missing")
        # Kept open only by `require`: this transaction may yet be rolled back.
        return self._keys.record_key(owner, row["wrap"])

    def _keep(self, owner: str, wrap: bytes) -> RecordKey:
        key = self._open[owner] = self._keys.record_key(owner, wrap)
        if len(self._open) > self._limit:
            self._open.popitem(last=False)
        return key


def owner_of(person: PersonId | None, agency: str | None) -> str:
    """Under whose record key an entry is sealed: the person's, else the agency's, else the deployment's."""
    if person is not None:
        return f"person:{person}"
    return f"agency:{agency}" if agency is not None else "deployment"
