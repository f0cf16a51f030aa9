"""Who stands behind an account, and whether something is to her own advantage."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import accounts
from gateway.domain.approving import Human
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instruments import PROHIBITION

_ACCOUNT = select(accounts.c.identity, accounts.c.agency).where(accounts.c.id == bindparam("of_id"))


async def is_same_human(tx: Tx, account: str, other: str) -> bool:
    """Whether one token subject stands behind both accounts, or both are one."""
    return (await _human(tx, account)).is_same(await _human(tx, other))


async def holds_herself(tx: Tx, caller: Caller, holder: str) -> bool:
    """Whether an authority's holder is the caller, as a family member too, or is related to her agency."""
    if caller.agency is not None and _are_related(caller.agency, AgencyId(holder)):
        return True
    return await is_same_human(tx, caller.account, holder)


async def gains(tx: Tx, caller: Caller, document: Mapping[str, Any]) -> bool:
    """Whether an instrument reaches the caller.

    Nobody requires a disclosure to her own agency or to its workers; a prohibition that names one worker is
    hers alone, and her agency may well be the one that keeps to it.
    """
    recipients = document["recipients"]
    for one in () if recipients == "any" else recipients:
        agency, person = one.get("agency"), one.get("person")
        if person is not None:
            if await is_same_human(tx, caller.account, person):
                return True
            row = await tx.one(_ACCOUNT, of_id=person)
            agency = None if row is None or document["type"] == PROHIBITION else row["agency"]
        if agency is not None and caller.agency is not None and _are_related(caller.agency, agency):
            return True
    return False


async def find_agency(tx: Tx, worker: str) -> str | None:
    """Find the agency of a worker; None for a family member, and for an account that there is not."""
    row = await tx.one(_ACCOUNT, of_id=worker)
    return None if row is None else row["agency"]


async def _human(tx: Tx, account: str) -> Human:
    row = await tx.one(_ACCOUNT, of_id=account)
    identity = None if row is None else row["identity"]
    return Human(account, None if identity is None else bytes(identity))


def _are_related(one: AgencyId, other: AgencyId) -> bool:
    return one in parents_of(other) or other in parents_of(one)
