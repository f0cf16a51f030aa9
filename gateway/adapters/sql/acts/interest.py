"""Whether who says something of a person, or in her name, has nothing to gain by it."""

from sqlalchemy import bindparam, select

from gateway.adapters.sql.acts.humans import gains_authority, is_same_human
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import authorities
from gateway.domain.acts import NOT_FOR_ROLE, ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.ids import PersonId

_HOLDERS = select(authorities.c.holder).where(authorities.c.person == bindparam("of_person")).distinct()


async def require_no_beneficiary(tx: Tx, caller: Caller, person: PersonId) -> None:
    """Let through who is neither the person nor anybody who would decide in her place.

    Raises:
        ActRefusedError: She is one of them, as a family member too, or is related to an agency that is.
    """
    holders = {row["holder"] for row in await tx.all(_HOLDERS, of_person=person)}
    for holder in sorted({person, *holders}):
        if await gains_authority(tx, caller, person, holder):
            raise ActRefusedError(NOT_FOR_ROLE)


async def is_party(tx: Tx, caller: Caller, line: Directive, printer: str | None) -> bool:
    """Whether one of the caller's accounts printed a code, gave the line, or is a worker whom it names.

    Also where she is of the family that the line is about.
    """
    if await gains_authority(tx, caller, line.subject, line.giver):
        return True
    named = [] if line.recipients == "any" else [one.person for one in line.recipients]
    others = [one for one in (printer, *named) if one is not None]
    return any([await is_same_human(tx, caller.account, one) for one in others])
