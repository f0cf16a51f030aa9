"""Whether who says something about a person's capacity has nothing to gain by it."""

from sqlalchemy import bindparam, select

from gateway.adapters.sql.acts.humans import gains_authority
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import authorities
from gateway.domain.acts import NOT_FOR_ROLE, ActRefusedError
from gateway.domain.caller import Caller
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
