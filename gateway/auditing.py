"""Which entries a reader of the ledger may see; shared by the use cases that read it.

A privacy officer sees what her agency owns or asked for, an auditor everything under handles instead of
names, a worker her own acts, a family her own chain (domain rule 3.10).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from gateway.asking import Ask, Named, Verdict, decide_many
from gateway.domain.access import Decision, Query
from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyUnavailableError
from gateway.domain.ids import PersonId, parents_of
from gateway.domain.telling import ChainRow
from gateway.domain.vocabulary import Action, Role
from gateway.ports import Clock, Policy, RegistryStore
from gateway.recalling import Recall

OVERSIGHT = frozenset({Role.PRIVACY_OFFICER, Role.AUDITOR})

_NOBODY = {"id": "ledger", "age": 0, "authorities": [], "orders": []}
"""Stands for the person in questions about the ledger itself; oversight does not depend on her."""


class InScope(NamedTuple):
    """An entry that a reader may see, and the decision that lets her."""

    row: Mapping[str, Any]
    decision: Decision


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

    async def within(self, caller: Caller, rows: Sequence[Mapping[str, Any]], purpose: str) -> list[InScope]:
        """Keep the entries in her scope, in their order.

        Raises:
            PolicyUnavailableError: The policy does not answer, or another bundle is the active one.
        """
        if not rows:
            return []
        decisions = await self._decide(caller, rows, purpose)
        return [
            InScope(row, decision)
            for row, decision in zip(rows, decisions, strict=True)
            if decision.permitted
        ]

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


TELLING = ("reason", "owner", "person", "fragment", "consent")
"""What a refusal's search columns tell of what was refused: which, whose, and why."""


def own_act(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A row as the worker who acted may see it.

    Of a refusal, only that it was: hidden or unknown, and for what reason, the answer has told her or had to
    keep from her, and these columns would tell the one from the other (promise P9).
    """
    return row if row["outcome"] != "deny" else {**row, **dict.fromkeys(TELLING)}


def own_search(caller: Caller, where: Mapping[str, Any]) -> dict[str, Any] | None:
    """Search terms for a worker's own acts; a term that would tell of a refusal finds permits alone.

    None where nothing can be found.
    """
    mine = {**where, **own_acts(caller)}
    if not any(name in where for name in TELLING):
        return mine
    return None if where.get("outcome") == "deny" else {**mine, "outcome": "permit"}


@dataclass(frozen=True, slots=True)
class OpenLog:
    """A person's log as one family member may read it now."""

    person: PersonId
    viewer: PersonId
    stand: Stand
    verdict: Verdict

    def shows(self, says: Mapping[str, Any]) -> bool:
        """Whether a notice is open to her today: by owner and category, all that it names."""
        closed = {(pair.owner, pair.category) for pair in self.verdict.without_effect}
        return (says.get("owner"), says.get("category")) not in closed


@dataclass(frozen=True, slots=True)
class FamilyLog:
    """Asks whether she may read it now: the stricter of then and now counts (domain rule 3.10)."""

    registry: RegistryStore
    ask: Ask
    recall: Recall
    clock: Clock

    async def __call__(self, caller: Caller, handle: str, purpose: str) -> OpenLog | None:
        """Answer None where she knows nobody by this handle; the verdict may still refuse."""
        person = await self.registry.person_of_handle(caller.agency, handle)
        stand = person and await self.registry.stand(caller, person, self.clock.now())
        if not person or not stand or caller.person is None:
            return None
        verdict = await self.ask(stand, Action.READ_AUDIT, purpose, Named(person))
        return OpenLog(person, caller.person, stand, verdict)

    async def rows(self, log: OpenLog, rows: Sequence[ChainRow]) -> list[Mapping[str, Any]]:
        """Give what she may see today of rows of her own chain, in their order.

        Raises:
            PolicyUnavailableError: The policy does not answer.
            PolicyContractError: What it answers is no answer.
        """
        return await self.recall(log.stand, log.viewer, rows)
