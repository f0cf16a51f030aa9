"""Reading the records that the rules rest on: rows in the field names of the API, by identifier, in pages."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, or_, select
from sqlalchemy.sql.elements import ColumnElement

from gateway.adapters.sql.acts.accounts import NAME
from gateway.adapters.sql.acts.vault import Vault, account_owner
from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.relations import assigned_now
from gateway.adapters.sql.tables import (
    accounts,
    agencies,
    assignments,
    authorities,
    clients,
    entries,
    person_handles,
    persons,
)
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant, to_text
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Attributes
from gateway.domain.registry import DECOY_AGENCY

START = frozenset(
    {
        EntryKind.GENESIS,
        EntryKind.CANARY,
        EntryKind.KEY_CREATED,
        EntryKind.POLICY_ACTIVATED,
        EntryKind.SIGNER_CHANGED,
        EntryKind.OPERATED,
    }
)
"""Kinds of entries that a ledger may hold before anything was put in."""

_HOLDER = person_handles.alias("holder_handles")

_AGENCIES = select(agencies).where(agencies.c.id != DECOY_AGENCY)
_WORKERS = select(accounts).where(accounts.c.kind == "worker")
_ASSIGNMENTS = (
    select(assignments, accounts.c.agency, person_handles.c.handle)
    .join_from(assignments, accounts, accounts.c.id == assignments.c.worker)
    .join(
        person_handles,
        and_(
            person_handles.c.person == assignments.c.person,
            person_handles.c.agency == bindparam("of_reader"),
        ),
        isouter=True,
    )
)
_AUTHORITIES = (
    select(authorities, persons.c.id.label("holder_person"), _HOLDER.c.handle.label("holder_handle"))
    .join_from(authorities, persons, persons.c.id == authorities.c.holder, isouter=True)
    .join(
        _HOLDER,
        and_(_HOLDER.c.person == authorities.c.holder, _HOLDER.c.agency == bindparam("of_reader")),
        isouter=True,
    )
)
_CLIENTS = select(clients)
_PERSONS = select(persons).where(persons.c.decoy.is_(False))


def _page(statement: Select[Any], column: ColumnElement[str]) -> Select[Any]:
    after = column > bindparam("after")
    return statement.where(after).order_by(column).limit(bindparam("page", type_=Integer()))


_PAGES = {
    ("agencies", ""): _page(_AGENCIES, agencies.c.id),
    ("workers", "agency"): _page(_WORKERS.where(accounts.c.agency == bindparam("of_agency")), accounts.c.id),
    ("assignments", "agency"): _page(
        _ASSIGNMENTS.where(accounts.c.agency == bindparam("of_agency")), assignments.c.id
    ),
    ("assignments", "worker"): _page(
        _ASSIGNMENTS.where(assignments.c.worker == bindparam("of_worker")), assignments.c.id
    ),
    ("authorities", "person"): _page(
        _AUTHORITIES.where(authorities.c.person == bindparam("of_person")), authorities.c.id
    ),
}
_BY_ID = {
    "agencies": _AGENCIES.where(agencies.c.id == bindparam("of_id")),
    "bodies": _AGENCIES.where(agencies.c.id == bindparam("of_id")),  # With what is shown to nobody.
    "workers": _WORKERS.where(accounts.c.id == bindparam("of_id")),
    "assignments": _ASSIGNMENTS.where(assignments.c.id == bindparam("of_id")),
    "authorities": _AUTHORITIES.where(authorities.c.id == bindparam("of_id")),
    "clients": _CLIENTS.where(clients.c.id == bindparam("of_id")),
    "persons": _PERSONS.where(persons.c.id == bindparam("of_id")),
}
_OF_HANDLE = select(person_handles.c.person).where(
    person_handles.c.handle == bindparam("of_handle"), person_handles.c.agency == bindparam("of_agency")
)
_ASSIGNED = assigned_now(
    lambda worker, person: and_(worker == bindparam("of_worker"), person == bindparam("of_person")), "worker"
).limit(1)
_HOLDS_AUTHORITY = (
    select(authorities.c.id)
    .where(
        authorities.c.holder == bindparam("of_holder"),
        authorities.c.person == bindparam("of_person"),
        authorities.c.kind != "none",
        or_(authorities.c.from_at.is_(None), authorities.c.from_at <= bindparam("from_by")),
        or_(authorities.c.until_at.is_(None), authorities.c.until_at > bindparam("until_after")),
    )
    .limit(1)
)
_BEYOND_START = select(entries.c.idx).where(~in_list(entries.c.kind, "kinds")).limit(1)


@dataclass(frozen=True, slots=True)
class Listing:
    """Which rows are asked for: `where` holds at most one condition, `after` the last identifier seen."""

    what: str
    where: Mapping[str, str]
    after: str
    limit: int


async def list_rows(
    tx: Tx, vault: Vault, caller: Caller | None, listing: Listing
) -> Sequence[Mapping[str, Any]]:
    """Give the next rows in the order of their identifiers; persons by the caller's agency's handles.

    Raises:
        KeyError: A listing or a condition that no use case asks for.
    """
    ((name, value),) = listing.where.items() or (("", ""),)
    values = {f"of_{name}": value} if name else {}
    statement = _PAGES[listing.what, name]
    rows = await tx.all(
        statement, **values, of_reader=_reader(caller), after=listing.after, page=listing.limit
    )
    return [await _shown(tx, vault, listing.what, row, caller) for row in rows]


async def find_row(tx: Tx, vault: Vault, what: str, key: str) -> Mapping[str, Any] | None:
    """Find one row, with the identifiers that a use case needs: `person` is a person's, not a handle.

    Raises:
        KeyError: A kind of row that no use case asks for.
    """
    row = await tx.one(_BY_ID[what], of_id=key, of_reader="")
    if row is None:
        return None
    if what == "persons":
        return await _person(tx, vault, row)
    shown = await _shown(tx, vault, what, row, None)
    if what in {"assignments", "authorities"}:
        return {**shown, "person": row["person"], "holder": row["holder"] if what == "authorities" else None}
    return shown


async def find_person(tx: Tx, agency: AgencyId | None, handle: str) -> PersonId | None:
    """Find the person behind an agency's handle; a family member (no agency) names persons themselves."""
    if agency is None:
        row = await tx.one(_BY_ID["persons"], of_id=handle)
        return None if row is None else PersonId(row["id"])
    row = await tx.one(_OF_HANDLE, of_handle=handle, of_agency=agency)
    return None if row is None else PersonId(row["person"])


