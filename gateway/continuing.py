"""What sharing goes on after a stop, and why, from the production policy itself.

Whoever may have a ground to read is asked about: may she read today what each owner holds, as it is labelled?
Those are the workers assigned to the person, whom an order names, who declared an emergency, who sit in an
open session, and to whom an accepted transfer goes. What the family may not know of is left out (domain rule
3.10): documents whose log she may not read, protected agencies, what an order sealed from the family
requires, and what she is told of later.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.asking import decide_many
from gateway.domain.access import Decision, Query
from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.emergency import PURPOSE, declaration_of, ends_at
from gateway.domain.errors import CorruptionError, UnavailableError
from gateway.domain.findings import FindingKind
from gateway.domain.found import with_findings
from gateway.domain.grounds import (
    Alike,
    Asked,
    Unasked,
    alike_of,
    by_package,
    by_standing,
    distinct,
    each_once,
    is_secret,
    packages_of,
    required_by,
)
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.stopping import Beside, Continues
from gateway.domain.vocabulary import Action
from gateway.judging import enforceable
from gateway.knowing import Known
from gateway.ports import Clock, Policy, RegistryStore

_STATED = {"necessity": "to protect the child", "family_informed": True}
"""What whoever reads under the shared secret says; without it the policy would refuse them all."""

_DELAYED = "delay_family_notice"

MAX_ASKED = 400


@dataclass(frozen=True, slots=True)
class Continuing:
    """Answers None when it cannot be told now; a partial list would reassure wrongly.

    `hours` is how long an emergency runs; a purpose that `unasked` lacks is asked about where permits or
    orders name it.
    """

    registry: RegistryStore
    policy: Policy
    clock: Clock
    hours: int
    unasked: Unasked

    async def __call__(
        self, caller: Caller, person: PersonId, known: Sequence[Known]
    ) -> tuple[Continues, ...] | None:
        """List what continues, in a stable order, of the documents that this caller may know of.

        Where she may know of no document nothing is told, whether there is any: an empty list would say that
        nothing goes on.
        """
        try:
            return await self._list(caller, person, known)
        except (UnavailableError, CorruptionError):
            return None

    async def _list(
        self, caller: Caller, person: PersonId, known: Sequence[Known]
    ) -> tuple[Continues, ...] | None:
        now = self.clock.now()
        stand = await self.registry.stand(caller, person, now)
        if stand is None or stand.policy_digest != self.policy.digest:
            return None
        at = Instant(max(now, stand.floor))
        directives = await self.registry.directives(person)
        told = [one.to_policy(stand.owners) for one in directives]
        packages = packages_of(stand, directives, at, self.unasked)
        open_ones = [one.facts for one in known if one.open_log and is_told(stand, one.facts.fragment.owner)]
        if not open_ones:
            return None
        held = alike_of(open_ones, packages, told)
        found = await self.registry.readers(person, now, self._beside(stand, at))
        if found is None:
            return None
        readers = distinct([one for one in found if not one.get("protected")], stand, told)
        asked = each_once(
            [
                *by_standing(readers, held, stand, directives, at, self.unasked),
                *by_package(readers, held, packages),
                *self._by_emergency(readers, held, stand, at),
            ]
        )
        if len(asked) > MAX_ASKED:
            return None
        queries = [_query(stand, told, one, at) for one in asked]
        decisions = map(enforceable, await decide_many(self.policy, queries, at))
        lines = {
            _to_line(one, decision)
            for one, decision in zip(asked, decisions, strict=True)
            if decision.permitted and _DELAYED not in decision.obligations
        }
        return tuple(sorted(lines))

    def _beside(self, stand: Stand, at: Instant) -> Beside:
        """Name who may read without being assigned."""
        required = [to for order in required_by(stand) for to in order["recipients"]]
        agencies = frozenset(to["agency"] for to in required if to.get("agency"))
        units = frozenset(to["agency"] for to in required if to.get("agency") and to.get("include_units"))
        people = {to["person"] for to in required if to.get("person")}
        people |= {one["worker"] for one in self._emergencies(stand, at)}
        people |= {name for one in packages_of(stand, (), at, self.unasked) for name in one.readers or ()}
        return Beside(frozenset(people), agencies, units)

    def _emergencies(self, stand: Stand, at: Instant) -> list[Mapping[str, Any]]:
        """List the declarations that still run, each with its worker."""
        return [
            {"worker": one.document["worker"], "declared": declaration_of(one)}
            for one in stand.findings
            if one.kind is FindingKind.EMERGENCY and at < ends_at(one.recorded_at, self.hours)
        ]

    def _by_emergency(
        self, readers: Sequence[Mapping[str, Any]], known: Sequence[Alike], stand: Stand, at: Instant
    ) -> Iterator[Asked]:
        for emergency in self._emergencies(stand, at):
            for reader in readers:
                for held in known:
                    hers = reader["id"] == emergency["worker"]
                    if (
                        hers
                        and held.document is None
                        and held.category in emergency["declared"]["categories"]
                    ):
                        yield Asked(reader, held, PURPOSE, emergency["declared"])


def is_told(stand: Stand, owner: AgencyId) -> bool:
    """Whether the family may be told that this agency holds something; never of a protected one."""
    return owner in stand.owners and not stand.owners[owner].get("protected")


def _query(stand: Stand, told: Sequence[Mapping[str, Any]], asked: Asked, at: Instant) -> Query:
    actor = {key: value for key, value in asked.reader.items() if key != "protected"}
    document = _document(stand, told, asked.held)
    document["context"] |= {**_STATED, "break_glass": asked.declared}
    whole = {**document, "actor": actor, "action": str(Action.READ), "purpose": asked.purpose}
    return Query.of(with_findings(whole, stand.findings, at))


def _document(stand: Stand, told: Sequence[Mapping[str, Any]], held: Alike) -> dict[str, Any]:
    """Make the policy's input, as if no order that is sealed from the family required anything."""
    rules, subject = stand.owners[held.owner], stand.subject_of(held.owner)
    orders = [one for one in subject.get("orders", ()) if not is_secret(one)]
    return {
        "profile": rules["profile"],
        "subject": {**subject, "orders": orders},
        "consents": list(told),
        "fragment": dict(held.fragment),
        "context": {"consent_model": rules["consent_model"]},
    }


def _to_line(asked: Asked, decision: Decision) -> Continues:
    held = asked.held
    reason = decision.reasons[0] if decision.reasons else ""
    agency = str(asked.reader["agency"])
    return Continues(agency, held.owner, held.category, asked.purpose, decision.basis, reason)
