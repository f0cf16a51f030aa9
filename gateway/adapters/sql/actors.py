"""The caller's side of a question: client, account, agency and assignments as they are now."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, bindparam, select

from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.identities import of_one_human
from gateway.adapters.sql.relations import periods
from gateway.adapters.sql.sign_ins import stands
from gateway.adapters.sql.tables import accounts, agencies, clients, reviews
from gateway.adapters.sql.vouching import is_vouched_for
from gateway.domain.caller import Caller
from gateway.domain.errors import UnauthenticatedError
from gateway.domain.facts import account_scope, client_scope
from gateway.domain.holding import HOUR_US
from gateway.domain.ids import AgencyId, PersonId, parents_of
from gateway.domain.instants import FAR_FUTURE, Instant

APART_US = HOUR_US
"""More than any two clocks that are believed may be apart."""

_AGENCIES = select(agencies).where(in_list(agencies.c.id, "ids"))
_ACCOUNT = select(
    accounts.c.active, accounts.c.roles, accounts.c.overdue_reviews, accounts.c.network_wide
).where(accounts.c.id == bindparam("account"))
_CLIENT = select(clients.c.status).where(clients.c.id == bindparam("client"))
_DUE = select(reviews.c.due_at).where(
    reviews.c.worker.in_(select(accounts.c.id).where(of_one_human("worker"))),
    reviews.c.closed_at.is_(None),
    reviews.c.kind == "emergency",
)
"""Of the human, whatever account she took the access under (domain rule B9)."""
_ASSIGNMENTS = periods(
    lambda worker, person: and_(worker == bindparam("worker"), person == bindparam("of_person"))
)


@dataclass(frozen=True, slots=True)
class ActorFacts:
    """The caller's side of the query, fresh from the snapshot."""

    actor: dict[str, Any]
    scopes: tuple[str, ...]
    horizon: Instant
    """The first instant at which an assignment starts or ends, or one of her reviews is overdue."""


async def read_bodies(tx: Tx, named: Iterable[AgencyId]) -> dict[str, Row]:
    """The agencies named, with every body that they are units of."""
    chain = {parent for one in named for parent in parents_of(one)}
    return {row["id"]: row for row in await tx.all(_AGENCIES, ids=json.dumps(sorted(chain)))}


def has_left(bodies: dict[str, Row], agency: AgencyId) -> bool:
    """Whether an agency has left the network, itself or with a body that it is a unit of."""
    return any(one in bodies and bodies[one]["status"] == "left" for one in parents_of(agency))


async def read_actor(
    tx: Tx, caller: Caller, person: PersonId, bodies: dict[str, Row], when: tuple[Instant, int]
) -> ActorFacts:
    """The client and the account as they are now, not as they were when the token was read.

    `when` is now, and within how many microseconds an emergency access is reviewed.
    """
    at, review_us = when
    client = await tx.one(_CLIENT, client=caller.client)
    account = await tx.one(_ACCOUNT, account=caller.account)
    if client is None or client["status"] != "active" or account is None:
        raise UnauthenticatedError("the client or the account is not known any more")
    if str(caller.role) not in json.loads(account["roles"]):
        raise UnauthenticatedError("the account does not have this role any more")
    if not await is_vouched_for(tx, caller.bearer):
        raise UnauthenticatedError("a key that vouched for the token is retired")
    if caller.sign_in is not None and not await stands(tx, caller.sign_in):
        raise UnauthenticatedError("the sign-in was ended")
    actor: dict[str, Any] = {
        "id": caller.account,
        "role": str(caller.role),
        "active": bool(account["active"]),
        "strong_auth": caller.bearer.strong,
    }
    horizon = FAR_FUTURE
    if caller.agency is not None:
        periods = await tx.all(_ASSIGNMENTS, worker=caller.account, of_person=person)
        due = [row["due_at"] for row in await tx.all(_DUE, worker=caller.account)]
        actor |= _agency_actor(caller.agency, account, bodies)
        actor["overdue_reviews"] += sum(one <= at for one in due)
        actor["assigned"] = any(_covers(one, at) for one in periods)
        horizon = min(next_change(periods, at), _next_review(due, at, review_us))
    scopes = (client_scope(caller.client), account_scope(caller.account))
    return ActorFacts(actor, scopes, horizon)


def _next_review(due: Sequence[int], at: Instant, review_us: int) -> Instant:
    """The next deadline of hers, or the earliest that a review opened from now on could have.

    So opening a review moves no epoch: whatever was read before it ends before it is overdue.
    """
    return Instant(min([one for one in due if one > at] + [at + review_us - APART_US]))


def _agency_actor(agency: AgencyId, account: Row, bodies: dict[str, Row]) -> dict[str, Any]:
    """What the caller's agency brings: a unit is suspended with any body that it is a unit of."""
    chain = [bodies.get(one) for one in parents_of(agency)]
    member = all(one is None or one["status"] == "member" for one in chain) and chain[0] is not None
    own = bodies.get(agency)
    actor: dict[str, Any] = {
        "agency": agency,
        "agency_status": "member" if member else "suspended",
        "overdue_reviews": account["overdue_reviews"],
        "network_wide": bool(account["network_wide"]),
    }
    if own is not None:
        actor["bound_by_secrecy"] = bool(own["bound_by_secrecy"])
        actor["protection_mission"] = bool(own["protection_mission"])
        if own["sector"] is not None:
            actor["sector"] = own["sector"]
    return actor


def _covers(period: Row, at: Instant) -> bool:
    return period["from_at"] <= at and (period["until_at"] is None or at < period["until_at"])


def next_change(periods: Sequence[Row], at: Instant) -> Instant:
    """The first start or end of an assignment after this instant: the policy is not given them as dates."""
    bounds = [bound for one in periods for bound in (one["from_at"], one["until_at"])]
    return Instant(min((bound for bound in bounds if bound is not None and bound > at), default=FAR_FUTURE))
