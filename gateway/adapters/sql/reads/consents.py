"""Reading stops, receipts, how consents were given, and who could still read."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, or_, select

from gateway.adapters.sql.acts.receipts import recorder_of
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.relations import assigned_now
from gateway.adapters.sql.tables import accounts, agencies, consents, receipts, reviews, stops
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, ConsentId, PersonId, ReceiptId, StopId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.receipt import Receipt
from gateway.domain.stopping import Beside

_STOP = select(stops).where(stops.c.id == bindparam("of_stop"))
_OWN_RECEIPTS = select(receipts.c.id, receipts.c.person, receipts.c.about, receipts.c.sealed).where(
    or_(receipts.c.giver == bindparam("of_giver"), receipts.c.recorded_by == bindparam("of_recorder"))
)
_RECEIPT = (
    _OWN_RECEIPTS.where(receipts.c.about == bindparam("of_consent"))
    .order_by(receipts.c.number.desc())
    .limit(1)
)
_RECEIPT_BY_ID = _OWN_RECEIPTS.where(receipts.c.id == bindparam("of_id"))
MOST = 500
"""Workers of whom a list of readers is made; with more of them there is no list."""

_COLUMNS = (accounts.c.id, accounts.c.agency, accounts.c.roles, accounts.c.overdue_reviews)
_ASSIGNED = (
    select(*_COLUMNS)
    .where(
        accounts.c.id.in_(assigned_now(lambda _, person: person == bindparam("of_person"), "worker")),
        accounts.c.active.is_(True),
    )
    .order_by(accounts.c.id)
    .limit(MOST + 1)
)
_BESIDE = (
    select(*_COLUMNS)
    .where(
        accounts.c.kind == "worker",
        accounts.c.active.is_(True),
        or_(in_list(accounts.c.id, "accounts"), in_list(accounts.c.agency, "agencies")),
    )
    .order_by(accounts.c.id)
    .limit(MOST + 1)
)
_AGENCIES = select(agencies.c.id)
_OVERDUE = select(reviews.c.worker).where(
    in_list(reviews.c.worker, "workers"),
    reviews.c.closed_at.is_(None),
    reviews.c.kind == "emergency",
    reviews.c.due_at <= bindparam("due_by"),
)
_CAPTURES = select(consents.c.person, consents.c.version, consents.c.evidence).where(
    consents.c.id == bindparam("of_consent"), consents.c.evidence.is_not(None)
)
_BODIES = select(agencies).where(in_list(agencies.c.id, "ids"))

_READING = frozenset({"caseworker", "pivot", "child_protection_worker", "committee_member"})


async def find_stop(tx: Tx, stop: StopId) -> Mapping[str, Any] | None:
    """Read a stop, as the port describes it, or None."""
    row = await tx.one(_STOP, of_stop=stop)
    if row is None:
        return None
    plain = {name: row[name] for name in ("id", "person", "giver", "consent", "from_at", "undone_at")}
    return {**plain, "reach": json.loads(row["reach"]), "withdrawn": json.loads(row["withdrawn"])}


async def find_receipt(tx: Tx, vault: Vault, consent: ConsentId, caller: Caller) -> Receipt | None:
    """Find the newest receipt about a consent that is this caller's own, and open it.

    A family member's own are those of her acts and of what was recorded in her name; a worker's, those of
    what she recorded herself (domain rules A1, A2, A11).
    """
    row = await tx.one(_RECEIPT, of_consent=consent, **_hers(vault, caller))
    return None if row is None else await _open_receipt(tx, vault, row)


async def find_receipt_by_id(tx: Tx, vault: Vault, receipt: ReceiptId, caller: Caller) -> Receipt | None:
    """Find the receipt of this number, by the same rule, and open it."""
    row = await tx.one(_RECEIPT_BY_ID, of_id=receipt, **_hers(vault, caller))
    return None if row is None else await _open_receipt(tx, vault, row)


def _hers(vault: Vault, caller: Caller) -> dict[str, Any]:
    if caller.is_family:
        return {"of_giver": caller.person or "", "of_recorder": b""}
    return {"of_giver": "", "of_recorder": recorder_of(vault, caller)}


async def _open_receipt(tx: Tx, vault: Vault, row: Row) -> Receipt:
    number = vault.number("receipt", row["id"])
    signed = await vault.unseal(tx, f"person:{row['person']}", number, row["sealed"])
    return Receipt(row["id"], signed.decode("ascii"), PersonId(row["person"]), row["about"])


async def read_captures(tx: Tx, vault: Vault, consent: ConsentId) -> Mapping[int, Mapping[str, Any]]:
    """Open how each version was given, where that was written down; by version."""
    found: dict[int, Mapping[str, Any]] = {}
    for row in await tx.all(_CAPTURES, of_consent=consent):
        key = await vault.owners.require(tx, f"person:{row['person']}")
        found[row["version"]] = json.loads(
            vault.keys.unseal_part(key, consent, row["version"], row["evidence"])
        )
    return found


async def list_readers(
    tx: Tx, person: PersonId, at: Instant, beside: Beside
) -> Sequence[Mapping[str, Any]] | None:
    """List each active worker assigned at this instant, or named beside, as the policy's `actor`.

    Once per role that reads. None where there are more than 500 workers: what is cut off a list would be told
    as stopped.
    """
    assigned = await tx.all(_ASSIGNED, of_person=person, started_by=at, until_after=at)
    named = await _named(tx, beside)
    workers = {row["id"]: row for row in (*named, *assigned)}
    if len(workers) > MOST:
        return None
    chain = {parent for row in workers.values() for parent in parents_of(AgencyId(row["agency"]))}
    bodies = {row["id"]: row for row in await tx.all(_BODIES, ids=json.dumps(sorted(chain)))}
    late = await tx.all(_OVERDUE, workers=json.dumps(sorted(workers)), due_by=at)
    overdue = Counter(row["worker"] for row in late)
    hers = {row["id"] for row in assigned}
    return [
        _actor(row, role, bodies)
        | {"assigned": name in hers, "overdue_reviews": row["overdue_reviews"] + overdue[name]}
        for name, row in sorted(workers.items())
        for role in json.loads(row["roles"])
        if role in _READING and row["agency"] in bodies
    ]


async def _named(tx: Tx, beside: Beside) -> Sequence[Row]:
    if not beside.accounts and not beside.agencies:
        return ()
    meant = set(beside.agencies)
    if beside.with_units:
        rows = await tx.all(_AGENCIES)
        meant |= {
            row["id"] for row in rows if beside.with_units.intersection(parents_of(AgencyId(row["id"])))
        }
    return await tx.all(
        _BESIDE, accounts=json.dumps(sorted(beside.accounts)), agencies=json.dumps(sorted(meant))
    )


def _actor(row: Row, role: str, bodies: Mapping[str, Row]) -> dict[str, Any]:
    own = bodies[row["agency"]]
    chain = [bodies[one] for one in parents_of(AgencyId(row["agency"])) if one in bodies]
    actor: dict[str, Any] = {
        "id": row["id"],
        "agency": row["agency"],
        "agency_status": "member" if all(one["status"] == "member" for one in chain) else "suspended",
        "role": role,
        "active": True,
        "strong_auth": True,
        "bound_by_secrecy": bool(own["bound_by_secrecy"]),
        "protection_mission": bool(own["protection_mission"]),
    }
    return actor if own["sector"] is None else {**actor, "sector": own["sector"]}
