"""Give a consent or a refusal, oneself, or recorded by a worker with its evidence."""

from dataclasses import dataclass, replace
from typing import Any

from gateway.asking import (
    MAX_RELOADS,
    Ask,
    Named,
    Pair,
    Refuse,
    Tried,
    Verdict,
    consent_views,
    denied,
    hidden,
)
from gateway.domain.access import Decision, Refused
from gateway.domain.acting import Done, Note, Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import FROM_THE_ACT, Directive, check_capture
from gateway.domain.errors import (
    ContendedError,
    CorruptionError,
    MalformedError,
    PolicyContractError,
    PolicyUnavailableError,
    UnavailableError,
)
from gateway.domain.giving import Given, line_of
from gateway.domain.ids import AgencyId, ConsentId, DecisionId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Action, EnforcementReason, Role
from gateway.domain.widening import is_doubtful
from gateway.knowing import Knowing
from gateway.naming import Naming
from gateway.ports import ActStore, Clock, Ids, Policy, RegistryStore

OF_FAMILY = "family_access"
"""The purpose for which a family member decides."""


@dataclass(frozen=True, slots=True)
class NoEffect:
    """Where a giver's word does not count, and why; `owner` None where it counts at no owner at all."""

    owner: AgencyId | None
    category: str
    reason: str

    def to_detail(self) -> dict[str, Any]:
        return {"owner": self.owner, "category": self.category, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Agreed:
    """It is recorded; `without_effect` names where the giver's word does not count."""

    done: Done
    without_effect: tuple[NoEffect, ...]


@dataclass(frozen=True, slots=True)
class GiveConsent:
    """Asks whether the giver may decide, then writes one immutable version with its entry."""

    registry: RegistryStore
    acts: ActStore
    ask: Ask
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids
    naming: Naming
    knowing: Knowing

    async def __call__(self, given: Given) -> Agreed | Refused:
        """Accept the line if the giver may decide on one owner and category of it.

        Raises:
            MalformedError: A line that nobody may sign.
            ConflictError: It replaces what is not hers, not the last version, or a stop.
        """
        tried = Tried("give_consent", given.caller, {"person": given.person}, given.purpose)
        # 1. Whether anybody may sign it; whoever it is about, the answer is the same.
        consent = ConsentId(self.ids.new("cns")) if given.replaces is None else given.replaces[0]
        await self._check(given, consent)
        why = denied(self.policy.digest, EnforcementReason.CONTENDED)
        for _ in range(MAX_RELOADS):
            # 2. Who it is about. Whoever may not speak in this way is told so, whomever she names.
            person = await self.registry.person_of_handle(given.caller.agency, given.person)
            tried = replace(tried, person=person)
            if (objection := _objection(given)) is not None:
                return await self.refuse(tried, denied(self.policy.digest, objection))
            stand = person and await self.registry.stand(given.caller, person, self.clock.now())
            if not person or not stand:
                return await self.refuse(tried, hidden(self.policy.digest))
            # 3. Ask, once per owner and category.
            verdict = await self._ask(given, stand, consent)
            if not verdict.decision.permitted:
                tried = replace(tried, detail={**tried.detail, **verdict.to_detail()})
                return await self.refuse(tried, verdict.decision, unavailable=verdict.down)
            # 4. A refusal is lifted by her who gave it, never through somebody else's pen (domain rule C15).
            if no := await self._lifting(given):
                return await self.refuse(tried, denied(self.policy.digest, no))
            # 5. Put what was said in the form that is kept and evaluated, and ask where her word counts.
            put = await self._put(given, stand, consent, verdict)
            if isinstance(put, Decision):
                why = put
                break
            directive, hers = put
            # 6. Write it, if what the decision rests on still stands.
            told = await self._told(given, hers, stand)
            note = self._note(given, stand, directive, verdict)
            try:
                done = await self.acts.give(_with(note, hers, told), directive, given.replaces)
            except ContendedError:
                continue
            return Agreed(done, told)
        return await self.refuse(tried, why, unavailable=True)

    async def _put(
        self, given: Given, stand: Stand, consent: ConsentId, verdict: Verdict
    ) -> tuple[Directive, Verdict] | Decision:
        """The line, and where its giver's word counts; why not, where that cannot be told now."""
        try:
            line = await self._directive(given, stand, consent)
        except (PolicyUnavailableError, PolicyContractError):
            return denied(self.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
        hers = verdict if given.spoken is None else await self._of_giver(given, stand, line)
        return hers.decision if hers.down else (line, hers)

    async def _check(self, given: Given, consent: ConsentId) -> None:
        """Refuse what nobody may sign, before it is known whether there is such a person.

        Raises:
            MalformedError: A line of another shape, or one that names what does not exist.
        """
        nobody = PersonId("")
        line = line_of(given, nobody, nobody, consent)
        check_capture(replace(line, from_at=self.clock.now()) if line.from_at == FROM_THE_ACT else line)
        self.ask.check_size(Named(line.id, line.owners, line.categories))
        await self.naming.require_known(line)

    async def _directive(self, given: Given, stand: Stand, consent: ConsentId) -> Directive:
        line = line_of(given, await self._giver(given), stand.person, consent)
        await self.naming.require_known_here(line, stand, given.caller, given.purpose)
        return line

    async def _lifting(self, given: Given) -> str:
        """Why she may not put this in a refusal's place; empty where she may, or there is none.

        What waits leaves its place empty until it starts: by a code, a refusal is lifted first, and waits so.
        """
        doubtful = is_doubtful(given.caller, self.clock.now())
        if given.replaces is None or (given.spoken is None and not doubtful):
            return ""
        before = await self.registry.directive(given.replaces[0])
        if before is None or before.decision != "deny":
            return ""
        return "GRANTOR_WITHOUT_AUTHORITY" if given.spoken is not None else "STRONG_AUTH_REQUIRED"

    async def _giver(self, given: Given) -> PersonId:
        giver = given.caller.person
        if given.spoken is not None:
            giver = await self.registry.person_of_handle(given.caller.agency, given.spoken.giver)
        if giver is None:
            raise MalformedError("nobody is known by the handle of who spoke", field="giver")
        return giver

    async def _ask(self, given: Given, stand: Stand, consent: ConsentId) -> Verdict:
        terms, spoken = given.terms, given.spoken
        named = Named(consent, terms.owners, terms.categories, terms.max_sensitivity)
        action = Action.GIVE_CONSENT if spoken is None else Action.RECORD_CONSENT
        evidence = None if spoken is None else spoken.evidence
        return await self.ask(stand, action, given.purpose, named, evidence=evidence)

    async def _told(self, given: Given, verdict: Verdict, stand: Stand) -> tuple[NoEffect, ...]:
        """Where the giver's word does not count.

        Of an agency that she did not name only where the family may know that it holds something (rule 3.10).
        A worker is told of the owners that the line names. A line for every owner names none: who holds
        something of the person may be hidden from her. She is told of the categories where it counts nowhere.
        """
        named = set() if given.terms.owners == "any" else set(given.terms.owners)
        lacking = verdict.without_effect
        if given.spoken is not None and given.terms.owners == "any":
            counts = {pair.category for pair in verdict.pairs if pair.permitted}
            nowhere = {pair.category: _why(pair) for pair in lacking if pair.category not in counts}
            return tuple(NoEffect(None, category, reason) for category, reason in nowhere.items())
        told = {one for one, rules in stand.owners.items() if not rules.get("protected")}
        if given.caller.is_family and any(pair.owner in told - named for pair in lacking):
            told &= await self._known_owners(given.caller, stand)
        shown = (pair for pair in lacking if pair.owner in named | told)
        return tuple(NoEffect(pair.owner, pair.category, _why(pair)) for pair in shown)

    async def _known_owners(self, caller: Caller, stand: Stand) -> set[AgencyId]:
        """Owners of documents that are not hidden from her; of none where that cannot be asked now."""
        try:
            known = await self.knowing.documents(caller, stand.person)
        except (UnavailableError, CorruptionError):
            known = None
        return {one.facts.fragment.owner for one in known or ()}

    async def _of_giver(self, given: Given, stand: Stand, line: Directive) -> Verdict:
        """Ask about who spoke as if she gave it herself: a worker may record what nobody is bound by.

        What a court forbids her to read does not take her word from her, and is no worker's to learn here.
        """
        role = Role.YOUTH if line.given_as == "self" else Role.GUARDIAN
        actor = {"id": line.giver, "role": str(role), "active": True, "strong_auth": True}
        herself = replace(stand, actor=actor, subject={**stand.subject, "orders": []})
        terms = given.terms
        named = Named(line.id, terms.owners, terms.categories, terms.max_sensitivity)
        return await self.ask(herself, Action.GIVE_CONSENT, OF_FAMILY, named)

    def _note(self, given: Given, stand: Stand, directive: Directive, verdict: Verdict) -> Note:
        return Note(
            kind=EntryKind.CONSENT_GIVEN if given.spoken is None else EntryKind.CONSENT_RECORDED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=given.caller,
            detail={**verdict.to_detail(), "giver": directive.giver, "decision": directive.decision},
            reason=verdict.decision.reasons[0],
            purpose=given.purpose,
            person=stand.person,
            consent=directive.id,
            decision=verdict.decision,
            views=consent_views(given.caller, directive.giver),
            once=given.once,
            epochs=stand.epochs,
        )


def _with(note: Note, hers: Verdict, told: tuple[NoEffect, ...]) -> Note:
    """Keep with the entry where the giver's word does not count, and how that was found."""
    detail = {
        **note.detail,
        "of_giver": hers.to_detail(),
        "without_effect": [one.to_detail() for one in told],
    }
    return replace(note, detail=detail)


def _objection(given: Given) -> str | None:
    """Why nobody like her may say this in this way; saying no never needs a recent sign-in."""
    if given.caller.is_family != (given.spoken is None):
        return "ROLE_NOT_ALLOWED"
    stale = given.caller.is_stale and given.terms.decision == "permit"
    return EnforcementReason.STEP_UP_REQUIRED if stale else None


def _why(pair: Pair) -> str:
    """The reason that a reading would give: who decides nothing is refused there, and hidden from here."""
    return "GRANTOR_WITHOUT_AUTHORITY" if pair.reason == "NO_AUTHORITY" else pair.reason
