"""Refuse a recommendation: the act of whoever decides for the person, told to who made it."""

from dataclasses import dataclass, replace

from gateway.asking import MAX_RELOADS, Refuse, Tried, denied, own_view
from gateway.domain.access import Decision, Refused, Stated
from gateway.domain.acting import Done, Note, Once
from gateway.domain.caller import Caller
from gateway.domain.errors import (
    ConflictError,
    ContendedError,
    PolicyContractError,
    PolicyUnavailableError,
)
from gateway.domain.facts import Facts
from gateway.domain.ids import DecisionId, FragmentId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Action, EnforcementReason
from gateway.judging import enforceable
from gateway.ports import ActStore, Clock, Ids, LedgerStore, Policy, ReleaseStore

CATEGORY = "recommendation"


@dataclass(frozen=True, slots=True)
class RefuseRecommendation:
    """Changes nothing that may be read: who made it is told, she has a receipt, the entry stands."""

    store: ReleaseStore
    ledger: LedgerStore
    acts: ActStore
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(
        self, caller: Caller, fragment: FragmentId, purpose: str, *, once: Once | None = None
    ) -> Done | Refused:
        """Record it, if the policy lets her decide.

        Raises:
            ConflictError: It is no recommendation.
        """
        tried = Tried("refuse_recommendation", caller, {"asked": fragment}, purpose)
        stated = Stated(Action.REFUSE_RECOMMENDATION)
        reason = EnforcementReason.CONTENDED
        for _ in range(MAX_RELOADS):
            # 1. Whether she decides; an unknown document has a decoy's facts.
            try:
                facts = await self.store.facts(
                    caller, fragment, purpose, self.clock.now(), every_directive=False, stated=stated
                )
                decision = await self._decide(facts)
            except (PolicyUnavailableError, PolicyContractError):
                reason = EnforcementReason.POLICY_UNAVAILABLE
                break
            if not decision.permitted:
                # Its facts are sealed as hers whose they are, a decoy's too; no row of a log tells which.
                return await self.refuse(replace(tried, person=facts.fragment.person, views={}), decision)
            if facts.fragment.category != CATEGORY:
                raise ConflictError("only a recommendation is answered", field="fragment")
            # 2. Write it, if what it rests on still stands.
            note = await self._note(caller, facts, decision, once)
            try:
                return await self.acts.refuse_recommendation(note, facts.fragment)
            except ContendedError:
                continue
        return await self.refuse(tried, denied(self.policy.digest, reason), unavailable=True)

    async def _decide(self, facts: Facts) -> Decision:
        if facts.policy_digest != self.policy.digest:
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")
        at = Instant(max(self.clock.now(), facts.floor))
        return enforceable((await self.policy.decide(facts.query, at)).asked(facts.query, at))

    async def _note(self, caller: Caller, facts: Facts, decision: Decision, once: Once | None) -> Note:
        ref = facts.fragment
        return Note(
            kind=EntryKind.RECOMMENDATION_REFUSED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"act": "refuse_recommendation", "referrer": await self._depositor(facts)},
            reason=decision.reasons[0],
            purpose=facts.query.document["purpose"],
            person=ref.person,
            owner=ref.owner,
            fragment=ref.id,
            decision=decision,
            views=own_view(caller.person),
            once=once,
            epochs=facts.epochs,
        )

    async def _depositor(self, facts: Facts) -> str | None:
        """The worker who put it in last, as its entry names her; None where an operator did."""
        ref = facts.fragment
        where = {"kind": str(EntryKind.DEPOSITED), "person": ref.person, "fragment": ref.id}
        rows = await self.ledger.entries(where, None, 1)
        detail = await self.ledger.detail(rows[0]["ledger"], rows[0]["index"]) if rows else None
        return None if detail is None else detail.get("account")
