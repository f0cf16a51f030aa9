"""Assignments: a worker to a person, from the act's own instant, until another act ends them."""

import json

from sqlalchemy import bindparam, insert, or_, select, update

from gateway.adapters.sql.acts.agreements import require_signed
from gateway.adapters.sql.acts.humans import is_same_human
from gateway.adapters.sql.acts.links import has_link
from gateway.adapters.sql.acts.standing import require_member, require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import accounts, assignments, persons
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, NOT_FOR_ROLE, ActRefusedError
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.facts import person_scope
from gateway.domain.ids import AgencyId, AssignmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.registry import NewAssignment

_WORKER = select(accounts.c.id, accounts.c.agency, accounts.c.active, accounts.c.roles).where(
    accounts.c.id == bindparam("of_id"), accounts.c.kind == "worker"
)
_PERSON = select(persons.c.id).where(persons.c.id == bindparam("of_id"), persons.c.decoy.is_(False))
_OPEN = select(assignments.c.id).where(
    assignments.c.worker == bindparam("of_worker"),
    assignments.c.person == bindparam("of_person"),
    assignments.c.from_at <= bindparam("from_by"),
    or_(assignments.c.until_at.is_(None), assignments.c.until_at > bindparam("until_after")),
)
_FIND = select(assignments.c.person, assignments.c.worker).where(assignments.c.id == bindparam("of_id"))
_ADD = insert(assignments)
_END = (
    update(assignments)
    .where(
        assignments.c.id == bindparam("of_id"),
        or_(assignments.c.until_at.is_(None), assignments.c.until_at > bindparam("end_at")),
    )
    .values(until_at=bindparam("end_at"))
)


def assign(vault: Vault, note: Note, new: NewAssignment) -> Change:
    """Write an assignment, or find the one that stands; `reference` is `{assignment}`.

    An operator's act asks for no link: a seed writes assignments before fragments.

    Raises (the change):
        ActRefusedError: The worker's agency is suspended, has not signed what the network requires by now,
            or has no link with the person; or the worker is the caller, under whichever account of hers.
        ConflictError: The worker is unknown or disabled, or the person is unknown.
        MalformedError: It would end before it starts.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        worker = await tx.one(_WORKER, of_id=new.worker)
        if worker is None or await tx.one(_PERSON, of_id=new.person) is None:
            raise ConflictError("the worker or the person is unknown")
        from_at = at if new.from_at is None else new.from_at
        if new.until_at is not None and new.until_at <= from_at:
            raise MalformedError("an assignment ends after it starts", field="until")
        if note.caller is not None:
            if await is_same_human(tx, note.caller.account, new.worker):
                raise ActRefusedError(NOT_FOR_ROLE)
            await require_signed(tx, AgencyId(worker["agency"]), at)
            await _require_linked(tx, vault, worker, new.person, at)
            stands = await tx.one(
                _OPEN, of_worker=new.worker, of_person=new.person, from_by=at, until_after=at
            )
            if stands is not None:
                return Effect(note, {"assignment": stands["id"]})
        await tx.run(
            _ADD, id=new.id, worker=new.worker, person=new.person, from_at=from_at, until_at=new.until_at
        )
        return Effect(note, {"assignment": new.id}, (person_scope(new.person),))

    return change


async def _require_linked(tx: Tx, vault: Vault, worker: Row, person: PersonId, at: Instant) -> None:
    if not worker["active"]:
        raise ConflictError("the worker's account is disabled", field="worker")
    agency, roles = AgencyId(worker["agency"]), json.loads(worker["roles"])
    await require_member(tx, agency)
    if not await has_link(tx, vault, (agency, person), (worker["id"], roles), at):
        raise ActRefusedError(NO_LINK)


def end_assignment(note: Note, assignment: AssignmentId) -> Change:
    """End it at the act's own instant, if it has not ended; `reference` is `{assignment}`.

    Raises (the change):
        ActRefusedError: There is no such assignment.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=assignment)
        if row is None:
            raise ActRefusedError(NO_LINK)
        await tx.run(_END, of_id=assignment, end_at=at)
        scope = person_scope(row["person"])
        narrowing = {
            "kind": "assignment_ended",
            "assignment": assignment,
            "person": row["person"],
            "scopes": [scope],
        }
        return Effect(note, {"assignment": assignment}, (scope,), narrowing)

    return change


async def end_again(tx: Tx, assignment: str, at: Instant) -> bool:
    """Apply an end to an older copy of the tables; False where it has ended or does not exist."""
    return await tx.run(_END, of_id=assignment, end_at=at) > 0
