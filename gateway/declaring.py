"""Steps of acts that need no link with the person: judged on nobody.

Shared by emergencies, reports and consultations. What is asked about nobody rests on the caller alone, so
its answer tells of no one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.access import NOTHING_STATED, Decision, Query, Stated, Way
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, PolicyUnavailableError
from gateway.domain.facts import Facts
from gateway.domain.ids import AgencyId, FragmentId, parents_of
from gateway.domain.instants import Instant
from gateway.ports import Clock, Ids, Policy, RegistryStore, ReleaseStore

_OWED_NOW = frozenset({"log_access", "notify_privacy_officer", "notify_family", "delay_family_notice"})
"""What the declaration itself owes; the rest is owed by what is released under it."""


@dataclass(frozen=True, slots=True)
class Nobody:
    """Asks about an id that no fragment has: all of the caller, and a decoy for the rest."""

    store: ReleaseStore
    policy: Policy
    clock: Clock
    ids: Ids

    async def facts(self, caller: Caller, purpose: str, stated: Stated = NOTHING_STATED) -> Facts:
        """Read them, whichever bundle is active."""
        fragment, now = FragmentId(self.ids.new("frg")), self.clock.now()
        return await self.store.facts(caller, fragment, purpose, now, every_directive=False, stated=stated)

    async def decide(self, facts: Facts, more: Mapping[str, Any] | None = None) -> Decision:
        """Decide on these facts, with `more` in their context.

        Raises:
            PolicyUnavailableError: The policy does not answer, or another bundle is the active one.
            PolicyContractError: What it answers is no answer.
        """
        self.require_active(facts.policy_digest)
        document = facts.query.document
        asked = Query.of({**document, "context": {**document["context"], **(more or {})}})
        at = Instant(max(self.clock.now(), facts.floor))
        return (await self.policy.decide(asked, at)).asked(asked, at)

    def require_active(self, digest: str) -> None:
        """Let through the bundle that this worker runs.

        Raises:
            PolicyUnavailableError: Another one is active in the store.
        """
        if digest != self.policy.digest:
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")


def declared_by(decision: Decision) -> Decision:
    """Give what a declaration of an emergency itself rests on and owes, of the answer about nobody."""
    questions = decision.questions and replace(decision.questions, way=Way.DECLARED)
    if decision.permitted:
        # What is owed for a release is owed when there is one.
        owed = decision.obligations & _OWED_NOW
        return replace(decision, reasons=decision.reasons[:1], obligations=owed, questions=questions)
    if len(decision.reasons) == 1:
        return replace(decision, questions=questions)
    # The second reason is the decoy's own, that nobody is assigned to it; the first is the caller's.
    said = replace(decision, reasons=decision.reasons[:1], disclose_existence=True, questions=questions)
    return replace(said, obligations=frozenset({"log_access"}))


async def require_protection(registry: RegistryStore, agency: AgencyId) -> None:
    """Let through a member agency with a mission of protection.

    Raises:
        MalformedError: Any other, alike whether or not there is one.
    """
    bodies = [await registry.row("agencies", one) for one in parents_of(agency)]
    members = all(body is not None and body["status"] == "member" for body in bodies)
    if not members or bodies[0] is None or not bodies[0]["protection_mission"]:
        raise MalformedError("there is no such protection body", field="agency")