async def is_linked(tx: Tx, caller: Caller, person: PersonId, now: Instant) -> bool:
    """Whether she is assigned to the person, is the person, or holds authority over her, at this instant."""
    if caller.worker is not None:
        row = await tx.one(
            _ASSIGNED, of_worker=caller.worker, of_person=person, started_by=now, until_after=now
        )
        return row is not None
    if caller.person == person:
        return True
    row = await tx.one(
        _HOLDS_AUTHORITY, of_holder=caller.person, of_person=person, from_by=now, until_after=now
    )
    return row is not None


async def is_untouched(tx: Tx) -> bool:
    """Whether no entry is of another kind than a ledger's start."""
    return await tx.one(_BEYOND_START, kinds=json.dumps(sorted(START))) is None


def _reader(caller: Caller | None) -> str:
    return "" if caller is None or caller.agency is None else caller.agency


async def _shown(tx: Tx, vault: Vault, what: str, row: Row, caller: Caller | None) -> dict[str, Any]:
    match what:
        case "agencies":
            return _agency(row)
        case "bodies":
            rules = {"sector": row["sector"], "consent_model": row["consent_model"]}
            return {**_agency(row), **rules, "protected": bool(row["protected"])}
        case "workers":
            return await _worker(tx, vault, row)
        case "assignments":
            named = {"id": row["id"], "worker": row["worker"], "agency": row["agency"]}
            return {**named, "person": row["handle"], **_period(row)}
        case "authorities":
            return _authority(row, caller)
    return {"id": row["id"], "agency": row["agency"], "status": row["status"]}


def _agency(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "parent": row["parent"],
        "name": {"fr": row["name_fr"], "en": row["name_en"]},
        "profile": row["profile"],
        "status": row["status"],
        "protection_mission": bool(row["protection_mission"]),
        "etag": str(row["revision"]),
    }


async def _worker(tx: Tx, vault: Vault, row: Row) -> dict[str, Any]:
    name = None
    if row["attributes"] is not None:
        sealed = await vault.unseal(tx, account_owner(row["id"]), NAME, row["attributes"])
        name = json.loads(sealed)["name"]
    return {
        "id": row["id"],
        "agency": row["agency"],
        "name": name,
        "roles": json.loads(row["roles"]),
        "active": bool(row["active"]),
        "network_wide": bool(row["network_wide"]),
        "etag": str(row["revision"]),
    }


async def _person(tx: Tx, vault: Vault, row: Row) -> dict[str, Any]:
    """Say what she is called; the rest of what is known of her is for the policy."""
    sealed = await vault.unseal(tx, f"person:{row['id']}", row["revision"], row["attributes"])
    return {"id": row["id"], "name": Attributes.of_json(sealed).described.name}


def _authority(row: Row, caller: Caller | None) -> dict[str, Any]:
    """Show the holder as an agency, or as a person: by the agency's handle, which it may not have."""
    holder: dict[str, Any] = {"agency": row["holder"]}
    if row["holder_person"] is not None:
        is_family = caller is not None and caller.is_family
        holder = {"person": row["holder"] if is_family else row["holder_handle"]}
    return {
        "id": row["id"],
        "holder": holder,
        "authority": row["kind"],
        "scope": json.loads(row["scope"]),
        **_period(row),
    }


def _period(row: Row) -> dict[str, str | None]:
    named = {"from": row["from_at"], "until": row["until_at"]}
    return {name: None if value is None else to_text(Instant(value)) for name, value in named.items()}
