"""Refuse a recommendation: the act of whoever decides for the person, told to who made it."""

from dataclasses import dataclass, replace

from gateway.asking import MAX_RELOADS, Refuse, Tried, decide_many, denied, own_view
from gateway.domain.access import Decision, Query, Refused, Stated
from gateway.domain.acting import Done, Note, Once
from gateway.domain.caller import Caller
from gateway.domain.errors import (
    ConflictError,
    ContendedError,
    PolicyContractError,
    PolicyUnavailableError,
)
from gateway.domain.facts import Facts
from gateway.domain.ids import DecisionId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Action, EnforcementReason
from gateway.judging import enforceable
from gateway.knowing import READING_FOR
from gateway.ports import ActStore, Clock, Ids, LedgerStore, Policy, ReleaseStore

CATEGORY = "recommendation"
_STATED = Stated(Action.REFUSE_RECOMMENDATION)


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
        """Record it, if she may know of the document and the policy lets her decide.

        One that is hidden from her is answered as one that does not exist, whatever she decides (P9).

        Raises:
            ConflictError: It is no recommendation.
        """
        tried = Tried("refuse_recommendation", caller, {"asked": fragment}, purpose)
        reason = EnforcementReason.CONTENDED
        for _ in range(MAX_RELOADS):
            # 1. Whether she may know of it and decides; an unknown document has a decoy's facts.
            try:
                facts, decision, person = await self._judged(caller, fragment, purpose)
            except (PolicyUnavailableError, PolicyContractError):
                reason = EnforcementReason.POLICY_UNAVAILABLE
                break
            if not decision.permitted:
                # It is sealed as hers whose document it is, a decoy's too; no row of a log tells which.
                return await self.refuse(replace(tried, person=person, views={}), decision)
            if facts.fragment.category != CATEGORY:
                raise ConflictError("only a recommendation is answered", field="fragment")
            # 2. Write it, if what it rests on still stands.
            note = await self._note(caller, facts, decision, once)
            try:
                return await self.acts.refuse_recommendation(note, facts.fragment)
            except ContendedError:
                continue
        return await self.refuse(tried, denied(self.policy.digest, reason), unavailable=True)

    async def _judged(
        self, caller: Caller, fragment: FragmentId, purpose: str
    ) -> tuple[Facts, Decision, PersonId]:
        """What is asked about, the answer, and whose document was named.

        What a reading would hide is asked about as an id that nobody has: of harm, of what the youth decides
        alone, of what an order seals. The same is done for an unknown id, so that neither takes longer.
        """
        facts, (decision, reading) = await self._ask(caller, fragment, purpose)
        person = facts.fragment.person
        if not reading.disclose_existence:
            facts, (decision, _) = await self._ask(caller, FragmentId(self.ids.new("frg")), purpose)
        return facts, enforceable(decision), person

    async def _ask(
        self, caller: Caller, fragment: FragmentId, purpose: str
    ) -> tuple[Facts, tuple[Decision, Decision]]:
        """Ask on one snapshot whether she decides, and what a reading would be answered."""
        now = self.clock.now()
        facts = await self.store.facts(caller, fragment, purpose, now, every_directive=False, stated=_STATED)
        if facts.policy_digest != self.policy.digest:
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")
        at = Instant(max(self.clock.now(), facts.floor))
        act, reading = await decide_many(self.policy, [facts.query, _reading(facts.query)], at)
        return facts, (act, reading)

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


def _reading(asked: Query) -> Query:
    return Query.of({**asked.document, "action": str(Action.READ), "purpose": READING_FOR})
