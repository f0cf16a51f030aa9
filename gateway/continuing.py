"""What sharing goes on after a stop, and why, from the production policy itself.

Each assigned worker is asked about: may she read today what each owner holds of each category? What
the family may not know of is left out (domain rule 3.10): pairs whose log she may not read,
protected agencies, and orders that are sealed from the family.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.asking import decide_many
from gateway.domain.access import Decision, Query
from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.errors import CorruptionError, UnavailableError
from gateway.domain.found import harmful
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.stopping import Continues
from gateway.domain.vocabulary import Action
from gateway.ports import Clock, Policy, RegistryStore

ALWAYS_ASKED = ("service_delivery", "child_protection", "legal")
"""Purposes that go on without anybody's consent: an owner's own work, the shared secret, an order."""

MAX_ASKED = 400


@dataclass(frozen=True, slots=True)
class Continuing:
    """Answers None when it cannot be told now; a partial list would reassure wrongly."""

    registry: RegistryStore
    policy: Policy
    clock: Clock

    async def __call__(self, caller: Caller, person: PersonId) -> tuple[Continues, ...] | None:
        """List what continues, in a stable order, as far as this caller may know of it."""
        try:
            return await self._list(caller, person)
        except (UnavailableError, CorruptionError):
            return None

    async def _list(self, caller: Caller, person: PersonId) -> tuple[Continues, ...] | None:
        now = self.clock.now()
        stand = await self.registry.stand(caller, person, now)
        if stand is None or stand.policy_digest != self.policy.digest:
            return None
        at = Instant(max(now, stand.floor))
        directives = await self.registry.directives(person)
        readers = [one for one in await self.registry.readers(person, now) if not one.get("protected")]
        known = await self._known(stand, at)
        if stand.owners and not known:
            return None  # She may know of none of it: an empty list would tell her that nothing goes on.
        asked = [
            (reader, owner, category, purpose)
            for reader in readers
            for owner, category in known
            for purpose in _purposes(directives, at)
        ]
        if len(asked) > MAX_ASKED:
            return None
        told = [one.to_policy(stand.owners) for one in directives]
        queries = [_query(stand, told, one, at) for one in asked]
        decisions = await decide_many(self.policy, queries, at)
        sealed = {one["id"] for one in stand.subject.get("orders", ()) if one.get("sealed_from_family")}
        found = {
            _to_line(one, decision)
            for one, decision in zip(asked, decisions, strict=True)
            if decision.permitted and sealed.isdisjoint(decision.instrument_ids)
        }
        return tuple(sorted(found))

    async def _known(self, stand: Stand, at: Instant) -> list[tuple[AgencyId, str]]:
        """List what is held, less what the caller may not read the log of."""
        held = [
            (owner, category)
            for owner, rules in sorted(stand.owners.items())
            if not rules.get("protected")
            for category in sorted(rules["categories"])
        ]
        queries = [
            Query.of(
                {
                    **_document(stand, [], owner, category, at),
                    "actor": dict(stand.actor),
                    "action": str(Action.READ_AUDIT),
                    "purpose": "family_access",
                }
            )
            for owner, category in held
        ]
        decisions = await decide_many(self.policy, queries, at)
        return [one for one, decision in zip(held, decisions, strict=True) if decision.permitted]


_Asked = tuple[Mapping[str, Any], AgencyId, str, str]


def _purposes(directives: Sequence[Directive], at: Instant) -> list[str]:
    """List what is always asked, and what a permit that is not over speaks of."""
    live = [one for one in directives if one.decision == "permit" and not one.is_over(at)]
    spoken = {purpose for one in live if one.purposes != "any" for purpose in one.purposes}
    return sorted(spoken.union(ALWAYS_ASKED))


def _query(stand: Stand, told: Sequence[Mapping[str, Any]], asked: _Asked, at: Instant) -> Query:
    reader, owner, category, purpose = asked
    actor = {key: value for key, value in reader.items() if key != "protected"}
    document = _document(stand, told, owner, category, at)
    return Query.of({**document, "actor": actor, "action": str(Action.READ), "purpose": purpose})


def _document(
    stand: Stand, told: Sequence[Mapping[str, Any]], owner: AgencyId, category: str, at: Instant
) -> dict[str, Any]:
    rules = stand.owners[owner]
    fragment: dict[str, Any] = {
        "id": f"what:{owner}",
        "owner_agency": owner,
        "category": category,
        "sensitivity": "N",
        "status": "active",
    }
    if rules.get("sector") is not None:
        fragment["owner_sector"] = rules["sector"]
    fragment |= harmful(stand.findings, at, fragment)
    return {
        "profile": rules["profile"],
        "subject": dict(stand.subject_of(owner)),
        "consents": list(told),
        "fragment": fragment,
        "context": {"consent_model": rules["consent_model"]},
    }


def _to_line(asked: _Asked, decision: Decision) -> Continues:
    reader, owner, category, purpose = asked
    reason = decision.reasons[0] if decision.reasons else ""
    return Continues(str(reader["agency"]), owner, category, purpose, decision.basis, reason)
