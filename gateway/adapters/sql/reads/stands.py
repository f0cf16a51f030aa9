"""A person as an act that names no fragment meets her: subject, owners, actor, and the epochs of it all."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select, text

from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.fence import read_epochs
from gateway.adapters.sql.people import PersonReader
from gateway.adapters.sql.tables import accounts, agencies, assignments, fragments, persons
from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.facts import POLICY_SCOPE, account_scope, agency_scope, client_scope, person_scope
from gateway.domain.ids import AgencyId, PersonId, parents_of
from gateway.domain.instants import Instant
from gateway.ports import RecordKeys

_HEAD = text("SELECT recorded_at FROM ledger_head WHERE one = 1")
_PERSON = select(persons.c.decoy).where(persons.c.id == bindparam("of_person"))
_HELD = (
    select(fragments.c.owner, fragments.c.category)
    .where(fragments.c.person == bindparam("of_person"), fragments.c.status != "erased")
    .distinct()
    .order_by(fragments.c.owner, fragments.c.category)
)
_BODIES = select(agencies).where(in_list(agencies.c.id, "ids"))
_ACCOUNT = select(accounts.c.active, accounts.c.overdue_reviews, accounts.c.network_wide).where(
    accounts.c.id == bindparam("account")
)
_ASSIGNMENTS = select(assignments.c.from_at, assignments.c.until_at).where(
    assignments.c.worker == bindparam("worker"), assignments.c.person == bindparam("of_person")
)


class StandReader:
    """Reads inside a snapshot; nothing here calls the key provider."""

    def __init__(self, keys: RecordKeys, owners: OwnerKeys) -> None:
        self._people = PersonReader(keys, owners)

    async def read(self, tx: Tx, caller: Caller, person: PersonId, now: Instant) -> Stand | None:
        """Read how things stand; None where there is no such person, or only a decoy."""
        row, head = await tx.one(_PERSON, of_person=person), await tx.one(_HEAD)
        if row is None or row["decoy"] or head is None:
            return None
        at = Instant(max(now, head["recorded_at"]))
        known = await self._people.read(tx, person, at)
        held: dict[AgencyId, list[str]] = {}
        for one in await tx.all(_HELD, of_person=person):
            held.setdefault(AgencyId(one["owner"]), []).append(one["category"])
        mine = () if caller.agency is None else parents_of(caller.agency)
        chain = {parent for owner in held for parent in parents_of(owner)}.union(mine)
        bodies = {one["id"]: one for one in await tx.all(_BODIES, ids=json.dumps(sorted(chain)))}
        actor = await self._actor(tx, caller, person, bodies, at)
        scopes = {POLICY_SCOPE, person_scope(person), client_scope(caller.client)}
        scopes |= {account_scope(caller.account), *(agency_scope(one) for one in chain)}
        numbers = await read_epochs(tx, sorted(scopes))
        return Stand(
            person=person,
            subject=known.subject,
            owners={owner: _owner(bodies, owner, categories) for owner, categories in held.items()},
            actor=actor,
            viewers=known.viewers,
            epochs=tuple((scope, numbers.get(scope, 0)) for scope in sorted(scopes)),
            floor=Instant(head["recorded_at"]),
        )

    async def _actor(
        self, tx: Tx, caller: Caller, person: PersonId, bodies: Mapping[str, Row], at: Instant
    ) -> dict[str, Any]:
        """The caller as the policy reads her, from the snapshot and not from what the token was read with."""
        account = await tx.one(_ACCOUNT, account=caller.account)
        actor: dict[str, Any] = {
            "id": caller.account,
            "role": str(caller.role),
            "active": account is not None and bool(account["active"]),
            "strong_auth": caller.bearer.strong,
        }
        own = None if caller.agency is None else bodies.get(caller.agency)
        if caller.agency is None or own is None or account is None:
            return actor
        chain = [bodies[one] for one in parents_of(caller.agency) if one in bodies]
        periods = await tx.all(_ASSIGNMENTS, worker=caller.account, of_person=person)
        actor |= {
            "agency": caller.agency,
            "agency_status": "member" if all(one["status"] == "member" for one in chain) else "suspended",
            "assigned": any(_covers(one, at) for one in periods),
            "overdue_reviews": account["overdue_reviews"],
            "network_wide": bool(account["network_wide"]),
            "bound_by_secrecy": bool(own["bound_by_secrecy"]),
            "protection_mission": bool(own["protection_mission"]),
        }
        return actor if own["sector"] is None else {**actor, "sector": own["sector"]}


def _owner(bodies: Mapping[str, Row], owner: AgencyId, categories: list[str]) -> dict[str, Any]:
    own = bodies[owner]
    return {
        "profile": own["profile"],
        "consent_model": own["consent_model"],
        "sector": own["sector"],
        "protected": any(bool(bodies[one]["protected"]) for one in parents_of(owner) if one in bodies),
        "categories": categories,
    }


def _covers(period: Row, at: Instant) -> bool:
    return bool(period["from_at"] <= at and (period["until_at"] is None or at < period["until_at"]))
