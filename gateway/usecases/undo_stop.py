"""Lift the refusal that a stop recorded; what the stop withdrew is offered again, never revived."""

from dataclasses import dataclass, replace

from gateway.asking import MAX_RELOADS, Ask, Named, Refuse, Tried, Verdict, denied, hidden, own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once, Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.errors import ContendedError
from gateway.domain.ids import ConsentId, DecisionId, StopId
from gateway.domain.ledger import EntryKind
from gateway.domain.stopping import may_lift
from gateway.domain.vocabulary import Action, EnforcementReason
from gateway.ports import ActStore, Clock, Ids, Policy, RegistryStore


@dataclass(frozen=True, slots=True)
class Undo:
    caller: Caller
    stop: StopId
    purpose: str = "family_access"
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class Lifted:
    """The refusal is over; `offers` are the permits it withdrew, to be signed anew if she wishes."""

    done: Done
    offers: tuple[Directive, ...]


@dataclass(frozen=True, slots=True)
class UndoStop:
    """Opens a door, so it needs the policy's word, and the giver's own hand or the youth's."""

    registry: RegistryStore
    acts: ActStore
    ask: Ask
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, undo: Undo) -> Lifted | Refused:
        """Lift the refusal and offer what was withdrawn with it."""
        tried = Tried("undo_stop", undo.caller, {"stop": undo.stop}, undo.purpose)
        if undo.caller.is_stale:
            return await self.refuse(tried, denied(self.policy.digest, EnforcementReason.STEP_UP_REQUIRED))
        for _ in range(MAX_RELOADS):
            # 1. The stop, its refusal, and the person as she stands now.
            stop = await self.registry.stop(undo.stop)
            refusal = await self.registry.directive(ConsentId(stop["consent"])) if stop is not None else None
            stand = refusal and await self.registry.stand(undo.caller, refusal.subject, self.clock.now())
            if stop is None or not refusal or not stand:
                return await self.refuse(tried, hidden(self.policy.digest))
            tried = replace(tried, person=refusal.subject)
            # 2. The policy says whether she decides at all, the domain whether this refusal is hers to lift.
            verdict = await self._ask(undo, stand, refusal)
            if not verdict.decision.permitted:
                tried = replace(tried, detail={**tried.detail, **verdict.to_detail()})
                return await self.refuse(tried, verdict.decision, unavailable=verdict.down)
            # Lifting opens doors at every owner: one where she does not decide keeps the refusal of who does.
            partly = undo.caller.person != refusal.giver and verdict.without_effect
            if partly or not may_lift(undo.caller, refusal):
                return await self.refuse(tried, denied(self.policy.digest, "GRANTOR_WITHOUT_AUTHORITY"))
            # 3. Lift it; the withdrawn permits stay withdrawn.
            try:
                done = await self.acts.undo_stop(self._note(undo, stand, refusal, verdict), undo.stop)
            except ContendedError:
                continue
            # 4. Offer them as new consents.
            gone = {(one["id"], one["version"]) for one in stop["withdrawn"]}
            known = await self.registry.directives(refusal.subject)
            offers = tuple(one for one in known if (one.id, one.version) in gone)
            return Lifted(done, offers if undo.caller.person == refusal.giver else ())
        contended = denied(self.policy.digest, EnforcementReason.CONTENDED)
        return await self.refuse(tried, contended, unavailable=True)

    async def _ask(self, undo: Undo, stand: Stand, refusal: Directive) -> Verdict:
        named = Named(refusal.id, "any", refusal.categories)
        return await self.ask(stand, Action.WITHDRAW_CONSENT, undo.purpose, named)

    def _note(self, undo: Undo, stand: Stand, refusal: Directive, verdict: Verdict) -> Note:
        return Note(
            kind=EntryKind.STOP_LIFTED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=undo.caller,
            detail={**verdict.to_detail(), "stop": undo.stop, "giver": refusal.giver},
            reason=verdict.decision.reasons[0],
            purpose=undo.purpose,
            person=stand.person,
            consent=refusal.id,
            decision=verdict.decision,
            views=own_view(undo.caller.person) | own_view(refusal.giver),
            once=undo.once,
            epochs=stand.epochs,
        )
