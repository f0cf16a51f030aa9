"""Read the receipt of an act about a consent, of a stop or of an answer: one's own, and nobody else's."""

from dataclasses import dataclass, replace

from gateway.asking import Ask, Named, Refuse, Tried, hidden, own_view
from gateway.domain.access import Decision, Recorded, Refused
from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.ids import ConsentId, DecisionId, ReceiptId, StopId
from gateway.domain.ledger import EntryKind
from gateway.domain.receipt import Receipt
from gateway.domain.vocabulary import Action
from gateway.ports import ActStore, Clock, Ids, Policy, RegistryStore
from gateway.reading import inactive, rests_on


@dataclass(frozen=True, slots=True)
class ReceiptAsked:
    """Of a consent, of the refusal that a stop recorded, or by its number: exactly one of them is named."""

    caller: Caller
    purpose: str
    consent: ConsentId | None = None
    stop: StopId | None = None
    receipt: ReceiptId | None = None

    @property
    def named(self) -> dict[str, str | None]:
        """What is asked for, as the entry of a refusal says it."""
        if self.receipt is not None:
            return {"receipt": self.receipt}
        return {"consent": self.consent} if self.stop is None else {"stop": self.stop}


@dataclass(frozen=True, slots=True)
class ReceiptRead:
    receipt: Receipt
    entry: Recorded | None


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """Gives the receipt that is the caller's own, of a consent or stop the newest (domain rule 3.10).

    The family: of her own acts and of what was recorded in her name (A1); another member of the family finds
    none (A2). A worker, or an officer who recorded a withdrawal: of what she recorded herself, as long as she
    may still record for that person, so that she can hand it over on paper (A11). Officers and auditors
    otherwise none: it is a letter to the family, and the entry that they may read names it by its digest, so
    that they can check one which a family shows them (A10).
    """

    registry: RegistryStore
    acts: ActStore
    ask: Ask
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, asked: ReceiptAsked) -> ReceiptRead | Refused:
        """Answer with the receipt, recorded before it is shown; hidden alike for unknown and not hers."""
        tried = Tried("read_receipt", asked.caller, asked.named, asked.purpose)
        if not asked.caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        # 1. The person it is about; the line, unless it is of an answer.
        kept = asked.receipt and await self.registry.receipt_by_id(asked.receipt, asked.caller)
        consent = ConsentId(kept.about) if kept else await self._consent(asked)
        last = consent and await self.registry.directive(consent)
        person = kept.person if kept else last and last.subject
        stand = person and await self.registry.stand(asked.caller, person, self.clock.now())
        if not stand:
            return await self.refuse(tried, hidden(self.policy.digest))
        words: tuple[Decision, ...] = ()
        # 2. Her own words are the family's whatever the policy says; a worker must still be at work with her.
        if not asked.caller.is_family:
            if not last:
                return await self.refuse(tried, hidden(self.policy.digest))
            line = Named(last.id, last.owners, last.categories)
            verdict = await self.ask(stand, Action.RECORD_WITHDRAWAL, asked.purpose, line)
            if not verdict.decision.permitted:
                tried = replace(tried, person=last.subject)
                return await self.refuse(tried, verdict.decision, unavailable=verdict.down)
            words = (verdict.decision,)
        receipt = kept or (last and await self.registry.receipt(last.id, asked.caller))
        if not receipt:
            return await self.refuse(tried, hidden(self.policy.digest))
        # 3. Record, then show.
        note = Note(
            kind=EntryKind.LISTED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail={"what": "receipt", "shown": [receipt.id]},
            purpose=asked.purpose,
            person=receipt.person,
            consent=last.id if last else None,
            views=own_view(asked.caller.person),
            epochs=rests_on(asked.caller, stand),
            words=words,
        )
        return ReceiptRead(receipt, (await self.acts.note_act(note)).entry)

    async def _consent(self, asked: ReceiptAsked) -> ConsentId | None:
        if asked.stop is None:
            return asked.consent
        stop = await self.registry.stop(asked.stop)
        return None if stop is None else ConsentId(stop["consent"])
