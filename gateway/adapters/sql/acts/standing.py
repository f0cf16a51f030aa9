"""Whether who acts may still act, and acts that change nothing but the ledger."""

import json

from sqlalchemy import select

from gateway.adapters.sql.driver import Tx, in_list
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import agencies
from gateway.domain.acting import Note
from gateway.domain.acts import NOT_A_MEMBER, ActRefusedError
from gateway.domain.errors import RejectedError
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.notices import limited
from gateway.domain.vocabulary import EnforcementReason

_STATUSES = select(agencies.c.id, agencies.c.status).where(in_list(agencies.c.id, "ids"))


async def require_standing(tx: Tx, note: Note) -> None:
    """Let through an operator, a family member, and a worker of a member agency.

    Her account and her client are behind the note's epochs, which the writer checks.

    Raises:
        ActRefusedError: The agency, or a body that it is a unit of, is suspended or gone.
    """
    if note.caller is not None and note.caller.agency is not None:
        await require_member(tx, note.caller.agency)


async def require_member(tx: Tx, agency: AgencyId) -> None:
    """Let through a member; a unit is suspended with any body that it is a unit of.

    Raises:
        ActRefusedError: It is suspended or gone.
    """
    if not await is_member(tx, agency):
        raise ActRefusedError(NOT_A_MEMBER)


async def is_member(tx: Tx, agency: AgencyId) -> bool:
    """Whether the agency, and each body that it is a unit of, is neither suspended nor gone."""
    rows = await tx.all(_STATUSES, ids=json.dumps(parents_of(agency)))
    members = {row["id"] for row in rows if row["status"] == "member"}
    return members.issuperset(parents_of(agency))


def note_act(note: Note) -> Change:
    """Record a reading by somebody who may still read."""

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        return Effect(note, {})

    return change


def refuse_act(note: Note) -> Change:
    """Record a refusal, whoever was refused; the officers are told of what was too much."""

    async def change(_tx: Tx, at: Instant) -> Effect:
        caller = note.caller
        if caller is None or note.reason != EnforcementReason.RATE_LIMITED:
            return Effect(note, {})
        return Effect(note, {}, notices=limited(caller.agency, caller.account, at))

    return change


def object_to(error: RejectedError) -> Change:
    """Object in an act's place: an act that was made before is brought back first, by its key."""

    async def change(_tx: Tx, _at: Instant) -> Effect:
        raise error

    return change
