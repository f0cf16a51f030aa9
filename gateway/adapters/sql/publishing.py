"""The ledger as its signer reads it: leaves, nodes, checkpoints, and the journal of narrowing acts."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import and_, bindparam, or_, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.tables import checkpoints, entries, head, journal, nodes
from gateway.domain.errors import CorruptionError
from gateway.domain.merkle import Node, NodeAt, inclusion_path, node_hash

_EXTENT = text("SELECT ledger, size FROM ledger_head WHERE one = 1")
_LEAVES = (
    select(entries.c.leaf_hash)
    .where(entries.c.ledger == bindparam("of_ledger"), entries.c.idx >= bindparam("first"))
    .order_by(entries.c.idx)
    .limit(bindparam("page", type_=entries.c.ledger.type))
)
_LEAF = select(entries.c.leaf_hash).where(
    entries.c.ledger == bindparam("of_ledger"), entries.c.idx == bindparam("at_idx")
)
_NODE = select(nodes.c.hash).where(
    and_(
        nodes.c.ledger == bindparam("of_ledger"),
        nodes.c.level == bindparam("at_level"),
        nodes.c.idx == bindparam("at_idx"),
    )
)
_PUT_NODES = upsert(nodes).on_conflict_do_nothing()
_JOURNAL = (
    select(journal.c.idx, journal.c.name, journal.c.sealed)
    .where(journal.c.ledger == bindparam("of_ledger"), journal.c.idx >= bindparam("first"))
    .order_by(journal.c.idx)
    .limit(bindparam("page", type_=journal.c.ledger.type))
)
_PUT_CHECKPOINT = upsert(checkpoints)
_PUT_CHECKPOINT = _PUT_CHECKPOINT.on_conflict_do_update(
    index_elements=[checkpoints.c.ledger, checkpoints.c.size],
    set_={"mirrored": or_(checkpoints.c.mirrored, _PUT_CHECKPOINT.excluded.mirrored)},
)
_NEWEST = (
    select(checkpoints.c.ledger, checkpoints.c.size, checkpoints.c.note)
    .order_by(checkpoints.c.ledger.desc(), checkpoints.c.size.desc())
    .limit(1)
)
_KEPT = (
    select(checkpoints.c.size)
    .where(checkpoints.c.ledger == bindparam("of_ledger"))
    .order_by(checkpoints.c.size.desc())
    .limit(1)
)
_MIRRORED = (
    select(checkpoints.c.size)
    .where(checkpoints.c.ledger == bindparam("of_ledger"), checkpoints.c.mirrored.is_(True))
    .order_by(checkpoints.c.size.desc())
    .limit(1)
)
_KNOWN = select(entries.c.decision_id).where(in_list(entries.c.decision_id, "ids"))
_HEAD_RESET = upsert(head)
_HEAD_RESET = _HEAD_RESET.on_conflict_do_update(
    index_elements=[head.c.one],
    set_={"ledger": _HEAD_RESET.excluded.ledger, "size": 0},
)


async def read_extent(tx: Tx) -> tuple[int, int] | None:
    row = await tx.one(_EXTENT)
    return None if row is None else (row["ledger"], row["size"])


async def read_leaves(tx: Tx, ledger: int, first: int, limit: int) -> Sequence[bytes]:
    rows = await tx.all(_LEAVES, of_ledger=ledger, first=first, page=limit)
    return [row["leaf_hash"] for row in rows]


async def read_nodes(tx: Tx, ledger: int, wanted: Sequence[tuple[int, int]]) -> NodeAt:
    """Nodes by (level, index); level 0 are the leaf hashes themselves.

    Raises:
        CorruptionError: When a node that is not there is looked up.
    """
    found: dict[tuple[int, int], bytes] = {}
    for level, index in set(wanted):
        value = await _find_node(tx, ledger, level, index)
        if value is not None:
            found[level, index] = value

    def node_at(level: int, index: int) -> bytes:
        try:
            return found[level, index]
        except KeyError:
            raise CorruptionError("a node of the ledger's tree is missing") from None

    return node_at


async def _find_node(tx: Tx, ledger: int, level: int, index: int) -> bytes | None:
    if level == 0:
        leaf = await tx.one(_LEAF, of_ledger=ledger, at_idx=index)
        return None if leaf is None else leaf["leaf_hash"]
    row = await tx.one(_NODE, of_ledger=ledger, at_level=level, at_idx=index)
    if row is not None:
        return row["hash"]  # type: ignore[no-any-return] # a column of bytes
    # Signed and not kept, as where a process was killed in between: made again from what is below it.
    left = await _find_node(tx, ledger, level - 1, 2 * index)
    right = None if left is None else await _find_node(tx, ledger, level - 1, 2 * index + 1)
    return None if left is None or right is None else node_hash(left, right)


async def kept_size(tx: Tx, ledger: int) -> int:
    """The size of the newest checkpoint that is stored; up to it, every complete inner node is."""
    row = await tx.one(_KEPT, of_ledger=ledger)
    return 0 if row is None else int(row["size"])


async def read_journal(tx: Tx, ledger: int, first: int, limit: int) -> Sequence[tuple[int, str, bytes]]:
    rows = await tx.all(_JOURNAL, of_ledger=ledger, first=first, page=limit)
    return [(row["idx"], row["name"], row["sealed"]) for row in rows]


async def keep_checkpoint(
    tx: Tx, ledger: int, size: int, note: str, completed: Sequence[Node], *, mirrored: bool
) -> None:
    """Keep a checkpoint and the inner nodes that its leaves completed."""
    if completed:
        rows = [
            {"ledger": ledger, "level": level, "idx": index, "hash": value}
            for level, index, value in completed
        ]
        await tx.run_many(_PUT_NODES, rows)
    await tx.run(_PUT_CHECKPOINT, ledger=ledger, size=size, note=note, mirrored=mirrored)


async def newest_checkpoint(tx: Tx) -> Row | None:
    return await tx.one(_NEWEST)


async def mirrored_size(tx: Tx, ledger: int) -> int:
    row = await tx.one(_MIRRORED, of_ledger=ledger)
    return 0 if row is None else int(row["size"])


async def read_proof(tx: Tx, ledger: int, index: int) -> Mapping[str, Any] | None:
    """An inclusion proof under the newest checkpoint; None where none covers the entry yet.

    Source: RFC 6962, 2.1.1.
    """
    newest = await newest_checkpoint(tx)
    if newest is None or newest["ledger"] != ledger or not 0 <= index < newest["size"]:
        return None
    wanted: list[tuple[int, int]] = []

    def note_it(level: int, at: int) -> bytes:
        wanted.append((level, at))
        return b"\0" * 32

    inclusion_path(newest["size"], index, note_it)
    node_at = await read_nodes(tx, ledger, [*wanted, (0, index)])
    path = inclusion_path(newest["size"], index, node_at)
    return {
        "ledger": ledger,
        "index": index,
        "leaf_hash": node_at(0, index).hex(),
        "size": newest["size"],
        "path": [one.hex() for one in path],
        "checkpoint": newest["note"],
    }


async def find_known(tx: Tx, decisions: Sequence[str]) -> set[str]:
    """Those of these decisions that an entry records."""
    rows = await tx.all(_KNOWN, ids=orjson.dumps(list(decisions)).decode())
    return {row["decision_id"] for row in rows}


async def reset_head(tx: Tx, ledger: int) -> None:
    """Begin a ledger: the head stands at its first index; the clock of the old one is kept."""
    await tx.run(_HEAD_RESET, one=1, ledger=ledger, size=0, recorded_at=0, moves=0)
