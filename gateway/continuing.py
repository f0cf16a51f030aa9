"""What sharing goes on after a stop, and why, from the production policy itself.

Whoever may have a ground to read is asked about: may she read today what each owner holds, as it is labelled?
Those are the workers assigned to the person, whom an order names, who declared an emergency, who sit in an
open session, and to whom an accepted transfer goes. What the caller may not know of is left out (domain rule
3.10): documents whose log she may not read, agencies that are masked from her, what an order sealed from the
family requires, and what she is told of later.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from gateway.asking import decide_many
from gateway.domain.access import Decision, Query
from gateway.domain.acting import Stand
from gateway.domain.alike import Alike, Crowd, alike_of, crowds_of, is_secret
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.emergency import PURPOSE, declaration_of, ends_at
from gateway.domain.errors import CorruptionError, UnavailableError
from gateway.domain.findings import FindingKind
from gateway.domain.found import with_findings
from gateway.domain.grounds import Asked, Grounds, Unasked, by_package, by_standing, packages_of, required_by
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.stopping import Beside, Continues
from gateway.domain.vocabulary import Action
from gateway.judging import enforceable
from gateway.knowing import Known
from gateway.masking import Mask
from gateway.ports import Clock, Policy, RegistryStore

_STATED = {"necessity": "to protect the child", "family_informed": True}
"""What whoever reads under the shared secret says; without it the policy would refuse them all."""

_DELAYED = "delay_family_notice"

MAX_ASKED = 2500
"""Questions for one list: about three seconds of one core, more where many lines stand."""

STEP = 50
"""So many questions are made ready at once; the policy is asked them in smaller pieces."""


@dataclass(frozen=True, slots=True)
class Continuing:
    """Answers None when it cannot be told now; a partial list would reassure wrongly.

    `hours` is how long an emergency runs; a purpose that `unasked` lacks is asked about where permits or
    orders name it.
    """

    registry: RegistryStore
    policy: Policy
    clock: Clock
    mask: Mask
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
        found = await self.registry.readers(person, now, self._beside(stand, at))
        if found is None:
            return None
        open_ones = [one for one in known if one.open_log and one.facts.fragment.owner in stand.owners]
        agencies = {one.facts.fragment.owner for one in open_ones} | {
            AgencyId(one["agency"]) for one in found
        }
        kinds = tuple(sorted({one.facts.fragment.category for one in open_ones}))
        masked = await self.mask(caller, person, agencies, kinds)
        told = [one for one in open_ones if one.facts.fragment.owner not in masked]
        if not told:
            return None
        readers = [one for one in found if one["agency"] not in masked]
        directives = await self.registry.directives(person)
        return await self._told(stand, directives, readers, told, at)

    async def _told(
        self,
        stand: Stand,
        directives: Sequence[Directive],
        readers: Sequence[Mapping[str, Any]],
        known: Sequence[Known],
        at: Instant,
    ) -> tuple[Continues, ...] | None:
        told = [one.to_policy(stand.owners) for one in directives]
        asked = self._asked(stand, directives, readers, known, at)
        if len(asked) > MAX_ASKED:
            return None
        lines: set[Continues] = set()
        for start in range(0, len(asked), STEP):
            some = asked[start : start + STEP]
            queries = [_query(stand, told, one, at) for one in some]
            decisions = map(enforceable, await decide_many(self.policy, queries, at))
            for one, decision in zip(some, decisions, strict=True):
                if decision.permitted and _DELAYED not in decision.obligations:
                    lines.update(_to_lines(one, decision))
        return tuple(sorted(lines))

    def _asked(
        self,
        stand: Stand,
        directives: Sequence[Directive],
        readers: Sequence[Mapping[str, Any]],
        known: Sequence[Known],
        at: Instant,
    ) -> list[Asked]:
        """Make the questions, one more than may be asked at most."""
        packages = packages_of(stand, at, self.unasked)
        named = {name for one in packages for name in one.fragments}
        told = [one.to_policy(stand.owners) for one in directives]
        held = alike_of([one.facts for one in known], named, told)
        crowds = crowds_of(readers, stand, directives, at)
        grounds = Grounds.of(stand, directives, at, self.unasked)
        asked = chain(
            by_standing(crowds, held, stand, grounds),
            by_package(crowds, held, packages),
            self._by_emergency(crowds, held, stand, at),
        )
        return list(islice(asked, MAX_ASKED + 1))

    def _beside(self, stand: Stand, at: Instant) -> Beside:
        """Name who may read without being assigned."""
        required = [to for order in required_by(stand) for to in order["recipients"]]
        agencies = frozenset(to["agency"] for to in required if to.get("agency"))
        units = frozenset(to["agency"] for to in required if to.get("agency") and to.get("include_units"))
        people = {to["person"] for to in required if to.get("person")}
        people |= {one["worker"] for one in self._emergencies(stand, at)}
        people |= {name for one in packages_of(stand, at, self.unasked) for name in one.readers}
        return Beside(frozenset(people), agencies, units)

    def _emergencies(self, stand: Stand, at: Instant) -> list[Mapping[str, Any]]:
        """List the declarations that still run, each with its worker."""
        return [
            {"worker": one.document["worker"], "declared": declaration_of(one)}
            for one in stand.findings
            if one.kind is FindingKind.EMERGENCY and at < ends_at(one.recorded_at, self.hours)
        ]

    def _by_emergency(
        self, crowds: Sequence[Crowd], known: Sequence[Alike], stand: Stand, at: Instant
    ) -> Iterator[Asked]:
        for emergency in self._emergencies(stand, at):
            hers = (one for crowd in crowds for one in crowd.each if one["id"] == emergency["worker"])
            for reader in hers:
                for held in known:
                    if held.document is None and held.category in emergency["declared"]["categories"]:
                        yield Asked(reader, (reader["agency"],), held, PURPOSE, emergency["declared"])


def _query(stand: Stand, told: Sequence[Mapping[str, Any]], asked: Asked, at: Instant) -> Query:
    document = _document(stand, told, asked.held)
    document["context"] |= {**_STATED, "break_glass": asked.declared}
    whole = {**document, "actor": dict(asked.reader), "action": str(Action.READ), "purpose": asked.purpose}
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


def _to_lines(asked: Asked, decision: Decision) -> Iterator[Continues]:
    held = asked.held
    reason = decision.reasons[0] if decision.reasons else ""
    for agency in asked.agencies:
        yield Continues(agency, held.owner, held.category, asked.purpose, decision.basis, reason)
