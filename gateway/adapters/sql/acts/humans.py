"""Who stands behind an account, and whether something is to her own advantage."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, or_, select

from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.identities import of_one_human
from gateway.adapters.sql.tables import accounts, authorities
from gateway.domain.approving import Human
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instruments import PROHIBITION
from gateway.domain.vocabulary import Role

_ACCOUNT = select(accounts.c.identity, accounts.c.agency).where(accounts.c.id == bindparam("of_id"))
_ACTIVE = select(accounts.c.id, accounts.c.identity, accounts.c.roles).where(
    accounts.c.agency == bindparam("of_agency"), accounts.c.active.is_(True)
)
_ACCOUNTS = select(accounts.c.id).where(of_one_human("of_id")).order_by(accounts.c.id)
_AGENCIES = select(accounts.c.agency).where(of_one_human("of_id"), accounts.c.agency.is_not(None))
_HELD = select(authorities.c.holder).where(authorities.c.person == bindparam("of_person"))
_FAMILY = (
    select(accounts.c.id)
    .where(
        of_one_human("of_id"),
        or_(accounts.c.id == bindparam("of_person"), accounts.c.id.in_(_HELD)),
    )
    .limit(1)
)


async def is_same_human(tx: Tx, account: str, other: str) -> bool:
    """Whether one token subject stands behind both accounts, or both are one."""
    return (await _human(tx, account)).is_same(await _human(tx, other))


async def gains_authority(tx: Tx, caller: Caller, person: str, holder: str) -> bool:
    """Whether an authority over a person would be hers who asks, an agency's of hers, or in her family."""
    if await _is_family(tx, caller, person) or await is_same_human(tx, caller.account, holder):
        return True
    return any(_are_related(one, AgencyId(holder)) for one in await _agencies_of(tx, caller))


async def gains(tx: Tx, caller: Caller, person: str, document: Mapping[str, Any]) -> bool:
    """Whether an instrument about a person reaches the human behind the caller, through any account of hers.

    Nobody requires a disclosure to an agency of her own or to its workers; a prohibition that names one
    worker is hers alone, and her agency may well be the one that keeps to it. Of her own family nobody is a
    judge, whomever the instrument names.
    """
    if await _is_family(tx, caller, person):
        return True
    own = await _agencies_of(tx, caller)
    recipients = document["recipients"]
    for one in () if recipients == "any" else recipients:
        agency, worker = one.get("agency"), one.get("person")
        if worker is not None:
            if await is_same_human(tx, caller.account, worker):
                return True
            agency = None if document["type"] == PROHIBITION else await find_agency(tx, worker)
        if agency is not None and any(_are_related(mine, agency) for mine in own):
            return True
    return False


async def is_officer_for(tx: Tx, caller: Caller, agency: str, acted: str | None) -> bool:
    """Whether this privacy officer decides for an agency about what an account did.

    One of its own does; one of the whole network where it has no other active one than who acted herself.
    """
    if caller.agency == agency:
        return True
    actor = None if acted is None else await _human(tx, acted)
    rows = await tx.all(_ACTIVE, of_agency=agency)
    own = [_to_human(row["id"], row) for row in rows if Role.PRIVACY_OFFICER in json.loads(row["roles"])]
    return caller.network_wide and all(actor is not None and one.is_same(actor) for one in own)


async def accounts_of(tx: Tx, account: str) -> list[str]:
    """Name every account of the human behind this one: itself alone, where nothing is known of her."""
    return [row["id"] for row in await tx.all(_ACCOUNTS, of_id=account)]


async def find_agency(tx: Tx, worker: str) -> str | None:
    """Find the agency of a worker; None for a family member, and for an account that there is not."""
    row = await tx.one(_ACCOUNT, of_id=worker)
    return None if row is None else row["agency"]


async def _is_family(tx: Tx, caller: Caller, person: str) -> bool:
    """Whether she is the person, or any authority over her was ever recorded as hers.

    One that ended, or that gives her nothing, leaves her a party to it.
    """
    return await tx.one(_FAMILY, of_id=caller.account, of_person=person) is not None


async def _agencies_of(tx: Tx, caller: Caller) -> list[AgencyId]:
    """Every agency where she has an account, a closed one too: it may be opened again."""
    rows = await tx.all(_AGENCIES, of_id=caller.account)
    return [AgencyId(row["agency"]) for row in rows]


async def _human(tx: Tx, account: str) -> Human:
    return _to_human(account, await tx.one(_ACCOUNT, of_id=account))


def _to_human(account: str, row: Row | None) -> Human:
    identity = None if row is None else row["identity"]
    return Human(account, None if identity is None else bytes(identity))


def _are_related(one: AgencyId, other: AgencyId) -> bool:
    return one in parents_of(other) or other in parents_of(one)
