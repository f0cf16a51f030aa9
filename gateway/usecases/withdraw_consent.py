"""Withdraw a consent: by its giver at once, by others on the policy's word, or recorded by a worker."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.asking import MAX_RELOADS, Ask, Named, Refuse, Tried, Verdict, consent_views, denied, hidden
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once, Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.errors import ContendedError
from gateway.domain.ids import ConsentId, DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.stopping import may_lift
from gateway.domain.vocabulary import Action, EnforcementReason
from gateway.ports import ActStore, Clock, Ids, LedgerStore, Policy, RegistryStore
from gateway.registering import proven

OWN_PERMIT = "own_permit"
"""What the entry says of an act that rests on a check in code instead of the policy."""


@dataclass(frozen=True, slots=True)
class Withdrawal:
    caller: Caller
    consent: ConsentId
    purpose: str
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class WithdrawConsent:
    """Ends one consent for good; what has ended already is answered alike."""

    registry: RegistryStore
    acts: ActStore
    ledger: LedgerStore
    ask: Ask
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, asked: Withdrawal) -> Done | Refused:
        """Withdraw, so that nothing which depends on this consent is recorded afterwards.

        A giver's own permit waits for neither the policy engine nor the key provider.
        """
        tried = Tried("withdraw_consent", asked.caller, {"consent": asked.consent}, asked.purpose)
        for _ in range(MAX_RELOADS):
            # 1. What is to end.
            directive = await self.registry.directive(asked.consent)
            if directive is None:
                return await self.refuse(tried, hidden(self.policy.digest))
            try:
                # 2. Her own permit: a check in code, which the entry names as such.
                if _is_own_permit(asked.caller, directive):
                    note = self._note(asked, directive, {"check": OWN_PERMIT}, reason="DECIDER_MAY_WITHDRAW")
                    return await self._end(note, directive)
                # 3. Somebody else's, a refusal, or recorded for the family: the policy says who may.
                return await self._as_decided(asked, tried, directive)
            except ContendedError:
                continue
        contended = denied(self.policy.digest, EnforcementReason.CONTENDED)
        return await self.refuse(tried, contended, unavailable=True)

    async def _as_decided(self, asked: Withdrawal, tried: Tried, directive: Directive) -> Done | Refused:
        stand = await self.registry.stand(asked.caller, directive.subject, self.clock.now())
        if stand is None:
            return await self.refuse(tried, hidden(self.policy.digest))
        tried = replace(tried, person=stand.person)
        verdict = await self._ask(asked, stand, directive)
        if not verdict.decision.permitted:
            tried = replace(tried, detail={**tried.detail, **verdict.to_detail()})
            return await self.refuse(tried, verdict.decision, unavailable=verdict.down)
        if directive.decision == "deny" and asked.caller.is_stale:
            return await self.refuse(tried, denied(self.policy.digest, EnforcementReason.STEP_UP_REQUIRED))
        # Lifting a refusal opens doors: only its giver does it, or the youth with standing at every owner.
        partly = asked.caller.person != directive.giver and verdict.without_effect
        if directive.decision == "deny" and (partly or not may_lift(asked.caller, directive)):
            return await self.refuse(tried, denied(self.policy.digest, "GRANTOR_WITHOUT_AUTHORITY"))
        note = self._note(asked, directive, verdict.to_detail(), reason=verdict.decision.reasons[0])
        note = replace(note, decision=verdict.decision, epochs=stand.epochs)
        return await self._end(note, directive)

    async def _ask(self, asked: Withdrawal, stand: Stand, directive: Directive) -> Verdict:
        named = Named(directive.id, directive.owners, directive.categories, directive.max_sensitivity)
        action = Action.WITHDRAW_CONSENT if asked.caller.is_family else Action.RECORD_WITHDRAWAL
        return await self.ask(stand, action, asked.purpose, named)

    async def _end(self, note: Note, directive: Directive) -> Done:
        return await proven(await self.acts.withdraw(note, directive), self.ledger)

    def _note(
        self, asked: Withdrawal, directive: Directive, detail: Mapping[str, Any], *, reason: str
    ) -> Note:
        family = asked.caller.is_family
        return Note(
            kind=EntryKind.CONSENT_WITHDRAWN if family else EntryKind.WITHDRAWAL_RECORDED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail={**detail, "giver": directive.giver, "decision": directive.decision},
            reason=reason,
            purpose=asked.purpose,
            person=directive.subject,
            consent=directive.id,
            views=consent_views(asked.caller, directive.giver),
            once=asked.once,
        )


def _is_own_permit(caller: Caller, directive: Directive) -> bool:
    return caller.active and directive.decision == "permit" and caller.person == directive.giver
