"""Release one fragment to one caller for one purpose, now; or refuse, and say why."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.access import NOTHING_STATED, Recorded, Refused
from gateway.domain.acting import Once
from gateway.domain.contexts import SectionSlot
from gateway.domain.counts import Over
from gateway.domain.errors import (
    ConflictError,
    IdempotencyMismatchError,
    KeysUnavailableError,
    NotVisibleError,
    ProofRefusedError,
    RejectedError,
)
from gateway.domain.facts import Attempt, FragmentRef, IdempotencyClaim, Turned, person_scope
from gateway.domain.fragment import SealedContent, SealedSection
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.limits import count_of
from gateway.domain.memo import Judged
from gateway.domain.vocabulary import EnforcementReason
from gateway.judging import MAX_RELOADS, Judge, Judgement, Question, refusal
from gateway.ports import Content, DataKey, Ids, ReleaseStore, Seals
from gateway.releasing import Asked, Released


@dataclass(frozen=True, slots=True)
class ReleaseFragment:
    """The way of a release: facts, decide, unwrap, record, open; one attempt, one entry, one exit."""

    store: ReleaseStore
    judge: Judge
    seals: Seals
    content: Content
    ids: Ids

    async def __call__(self, asked: Asked) -> Released | Refused:
        """Answer one attempt, recorded before anything is opened.

        Raises:
            LedgerUnavailableError: Not recorded, so nothing is released.
            ProofRefusedError: The request's proof of possession was used before.
            ConflictError: The same idempotency key is being answered now.
            IdempotencyMismatchError: The key was used for another request.
        """
        question = Question(asked.caller, asked.fragment, asked.purpose, EntryKind.RELEASED, asked.stated)
        if asked.caller.is_stale:
            # What she may see is not looked at: the answer is the same for anything, known or not.
            found = _down(await self.judge(question), EnforcementReason.STEP_UP_REQUIRED)
            return Refused(found.judged.decision, await self._insist(asked, found))
        claim = await self._claim(asked)
        for _ in range(MAX_RELOADS):
            # 1, 2. Gather the facts with the epochs of every scope they belong to, and decide.
            found = await self.judge(question)
            key, content = None, None
            if found.judged.decision.permitted:
                # 3. Unwrap now: a key outage must not leave a recorded but undelivered release.
                try:
                    content = await self.store.sealed(found.facts.fragment)
                    key = await self._unwrap(found.facts.fragment)
                except KeysUnavailableError:
                    found = _down(found, EnforcementReason.KEYS_UNAVAILABLE)
            # 4. Record, whatever was decided, if the epochs still stand.
            entry = await self._record(asked, found, claim)
            if entry is None:
                continue
            if entry is Turned.CLOCK_UNSURE:
                found = _down(found, EnforcementReason.CLOCK_UNSURE)
                return Refused(found.judged.decision, await self._insist(asked, found), unavailable=True)
            if isinstance(entry, Over):
                found = _instead(found, EnforcementReason.RATE_LIMITED)
                refused = Refused(found.judged.decision, await self._insist(asked, found))
                return replace(refused, retry_after_s=entry.wait_s)
            if not isinstance(entry, Recorded):
                raise _turned(entry)
            # 5. Open, only now that the entry is durable, and only what was let out.
            decision = found.judged.decision
            if key is None or content is None:
                return Refused(decision, entry, unavailable=found.down)
            return self._open(found, entry, key, content)
        found = _down(found, EnforcementReason.CONTENDED)
        return Refused(found.judged.decision, await self._insist(asked, found), unavailable=True)

    async def _claim(self, asked: Asked) -> IdempotencyClaim | None:
        if asked.idempotency_key is None:
            return None
        once = Once(asked.idempotency_key, asked.request_digest)
        return await self.store.claim(asked.caller.client, once)

    async def _unwrap(self, ref: FragmentRef) -> DataKey:
        return await self.seals.unwrap(ref.path, ref.id, ref.version, ref.data_wrap)

    async def _record(
        self, asked: Asked, found: Judgement, claim: IdempotencyClaim | None
    ) -> Recorded | Turned | Over | None:
        """The entry, the fence's own outcome, or None where the facts must be gathered again."""
        answer = await self.store.record(self._attempt(asked, found, claim))
        return None if answer is Turned.MOVED or answer is Turned.OVERTAKEN else answer

    async def _insist(self, asked: Asked, found: Judgement) -> Recorded | None:
        """Record a refusal without the epoch condition; nothing depends on it any more."""
        answer = await self.store.record(self._attempt(asked, found, None, fenced=False))
        return answer if isinstance(answer, Recorded) else None

    def _attempt(
        self, asked: Asked, found: Judgement, claim: IdempotencyClaim | None, *, fenced: bool = True
    ) -> Attempt:
        permitted = found.judged.decision.permitted
        detail: dict[str, Any] = {
            "asked": asked.fragment,
            "justification": asked.justification,
            "memo": found.from_memo,
        }
        if asked.stated is not NOTHING_STATED:
            detail |= asked.stated.to_detail()
        return Attempt(
            kind=EntryKind.RELEASED if permitted else EntryKind.REFUSED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            purpose=asked.purpose,
            decided_at=found.at,
            facts=found.facts,
            decision=found.judged.decision,
            views=found.judged.views,
            detail=detail,
            idempotency=claim,
            fenced=fenced,
            proof=asked.proof,
            counts=count_of(asked.caller, asked.fragment, found.facts, found.judged.decision),
        )

    def _open(self, found: Judgement, entry: Recorded, key: DataKey, content: SealedContent) -> Released:
        decision = found.judged.decision
        small = [
            (section.id, key.unseal(slot_of(content, section), section.sealed))
            for section in content.sections
            if section.id not in decision.withheld and section.sealed is not None
        ]
        facts = found.facts
        epochs = facts.epochs
        if not facts.one_time.isdisjoint(decision.consents_used):
            own = person_scope(facts.fragment.person)
            epochs = tuple((name, n + (name == own)) for name, n in epochs)
        return Released(
            decision, entry, facts.fragment, content, tuple(small), key, epochs, found.judged.until
        )

    def stream(self, released: Released, section: SealedSection, span: tuple[int, int]) -> Iterator[bytes]:
        """Bytes `[start, stop)` of a section that lives behind the content port, at most 1 MiB at a time.

        Raises:
            TamperedError: The sealed content was altered; what was sent before it is authentic.
            NotVisibleError: The decision withholds this section.
        """
        if section.id in released.decision.withheld or section.content is None:
            raise NotVisibleError("no such section was released")
        return released.key.unseal_range(
            slot_of(released.content, section),
            self.content.read_at(section.content),
            sealed_length=self.content.size(section.content),
            start=span[0],
            stop=span[1],
        )


def slot_of(content: SealedContent, section: SealedSection) -> SectionSlot:
    """Where this section stands in its version: part of what its sealed bytes are bound to."""
    kind = "section" if content.structured else "document"
    return SectionSlot(section.id, kind, content.media_type)


def _down(found: Judgement, reason: EnforcementReason) -> Judgement:
    return _instead(found, reason)._replace(down=True)


def _instead(found: Judgement, reason: EnforcementReason) -> Judgement:
    """A refusal of the enforcement point's own, in place of what was decided."""
    own = refusal(reason, found.judged.decision.policy_digest)
    return Judgement(found.facts, Judged(own, {}, found.at, found.at), found.at, from_memo=False)


def _turned(turned: Turned) -> RejectedError:
    if turned is Turned.REPLAYED:
        return ProofRefusedError("the proof of possession was used before")
    if turned is Turned.OTHER_REQUEST:
        return IdempotencyMismatchError("the idempotency key was used for another request")
    return ConflictError("a request with this idempotency key is being answered")
