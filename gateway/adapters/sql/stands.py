"""What the policy must know of a person to judge an act about her that names no fragment."""

from sqlalchemy import bindparam, select

from gateway.adapters.sql.actors import read_actor, read_bodies
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.facts import read_head
from gateway.adapters.sql.fence import read_epochs
from gateway.adapters.sql.people import PersonReader
from gateway.adapters.sql.tables import fragments, persons
from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.facts import POLICY_SCOPE, agency_scope, person_scope
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.protecting import is_protected

_PERSON = select(persons.c.id).where(persons.c.id == bindparam("of_person"), persons.c.decoy.is_(False))
_HELD = (
    select(fragments.c.owner, fragments.c.category)
    .where(fragments.c.person == bindparam("of_person"))
    .distinct()
    .order_by(fragments.c.owner, fragments.c.category)
)


async def read_stand(
    tx: Tx, people: PersonReader, caller: Caller, person: PersonId, now: Instant
) -> Stand | None:
    """Read the person, who holds what of her, and the caller's side, with their epochs; None if unknown.

    Raises:
        UnauthenticatedError: The caller's client or account is not known any more.
    """
    if await tx.one(_PERSON, of_person=person) is None:
        return None
    return await stand_of(tx, people, caller, person, now)


async def stand_of(tx: Tx, people: PersonReader, caller: Caller, person: PersonId, now: Instant) -> Stand:
    """The same, for a person who is there; decoys too."""
    floor, active = await read_head(tx)
    at = Instant(max(now, floor))
    known = await people.read(tx, person, at)
    mine = {caller.agency} if caller.agency is not None else set()
    bodies = await read_bodies(tx, mine | set(known.owners))
    actor = await read_actor(tx, caller, person, bodies, (at, people.terms.review_us))
    held: dict[AgencyId, list[str]] = {}
    for row in await tx.all(_HELD, of_person=person):
        held.setdefault(AgencyId(row["owner"]), []).append(row["category"])
    scopes = sorted(
        {*actor.scopes, POLICY_SCOPE, person_scope(person), *(agency_scope(one) for one in bodies)}
    )
    numbers = await read_epochs(tx, scopes)
    protected = {AgencyId(one) for one, row in bodies.items() if row["protected"]}
    rules = {
        owner: {
            "profile": bodies[owner]["profile"],
            "consent_model": bodies[owner]["consent_model"],
            "sector": bodies[owner]["sector"],
            "protected": is_protected(owner, protected),
            "categories": categories,
        }
        for owner, categories in held.items()
    }
    epochs = tuple((scope, numbers.get(scope, 0)) for scope in scopes)
    return Stand(
        person,
        known.subject,
        rules,
        actor.actor,
        known.viewers,
        epochs,
        floor,
        active,
        known.recorded_by,
        known.findings,
    )
