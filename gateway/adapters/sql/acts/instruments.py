"""Legal instruments: recorded, approved by a second person, ended.

Kinds of `narrowing` written here: `prohibition_recorded`, `order_ended`. A prohibition holds from the moment
it is recorded, for a court's order does not wait; a requirement from the moment it is approved.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.filing import file_approval, find_open
from gateway.adapters.sql.acts.humans import find_agency, gains
from gateway.adapters.sql.acts.links import holds_fragment
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import orders, persons
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, NOT_FOR_ROLE, ActRefusedError
from gateway.domain.approving import Approval, ApprovalKind
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.facts import person_scope
from gateway.domain.ids import AgencyId, ApprovalId, OrderId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.instruments import PROHIBITION
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewOrder

_PERSON = select(persons.c.id).where(persons.c.id == bindparam("of_id"), persons.c.decoy.is_(False))
_FIND = select(orders).where(orders.c.id == bindparam("of_id"))
_ADD = insert(orders)
_PUT = upsert(orders).on_conflict_do_nothing()
_END = (
    update(orders)
    .where(
        orders.c.id == bindparam("of_id"),
        or_(orders.c.until_at.is_(None), orders.c.until_at > bindparam("end_at")),
    )
    .values(until_at=bindparam("end_at"))
)


def add_order(note: Note, order: NewOrder) -> Change:
    """Write a legal instrument as an operator; `reference` is `{order}`.

    Raises (the change):
        ConflictError: The person is unknown.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        if await tx.one(_PERSON, of_id=order.person) is None:
            raise ConflictError("the person is unknown", field="person")
        await tx.run(_ADD, **_to_row(order))
        return Effect(note, {"order": order.id}, (person_scope(order.person),))

    return change


def record_instrument(
    vault: Vault,
    note: Note,
    order: NewOrder,
    asked: tuple[ApprovalId, str],
    workers: Collection[tuple[str, str | None]],
) -> Change:
    """Put an instrument to a second person; `reference` is `{instrument, approval, in_force}`.

    Args:
        vault: Seals what waits.
        note: Of the caller, a privacy officer.
        order: The instrument; its `agency` is the caller's.
        asked: The approval's identifier, and which judgment or demand it is, in words.
        workers: Each worker that it names, and the agency that she is named at, if any.

    Raises (the change):
        ActRefusedError: The caller's agency holds no fragment of the person, or the requirement reaches it.
        MalformedError: A worker whom nobody has.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        caller = _by(note)
        if order.agency is None or not await holds_fragment(tx, order.agency, order.person):
            raise ActRefusedError(NO_LINK)
        await _require_workers(tx, workers)
        holds = order.document["type"] == PROHIBITION
        if not holds and await gains(tx, caller, order.person, order.document):
            raise ActRefusedError(NOT_FOR_ROLE)
        row = _to_row(order)
        content = {"order": row, "words": asked[1]}
        approval = Approval(asked[0], ApprovalKind.INSTRUMENT, order.agency, order.person, content)
        await file_approval(tx, vault, approval, caller.account, at)
        reference = {"instrument": order.id, "approval": approval.id, "in_force": holds}
        if not holds:
            return Effect(note, reference)
        await tx.run(_ADD, **row)
        scope = person_scope(order.person)
        narrowing = {"kind": "prohibition_recorded", "person": order.person, "scopes": [scope], "row": row}
        return Effect(note, reference, (scope,), narrowing)

    return change


async def _require_workers(tx: Tx, workers: Collection[tuple[str, str | None]]) -> None:
    for worker, agency in workers:
        found = await find_agency(tx, worker)
        if found is None or agency not in {None, found}:
            raise MalformedError("there is no such person", field="recipients")


def end_instrument(vault: Vault, note: Note, instrument: OrderId, approval: ApprovalId) -> Change:
    """End a requirement now, or ask a second person to end a prohibition.

    `reference` is `{instrument, in_force}`, with `approval` where somebody is asked.

    Raises (the change):
        ActRefusedError: There is none, or the prohibition names the caller.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=instrument)
        if row is None:
            raise ActRefusedError(NO_LINK)
        is_over = row["until_at"] is not None and row["until_at"] <= at
        if json.loads(row["document"])["type"] == PROHIBITION and not is_over:
            return await _ask_to_end(tx, vault, note, row, (approval, at))
        await tx.run(_END, of_id=instrument, end_at=at)
        scope = person_scope(row["person"])
        narrowing = {
            "kind": "order_ended",
            "order": instrument,
            "person": row["person"],
            "scopes": [scope],
        }
        return Effect(note, {"instrument": instrument, "in_force": True}, (scope,), narrowing)

    return change


async def _ask_to_end(
    tx: Tx, vault: Vault, note: Note, row: Row, asked: tuple[ApprovalId, Instant]
) -> Effect:
    caller = _by(note)
    if await gains(tx, caller, row["person"], json.loads(row["document"])):
        raise ActRefusedError(NOT_FOR_ROLE)
    agency = None if row["agency"] is None else AgencyId(row["agency"])
    person = PersonId(row["person"])
    order = dict(row)
    known = await find_open(tx, vault, ApprovalKind.INSTRUMENT_END, person, ("order", order))
    if known is None:
        approval = Approval(asked[0], ApprovalKind.INSTRUMENT_END, agency, person, {"order": order})
        await file_approval(tx, vault, approval, caller.account, asked[1])
    waits = known or asked[0]
    told = replace(
        note,
        kind=EntryKind.APPROVAL_ASKED,
        detail={**note.detail, "approval": waits, "in_force": False},
    )
    return Effect(told, {"instrument": row["id"], "approval": waits, "in_force": False})


async def settle_recorded(tx: Tx, content: Mapping[str, Any], at: Instant, *, approved: bool) -> bool:
    """Let an approved requirement hold, and a declined prohibition end; whether anything changed."""
    row = content["order"]
    if json.loads(row["document"])["type"] != PROHIBITION:
        return approved and await tx.run(_PUT, **row) > 0
    return not approved and await end_again(tx, row["id"], at)


async def put_again(tx: Tx, row: Mapping[str, Any]) -> bool:
    """Write a prohibition that an older copy of the tables lacks; of a person whom it knows."""
    return await tx.one(_PERSON, of_id=row["person"]) is not None and await tx.run(_PUT, **row) > 0


async def end_again(tx: Tx, instrument: str, at: Instant) -> bool:
    """End it at this instant; False where it has ended or does not exist."""
    return await tx.run(_END, of_id=instrument, end_at=at) > 0


def _by(note: Note) -> Caller:
    if note.caller is None:
        raise ActRefusedError(NOT_FOR_ROLE)
    return note.caller


def _to_row(order: NewOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "person": order.person,
        "agency": order.agency,
        "document": json.dumps(order.document, sort_keys=True, separators=(",", ":")),
        "from_at": order.from_at,
        "until_at": order.until_at,
    }
