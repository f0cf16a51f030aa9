"""What links an agency with a person: a fragment it holds, a live consent that names it, a transfer to it."""

from sqlalchemy import bindparam, or_, select

from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.directives import directives_for
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.findings import list_findings
from gateway.adapters.sql.tables import fragments
from gateway.domain.consent import Directive, caller_keys
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.meetings import brings_in

_HOLDS = (
    select(fragments.c.id)
    .where(
        fragments.c.person == bindparam("of_person"),
        fragments.c.owner == bindparam("of_owner"),
        or_(fragments.c.status == "active", fragments.c.status == "owner_hold"),
    )
    .limit(1)
)


async def holds_fragment(tx: Tx, agency: AgencyId, person: PersonId) -> bool:
    """Whether exactly this agency holds a fragment of the person that is neither erased nor in error."""
    return await tx.one(_HOLDS, of_person=person, of_owner=agency) is not None


async def is_named(
    tx: Tx, person: PersonId, agency: AgencyId, worker: str, roles: list[str], at: Instant
) -> bool:
    """Whether a permit in force names the agency, a body that it is a unit of, the worker or her role."""
    keys = {key for role in roles for key in caller_keys(worker, agency, role, ())} - {"any"}
    found = await directives_for(tx, person, sorted(keys), at)
    return any(one.from_at <= at and _names(one, keys, agency) for one in found)


async def is_brought_in(tx: Tx, vault: Vault, person: PersonId, agency: AgencyId) -> bool:
    """Whether a worker of exactly this agency has accepted a transfer of the person."""
    return brings_in(await list_findings(tx, vault.keys, vault.owners, person), agency)


async def has_link(
    tx: Tx, vault: Vault, link: tuple[AgencyId, PersonId], worker: tuple[str, list[str]], at: Instant
) -> bool:
    """Whether anything links the agency with the person, for this worker in her roles."""
    agency, person = link
    return (
        await holds_fragment(tx, agency, person)
        or await is_named(tx, person, agency, *worker, at)
        or await is_brought_in(tx, vault, person, agency)
    )


ANYBODY = ("", [""])
"""A link that is the agency's, whichever of its workers it is for."""


def _names(directive: Directive, keys: set[str], agency: AgencyId) -> bool:
    """Whether a permit names them by one of these keys; who is named for another agency is not."""
    if directive.decision != "permit" or directive.recipients == "any":
        return False
    return any(
        one.index_key in keys and (one.person is None or one.agency in {None, agency})
        for one in directive.recipients
    )
