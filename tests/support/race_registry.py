"""What a race does to the registry, by plain orders: members, clients, workers, authorities, assignments."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from sqlalchemy import bindparam, select

from gateway.adapters.sql.tables import assignments, authorities
from gateway.domain.acting import Done, Note
from gateway.domain.ids import (
    AgencyId,
    AssignmentId,
    AuthorityId,
    ClientId,
    DecisionId,
    PersonId,
    WorkerId,
)
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewAssignment, NewAuthority, NewClient, WorkerChange
from gateway.domain.vocabulary import AgencyStatus, AuthorityKind
from gateway.wiring.parts import Parts
from tests.support.race_network import CLINIC

Told = dict[str, Any]

_HELD = select(authorities.c.id).where(
    authorities.c.person == bindparam("of_person"), authorities.c.until_at.is_(None)
)
_ASSIGNED = select(assignments.c.id).where(
    assignments.c.person == bindparam("of_person"), assignments.c.until_at.is_(None)
)


def note_of(parts: Parts, kind: EntryKind = EntryKind.OPERATED) -> Note:
    return Note(kind, DecisionId(parts.ids.new("dec")), None, {"act": "race"})


def told_of(done: Done) -> Told:
    index = None if done.entry is None else done.entry.index
    return {"answer": "done", "index": index, "replayed": done.replayed, "reference": dict(done.reference)}


async def set_agency(parts: Parts, order: Told) -> Told:
    row = await parts.registry.row("agencies", CLINIC)
    assert row is not None
    status = AgencyStatus(order["to"])
    return told_of(await parts.acts.set_agency_status(note_of(parts), AgencyId(CLINIC), status, row["etag"]))


async def set_worker(parts: Parts, order: Told) -> Told:
    row = await parts.registry.row("workers", "w:bob")
    assert row is not None
    change = WorkerChange(active=order["to"])
    return told_of(await parts.acts.set_worker(note_of(parts), WorkerId("w:bob"), change, row["etag"]))


async def add_client(parts: Parts, order: Told) -> Told:
    """Register another client of the clinic: a disabled one never comes back."""
    del order
    client = NewClient(ClientId(parts.ids.new("client")), AgencyId(CLINIC))
    return told_of(await parts.acts.add_client(note_of(parts), client))


async def disable_client(parts: Parts, order: Told) -> Told:
    return told_of(await parts.acts.disable_client(note_of(parts), ClientId(order["client"])))


async def end_authority(parts: Parts, order: Told) -> Told:
    return told_of(await parts.acts.end_authority(note_of(parts), AuthorityId(order["authority"])))


async def renew_authority(parts: Parts, order: Told) -> Told:
    """End whatever authority the guardian holds over a child, and record it anew."""
    child = order["child"]
    for row in await parts.database.snapshot(lambda tx: tx.all(_HELD, of_person=child)):
        await parts.acts.end_authority(note_of(parts), AuthorityId(row["id"]))
    name = AuthorityId(parts.ids.new("aut"))
    authority = NewAuthority(name, PersonId(child), PersonId("p:parent"), AuthorityKind.SOLE)
    return told_of(await parts.acts.add_authority(note_of(parts), authority))


async def end_assignment(parts: Parts, order: Told) -> Told:
    return told_of(await parts.acts.end_assignment(note_of(parts), AssignmentId(order["assignment"])))


async def end_assignments(parts: Parts, child: str) -> None:
    """End whatever assigns somebody to a child by an assignment of her own."""
    for row in await parts.database.snapshot(lambda tx: tx.all(_ASSIGNED, of_person=child)):
        await parts.acts.end_assignment(note_of(parts), AssignmentId(row["id"]))


async def renew_assignment(parts: Parts, order: Told) -> Told:
    """End whatever assigns somebody to a child, and assign the asking worker anew."""
    child = order["child"]
    await end_assignments(parts, child)
    name = AssignmentId(parts.ids.new("asg"))
    return told_of(
        await parts.acts.assign(note_of(parts), NewAssignment(name, WorkerId("w:bob"), PersonId(child)))
    )


ORDERS: Mapping[str, Callable[[Parts, Told], Awaitable[Told]]] = {
    "agency": set_agency,
    "worker": set_worker,
    "add client": add_client,
    "disable client": disable_client,
    "end authority": end_authority,
    "renew authority": renew_authority,
    "end assignment": end_assignment,
    "renew assignment": renew_assignment,
}
