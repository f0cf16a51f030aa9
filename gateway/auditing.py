"""Which entries a reader of the ledger may see; shared by the use cases that read it.

A privacy officer sees what her agency owns or asked for, an auditor everything under handles instead of
names, a worker her own acts, a family her own chain (domain rule 3.10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.asking import decide_many
from gateway.domain.access import Decision, Query
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.ids import parents_of
from gateway.domain.vocabulary import Action, Role
from gateway.ports import Clock, Policy, RegistryStore

OVERSIGHT = frozenset({Role.PRIVACY_OFFICER, Role.AUDITOR})

_NOBODY = {"id": "ledger", "age": 0, "authorities": [], "orders": []}
"""Stands for the person in questions about the ledger itself; oversight does not depend on her."""


@dataclass(frozen=True, slots=True)
class AuditScope:
    """Asks the policy which entries an officer or an auditor may see."""

    registry: RegistryStore
    policy: Policy
    clock: Clock
    categories: frozenset[str]

    async def may_read(self, caller: Caller, purpose: str) -> Decision:
        """Decide whether she may read the ledger at all, for this purpose, within her own agency.

        Raises:
            PolicyUnavailableError: The policy does not answer, or another bundle is the active one.
        """
        row = {"owner": caller.agency, "agency": caller.agency}
        return (await self._decide(caller, [row], purpose))[0]

    async def within(
        self, caller: Caller, rows: Sequence[Mapping[str, Any]], purpose: str
    ) -> list[Mapping[str, Any]]:
        """Keep the entries in her scope, in their order.

        Raises:
            PolicyUnavailableError: The policy does not answer, or another bundle is the active one.
        """
        if not rows:
            return []
        decisions = await self._decide(caller, rows, purpose)
        return [row for row, decision in zip(rows, decisions, strict=True) if decision.permitted]

    async def _decide(
        self, caller: Caller, rows: Sequence[Mapping[str, Any]], purpose: str
    ) -> list[Decision]:
        if await self.registry.active_policy() != self.policy.digest:
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")
        actor = await self._actor(caller)
        owners = {row["owner"] or row["agency"] or self._own(caller) for row in rows}
        profiles = {owner: await self._profile(owner, caller) for owner in owners}
        queries = []
        for row in rows:
            owner = row["owner"] or row["agency"] or self._own(caller)
            queries.append(self._query(actor, purpose, row, (owner, profiles[owner])))
        return await decide_many(self.policy, queries, self.clock.now())

    def _own(self, caller: Caller) -> str:
        """What belongs to no agency is the network's: only an account of the whole network reaches it."""
        return str(caller.agency) if caller.network_wide or caller.role is Role.AUDITOR else "network"

    async def _profile(self, owner: str, caller: Caller) -> str:
        known = await self.registry.row("agencies", owner)
        if known is None and caller.agency is not None:
            known = await self.registry.row("agencies", caller.agency)
        return "" if known is None else str(known["profile"])

    async def _actor(self, caller: Caller) -> dict[str, Any]:
        chain = [] if caller.agency is None else parents_of(caller.agency)
        bodies = [await self.registry.row("agencies", one) for one in chain]
        member = bool(bodies) and bodies[0] is not None
        member = member and all(body is None or body["status"] == "member" for body in bodies)
        return {
            "id": caller.account,
            "agency": caller.agency,
            "agency_status": "member" if member else "suspended",
            "role": str(caller.role),
            "assigned": False,
            "active": caller.active,
            "strong_auth": caller.bearer.strong,
            "network_wide": caller.network_wide,
        }

    def _query(
        self, actor: Mapping[str, Any], purpose: str, row: Mapping[str, Any], whose: tuple[str, str]
    ) -> Query:
        owner, profile = whose
        fragment = {
            "id": "entry",
            "owner_agency": owner,
            "category": min(self.categories),
            "sensitivity": "N",
            "status": "active",
        }
        context: dict[str, Any] = {"consent_model": "express"}
        if row["agency"] is not None:
            context["audit_requester_agency"] = row["agency"]
        return Query.of(
            {
                "profile": profile,
                "subject": _NOBODY,
                "consents": [],
                "actor": dict(actor),
                "action": str(Action.READ_AUDIT),
                "purpose": purpose,
                "fragment": fragment,
                "context": context,
            }
        )


def own_acts(caller: Caller) -> dict[str, Any]:
    """Search terms for what this worker did herself, for the agency she acts for now (domain rule A11)."""
    return {"account": caller.account, "agency": caller.agency}
