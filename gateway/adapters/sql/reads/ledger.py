"""Reading the ledger: searching its columns, opening an officer's part, walking a viewer's own chain."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, Text, and_, bindparam, or_, select
from sqlalchemy.types import LargeBinary, TypeEngine

from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.lines import viewer_handle
from gateway.adapters.sql.tables import entries, fragments, persons, snapshots, viewer_heads
from gateway.domain.errors import CorruptionError
from gateway.domain.ids import PersonId
from gateway.domain.ledger import unpack_parts
from gateway.domain.questions import JUDGED
from gateway.domain.telling import ChainRow
from gateway.ports import RecordKey, RecordKeys

_SHOWN = [column for column in entries.c if column.name not in {"leaf", "parts", "snapshot"}]
_HANDLE_BYTES = 16
_HANDLES = ("person", "account", "fragment", "consent")
_TEXTS = ("kind", "outcome", "reason", "purpose", "agency", "decision_id")


def _if_given(column: ColumnElement[Any], name: str, of_type: TypeEngine[Any]) -> ColumnElement[bool]:
    given = bindparam(name, type_=of_type)
    return or_(given.is_(None), column == given)


def _search(*required: ColumnElement[bool]) -> Select[Any]:
    """One text for every search, so that it is compiled once; a required column lets an index serve it."""
    of_agency = bindparam("of_agency", type_=Text())
    since, until = bindparam("since", type_=BigInteger()), bindparam("until", type_=BigInteger())
    ledger, index = bindparam("after_ledger", type_=BigInteger()), bindparam("after_idx", type_=BigInteger())
    return (
        select(*_SHOWN)
        .where(
            *required,
            *(_if_given(entries.c[name], name, Text()) for name in _TEXTS),
            *(_if_given(entries.c[f"{name}_handle"], name, LargeBinary()) for name in _HANDLES),
            _if_given(entries.c.owner_agency, "owner", Text()),
            or_(of_agency.is_(None), entries.c.agency == of_agency, entries.c.owner_agency == of_agency),
            or_(since.is_(None), entries.c.recorded_at >= since),
            or_(until.is_(None), entries.c.recorded_at < until),
            or_(
                ledger.is_(None),
                entries.c.ledger < ledger,
                and_(entries.c.ledger == ledger, entries.c.idx < index),
            ),
        )
        .order_by(entries.c.ledger.desc(), entries.c.idx.desc())
        .limit(bindparam("page", type_=BigInteger()))
    )


_ANY = _search()
_OF_PERSON = _search(entries.c.person_handle == bindparam("person", type_=LargeBinary()))
_WHOSE = select(fragments.c.person).where(fragments.c.id == bindparam("of_fragment"))
_PLACE = select(
    entries.c.decision_id,
    entries.c.agency,
    entries.c.owner_agency,
    entries.c.leaf_hash,
    entries.c.parts,
    entries.c.snapshot,
).where(entries.c.ledger == bindparam("of_ledger"), entries.c.idx == bindparam("of_idx"))
_SNAPSHOT = select(snapshots.c.sealed).where(snapshots.c.handle == bindparam("of_handle"))
_PERSONS = select(persons.c.id).where(persons.c.id > bindparam("after")).order_by(persons.c.id).limit(500)
_VIEWER = select(viewer_heads).where(viewer_heads.c.viewer == bindparam("of_viewer"))


async def search_entries(
    tx: Tx, keys: RecordKeys, where: Mapping[str, Any], after: tuple[int, int] | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """List entries by their search columns, newest first, the next after (ledger, index).

    `where` may hold the names of the port; identifiers are turned into handles here and rows give them in
    hex. The columns are no evidence: `ledger verify` derives them again from the sealed parts.
    """
    if "fragment" in where and where.keys().isdisjoint({"person", "account"}):
        # An index of its own would cost each release a page of the disk; a fragment is one person's. What
        # somebody's own acts are is answered in the same time whether or not there is such a fragment.
        whose = await tx.one(_WHOSE, of_fragment=where["fragment"])
        where = where if whose is None else {**where, "person": whose["person"]}
    named = {name: where[name] for name in (*_TEXTS, "owner", "of_agency") if name in where}
    handles = {name: keys.handle(name, where[name]) for name in _HANDLES if name in where}
    ledger, index = after or (None, None)
    statement = _OF_PERSON if "person" in where else _ANY
    rows = await tx.all(
        statement,
        **named,
        **handles,
        since=where.get("from_at"),
        until=where.get("until_at"),
        after_ledger=ledger,
        after_idx=index,
        page=limit,
    )
    return [_shown(row) for row in rows]


def _shown(row: Row) -> dict[str, Any]:
    plain = {name: row[name] for name in (*_TEXTS, "ledger", "recorded_at")}
    found = {name: row[f"{name}_handle"] for name in _HANDLES}
    return {
        **plain,
        "index": row["idx"],
        "owner": row["owner_agency"],
        "leaf_hash": row["leaf_hash"].hex(),
        **{name: None if value is None else value.hex() for name, value in found.items()},
    }


async def open_detail(
    tx: Tx, keys: RecordKeys, owners: OwnerKeys, ledger: int, index: int
) -> Mapping[str, Any] | None:
    """Open the officers' part of one entry; None where there is no such entry.

    Raises:
        TamperedError: The part is not what was sealed.
        CorruptionError: Nobody is known under whose record key it was sealed.
    """
    row = await tx.one(_PLACE, of_ledger=ledger, of_idx=index)
    if row is None:
        return None
    # Whose record key it is stands before the sealed part.
    first = unpack_parts(row["parts"])[0]
    owner = await _owner_of(tx, keys, row, first[:_HANDLE_BYTES])
    key = await owners.require(tx, owner)
    detail: dict[str, Any] = json.loads(keys.unseal_part(key, row["decision_id"], 0, first[_HANDLE_BYTES:]))
    return detail


async def _owner_of(tx: Tx, keys: RecordKeys, row: Row, handle: bytes) -> str:
    """Find whose record key sealed an entry: only its handle is kept, and that cannot be turned back."""
    likely = ["deployment", *(f"agency:{one}" for one in (row["owner_agency"], row["agency"]) if one)]
    for owner in likely:
        if keys.handle("record-owner", owner) == handle:
            return owner
    after = ""
    while batch := await tx.all(_PERSONS, after=after):
        for one in batch:
            if keys.handle("record-owner", f"person:{one['id']}") == handle:
                return f"person:{one['id']}"
        after = batch[-1]["id"]
    raise CorruptionError("an entry is sealed under nobody's key")


async def read_chain(
    tx: Tx,
    keys: RecordKeys,
    owners: OwnerKeys,
    whose: tuple[PersonId, PersonId],
    window: tuple[int | None, int],
) -> Sequence[ChainRow]:
    """Walk a viewer's own chain about a person from its newest row, opened from her parts.

    Args:
        whose: The viewer, then the person.
        window: Rows numbered below the first, if given; at most the second, newest first.

    Returns:
        What she is told, with `n`, `at`, and the `ledger` and `index` that only a proof may show her; beside
        it the officers' part and the facts behind an attempt, which nobody is shown.

    Raises:
        CorruptionError: A link does not lead where it says.
    """
    viewer, person = whose
    before, limit = window
    head = await tx.one(_VIEWER, of_viewer=viewer_handle(keys, viewer, person))
    if head is None:
        return []
    key = await owners.require(tx, f"person:{person}")
    n: int = head["n"]
    place = (head["ledger"], head["idx"], head["part"], head["leaf_hash"].hex())
    found: list[ChainRow] = []
    while len(found) < limit:
        ledger, index, part, digest = place
        row = await tx.one(_PLACE, of_ledger=ledger, of_idx=index)
        parts = () if row is None else unpack_parts(row["parts"])
        if row is None or row["leaf_hash"].hex() != digest or part >= len(parts):
            raise CorruptionError("a viewer's chain is broken")
        told = json.loads(keys.unseal_part(key, row["decision_id"], part, parts[part]))
        if told["n"] != n:
            raise CorruptionError("a viewer's chain skips a row")
        if before is None or n < before:
            shown = {name: value for name, value in told.items() if name != "before"}
            found.append(await _row(tx, keys, key, row, {**shown, "ledger": ledger, "index": index}))
        if told["before"] is None:
            break
        place, n = tuple(told["before"]), n - 1
    return found


async def _row(tx: Tx, keys: RecordKeys, key: RecordKey, row: Row, told: Mapping[str, Any]) -> ChainRow:
    """One part with what its entry rests on; all of an entry is sealed under the one key."""
    facts = unpack_parts(row["parts"])[0][_HANDLE_BYTES:]
    opened: dict[str, Any] = json.loads(keys.unseal_part(key, row["decision_id"], 0, facts))
    # An act's says what it rests on, not who may see it: that is in its officers' part.
    handle: bytes | None = None if JUDGED in opened else row["snapshot"]
    kept = None if handle is None else await tx.one(_SNAPSHOT, of_handle=handle)
    if handle is None or kept is None:
        return ChainRow(told, opened)
    query: dict[str, Any] = json.loads(keys.unseal_snapshot(key, handle, kept["sealed"]))
    return ChainRow(told, opened, query)
