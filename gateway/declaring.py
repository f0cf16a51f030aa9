"""Steps of acts that need no link with the person: judged on nobody, told by the audience rule.

Shared by emergencies, reports and consultations. What is asked about nobody rests on the caller alone, so
its answer tells of no one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.access import NOTHING_STATED, STRICTEST, Decision, Query, Stated, View
from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError, PolicyUnavailableError
from gateway.domain.facts import Facts
from gateway.domain.found import harmful
from gateway.domain.ids import AgencyId, FragmentId, PersonId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.telling import audience_entry, audience_question
from gateway.ports import Clock, Ids, Policy, RegistryStore, ReleaseStore


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
        return await self.policy.decide(asked, Instant(max(self.clock.now(), facts.floor)))

    def require_active(self, digest: str) -> None:
        """Let through the bundle that this worker runs.

        Raises:
            PolicyUnavailableError: Another one is active in the store.
        """
        if digest != self.policy.digest:
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")


@dataclass(frozen=True, slots=True)
class PersonAct:
    """An act that is about to be written about a person; `nowhere` are the facts it was judged on."""

    kind: EntryKind
    caller: Caller
    nowhere: Facts
    decision: Decision
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who of the family may see such an act (domain rule 3.10)."""

    registry: RegistryStore
    policy: Policy
    clock: Clock

    async def question(self, act: PersonAct, stand: Stand) -> Mapping[str, Any]:
        """The question as it is put again before what was delayed is told: of the first category."""
        document = await self._document(act, stand)
        return audience_question(_about(document, act, stand, act.categories[0]), _entry(act))

    async def views(self, act: PersonAct, stand: Stand) -> Mapping[PersonId, View]:
        """Ask once for each category; the strictest answer counts.

        Raises:
            PolicyUnavailableError: The policy does not answer.
            PolicyContractError: What it answers is no answer.
        """
        document, entry = await self._document(act, stand), _entry(act)
        at = Instant(max(self.clock.now(), stand.floor))
        seen: dict[PersonId, View] = {}
        for category in act.categories:
            query = Query.of(_about(document, act, stand, category))
            for person, view in (await self.policy.views(query, at, entry, stand.viewers)).items():
                seen[person] = min(seen.get(person, view), view, key=STRICTEST.index)
        return seen

    async def _document(self, act: PersonAct, stand: Stand) -> dict[str, Any]:
        document = act.nowhere.query.document
        own = await self.registry.row("agencies", act.caller.agency or "")
        directives = await self.registry.directives(stand.person)
        return {
            **document,
            "profile": document["profile"] if own is None else own["profile"],
            "subject": dict(stand.subject_of(_owner(act))),
            "actor": dict(stand.actor),
            "consents": [one.to_policy(tuple(stand.owners)) for one in directives],
        }


def _about(document: Mapping[str, Any], act: PersonAct, stand: Stand, category: str) -> dict[str, Any]:
    """Stand a document of the caller's own agency in for what is about the person alone."""
    fragment = {**document["fragment"], "owner_agency": _owner(act), "category": category}
    return {**document, "fragment": fragment | harmful(stand.findings, stand.floor, fragment)}


def _owner(act: PersonAct) -> AgencyId:
    return act.caller.agency or act.nowhere.fragment.owner


def _entry(act: PersonAct) -> dict[str, Any]:
    entry = audience_entry(act.kind, act.caller, act.nowhere, act.decision)
    return {**entry, "owner_agency": None, "about": "person"}


async def require_protection(registry: RegistryStore, agency: AgencyId) -> None:
    """Let through a member agency with a mission of protection.

    Raises:
        MalformedError: Any other, alike whether or not there is one.
    """
    bodies = [await registry.row("agencies", one) for one in parents_of(agency)]
    members = all(body is not None and body["status"] == "member" for body in bodies)
    if not members or bodies[0] is None or not bodies[0]["protection_mission"]:
        raise MalformedError("there is no such protection body", field="agency")
