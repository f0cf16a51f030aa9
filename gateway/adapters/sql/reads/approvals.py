"""Reading what waits for a second person, and the instruments: persons by the reader's agency's handles."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, Text, bindparam, or_, select

from gateway.adapters.sql.acts.approvals import may_answer
from gateway.adapters.sql.acts.filing import open_content
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.reads.lists import find_handle
from gateway.adapters.sql.tables import approvals, orders, persons
from gateway.domain.approving import ApprovalKind
from gateway.domain.caller import Caller
from gateway.domain.ids import ApprovalId, OrderId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.registry import Page

_WIDE = bindparam("wide", type_=Integer()) == 1
_OWN = bindparam("of_agency", type_=Text())
_PAGE = bindparam("page", type_=Integer())
_APPROVAL = select(approvals.c.id, approvals.c.agency, approvals.c.person, approvals.c.kind).where(
    approvals.c.id == bindparam("of_id")
)
_ORDER = select(orders.c.id, orders.c.agency, orders.c.person).where(orders.c.id == bindparam("of_id"))
_OPEN = (
    select(approvals)
    .where(
        approvals.c.answer.is_(None),
        or_(approvals.c.agency == _OWN, _WIDE),
        approvals.c.id > bindparam("after"),
    )
    .order_by(approvals.c.id)
    .limit(_PAGE)
)
_ORDERS = (
    select(orders)
    .where(
        orders.c.person == bindparam("of_person"),
        or_(orders.c.agency.is_(None), orders.c.agency == _OWN, _WIDE),
        orders.c.id > bindparam("after"),
    )
    .order_by(orders.c.id)
    .limit(_PAGE)
)
_PERSON = select(persons.c.id).where(persons.c.id == bindparam("of_id"))


async def find_approval(tx: Tx, approval: ApprovalId) -> Mapping[str, Any] | None:
    """`{id, agency, person, kind}`, whoever may know of it."""
    return await tx.one(_APPROVAL, of_id=approval)


async def find_instrument(tx: Tx, instrument: OrderId) -> Mapping[str, Any] | None:
    """`{id, agency, person}`, whoever may know of it."""
    return await tx.one(_ORDER, of_id=instrument)


async def list_approvals(tx: Tx, vault: Vault, caller: Caller, after: str, limit: int) -> Page:
    """List the open questions of her agency, or of all for a network-wide account, that she may answer."""
    rows = await tx.all(_OPEN, **_reader(caller), after=after, page=limit + 1)
    page = Page.of(rows, limit)
    shown = []
    for row in page.rows:
        content = await open_content(tx, vault, row)
        if await may_answer(tx, caller, row, content):
            shown.append(await _approval(tx, caller, row, content))
    return Page(tuple(shown), page.after)


async def list_instruments(
    tx: Tx, caller: Caller, person: PersonId, after: str, limit: int
) -> Sequence[Mapping[str, Any]]:
    """List the instruments that her agency recorded about a person, and the network's own, ended ones too."""
    rows = await tx.all(_ORDERS, **_reader(caller), of_person=person, after=after, page=limit)
    return [await _instrument(tx, caller, row) for row in rows]


def _reader(caller: Caller) -> dict[str, object]:
    return {"of_agency": caller.agency, "wide": int(caller.network_wide)}


async def _approval(tx: Tx, caller: Caller, row: Row, content: Mapping[str, Any]) -> dict[str, Any]:
    person = None if row["person"] is None else await find_handle(tx, caller.agency, PersonId(row["person"]))
    shown = {
        "id": row["id"],
        "kind": row["kind"],
        "agency": row["agency"],
        "person": person,
        "asked_by": row["asked_by"],
        "asked_at": to_text(Instant(row["asked_at"])),
    }
    match ApprovalKind(row["kind"]):
        case ApprovalKind.POLICY:
            return shown | {"policy": {name: content[name] for name in ("digest", "operator", "differs")}}
        case ApprovalKind.LEAVING:
            until = to_text(Instant(content["keep_keys_until"]))
            named = {"agency": content["leaving"], "thumbprint": content["thumbprint"]}
            return shown | {"leaving": {**named, "keep_keys_until": until}}
        case ApprovalKind.AUTHORITY:
            return shown | {"authority": await _authority(tx, caller, content)}
    return shown | {
        "instrument": await _instrument(tx, caller, content["order"]),
        "words": content.get("words"),
    }


async def _authority(tx: Tx, caller: Caller, content: Mapping[str, Any]) -> dict[str, Any]:
    holder = await _person(tx, caller, content["holder"])
    return {
        "id": content["authority"],
        "holder": {"agency": content["holder"]} if holder is None else holder,
        "authority": content["authority_kind"],
        "scope": content["scope"],
        "evidence": content["evidence"],
        **_period(content),
    }


async def _instrument(tx: Tx, caller: Caller, row: Mapping[str, Any]) -> dict[str, Any]:
    document = json.loads(row["document"])
    recipients = document["recipients"]
    if recipients != "any":
        recipients = [await _recipient(tx, caller, one) for one in recipients]
    return {
        "id": row["id"],
        "agency": row["agency"],
        "type": document["type"],
        "basis": document["basis"],
        "recipients": recipients,
        "categories": document.get("categories"),
        "purposes": document.get("purposes"),
        "sealed_from_family": document.get("sealed_from_family", False),
        **_period(row),
    }


async def _recipient(tx: Tx, caller: Caller, recipient: Mapping[str, Any]) -> dict[str, Any]:
    person = await _person(tx, caller, recipient["person"]) if "person" in recipient else None
    return {**recipient, **(person or {})}


async def _person(tx: Tx, caller: Caller, named: str) -> dict[str, Any] | None:
    """How her agency names somebody of a family, if it does; None for a worker and for an agency."""
    if await tx.one(_PERSON, of_id=named) is None:
        return None
    return {"person": await find_handle(tx, caller.agency, PersonId(named))}


def _period(row: Mapping[str, Any]) -> dict[str, str | None]:
    named = {"from": row["from_at"], "until": row["until_at"]}
    return {name: None if value is None else to_text(Instant(value)) for name, value in named.items()}
