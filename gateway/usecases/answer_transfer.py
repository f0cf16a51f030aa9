"""Answer an offered transfer for the family: agree to it, or refuse it."""

from dataclasses import dataclass, replace

from gateway.asking import Ask, Named, Refuse, Tried, Verdict, denied, hidden, own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once, Stand
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.grounds import Held
from gateway.domain.ids import DecisionId, FindingId, FragmentId
from gateway.domain.ledger import EntryKind
from gateway.domain.meetings import TransferState, moved
from gateway.domain.vocabulary import Action, EnforcementReason
from gateway.ports import ActStore, Clock, Ids, LedgerStore, ListStore, Policy, RegistryStore
from gateway.reading import inactive, rests_on
from gateway.registering import acknowledged

_ACTIONS = {
    TransferState.AGREED: Action.GIVE_CONSENT,
    TransferState.REFUSED_BY_FAMILY: Action.REFUSE_RECOMMENDATION,
}


@dataclass(frozen=True, slots=True)
class FamilyAnswer:
    """`state` is agreed or refused by the family."""

    caller: Caller
    transfer: FindingId
    state: TransferState
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class AnswerTransfer:
    """Any current decider about a document in the package may; a refusal closes the receiving side for good.

    What is in it that is no document, or not the person's, gives nobody a say. To agree is no consent to a
    sharing: what the receiver reads needs one beside it.
    """

    registry: RegistryStore
    lists: ListStore
    acts: ActStore
    ledger: LedgerStore
    ask: Ask
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, asked: FamilyAnswer) -> Done | Refused:
        """Record the answer; she alone sees the entry, everybody concerned the state.

        Raises:
            ConflictError: The transfer has gone on, or is over.
            ContendedError: What the decision rests on changed meanwhile; it may be sent again.
        """
        caller = asked.caller
        tried = Tried("answer_transfer", caller, {"asked": asked.transfer}, "family_access")
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        if (objection := _objection(asked)) is not None:
            return await self.refuse(tried, denied(self.policy.digest, objection))
        # 1. What is offered, and about whom.
        found = await self.registry.finding(asked.transfer)
        if found is None or found.kind is not FindingKind.TRANSFER:
            return await self.refuse(tried, hidden(self.policy.digest))
        stand = await self.registry.stand(caller, found.person, self.clock.now())
        if stand is None:
            return await self.refuse(tried, hidden(self.policy.digest))
        # 2. Whether she decides about any of it.
        verdict = await self._ask(asked, stand, found)
        if not verdict.decision.permitted:
            tried = replace(tried, person=found.person, detail={**tried.detail, **verdict.to_detail()})
            return await self.refuse(tried, verdict.decision, unavailable=verdict.down)
        # 3. Write it, if what the decision rests on still stands.
        return await self._write(self._note(asked, stand, verdict, found), found, asked.state)

    async def _write(self, note: Note, found: Finding, state: TransferState) -> Done | Refused:
        try:
            answer = moved(found, state)
        except ConflictError as error:
            # Answered by this very request, maybe: its idempotency key brings that back.
            return await self.acts.object_to(note, error)
        narrows = state is TransferState.REFUSED_BY_FAMILY
        done = await self.acts.answer_transfer(note, answer, narrows=narrows)
        return await acknowledged(done, self.ledger) if narrows else done

    async def _ask(self, asked: FamilyAnswer, stand: Stand, found: Finding) -> Verdict:
        # An erased document still counts: a refusal must stay possible, whatever became of the package.
        rows = [await self.lists.fragment(FragmentId(one)) for one in found.document["package"]]
        documents = tuple(
            Held.of_row(row) for row in rows if row is not None and row["person"] == stand.person
        )
        named = Named(found.id, documents=documents)
        return await self.ask(stand, _ACTIONS[asked.state], "family_access", named)

    def _note(self, asked: FamilyAnswer, stand: Stand, verdict: Verdict, found: Finding) -> Note:
        return Note(
            kind=EntryKind.TRANSFER_ANSWERED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail={
                **verdict.to_detail(),
                "transfer": asked.transfer,
                # Whoever offered it learns of a refusal (obligation notify_referrer).
                "referrer": found.document["from_worker"],
                "state": str(asked.state),
            },
            reason=verdict.decision.reasons[0],
            purpose="family_access",
            person=stand.person,
            decision=verdict.decision,
            views=own_view(asked.caller.person),
            once=asked.once,
            epochs=rests_on(asked.caller, stand),
        )


def _objection(asked: FamilyAnswer) -> str | None:
    """Why nobody like her may answer this; saying no never needs a recent sign-in."""
    if not asked.caller.is_family:
        return "ROLE_NOT_ALLOWED"
    stale = asked.caller.is_stale and asked.state is TransferState.AGREED
    return EnforcementReason.STEP_UP_REQUIRED if stale else None
