"""List what a caller may know of in a dossier: decided at once, and hidden fragments leave no trace."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.asking import MAX_QUERIES, MAX_RELOADS, Refuse, Tried, decide_many, denied, hidden, own_view
from gateway.domain.access import Decision, Recorded, Refused
from gateway.domain.acting import Note
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import ContendedError, PolicyContractError, PolicyUnavailableError
from gateway.domain.facts import Epochs, Facts, Stretch
from gateway.domain.ids import DecisionId, DossierId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.limits import count_of_person
from gateway.domain.vocabulary import CALLER_ALONE, EnforcementReason
from gateway.judging import Judge, Question, enforceable, speaks_of_consents
from gateway.knowing import Knowing
from gateway.ports import ActStore, Clock, Ids, ListStore, Policy

MAX_PAGES_READ = 20
"""How many pages of hidden fragments are read at most to fill one page."""


@dataclass(frozen=True, slots=True)
class Listing:
    caller: Caller
    dossier: DossierId
    purpose: str
    after: str = ""
    limit: int = MAX_QUERIES


@dataclass(frozen=True, slots=True)
class Shown:
    """One fragment that the caller may know of, with what a release would be answered."""

    facts: Facts
    decision: Decision


@dataclass(frozen=True, slots=True)
class Page:
    """`next_after` is the last id looked at, None at the end; there is no total."""

    shown: tuple[Shown, ...]
    next_after: FragmentId | None
    entry: Recorded | None


@dataclass(frozen=True, slots=True)
class ListDossier:
    """A page holds at most 50 fragments whose decision discloses their existence."""

    judge: Judge
    lists: ListStore
    acts: ActStore
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids
    knowing: Knowing

    async def __call__(self, asked: Listing) -> Page | Refused:
        """Decide and record one page; the entry names, sealed, what was shown."""
        tried = Tried("list_dossier", asked.caller, {"dossier": asked.dossier}, asked.purpose)
        # 1. What depends on nothing but the caller is answered alike for every dossier, known or not: asked
        # about an id that no fragment has.
        alone = await self.judge(
            Question(asked.caller, FragmentId(asked.dossier), asked.purpose, EntryKind.LISTED)
        )
        decision = alone.decision
        if alone.down or not CALLER_ALONE.isdisjoint(decision.reasons[:1]):
            return await self.refuse(tried, decision, unavailable=alone.down)
        # 2. The dossier itself; one that is not hers to know of is as if there were none.
        try:
            dossier = await self.knowing.dossier(asked.caller, asked.dossier)
        except (PolicyUnavailableError, PolicyContractError):
            silent = denied(self.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            return await self.refuse(tried, silent, unavailable=True)
        if dossier is None:
            return await self.refuse(tried, hidden(self.policy.digest))
        reason = EnforcementReason.CONTENDED
        for _ in range(MAX_RELOADS):
            # 3. Decide, page after page, until this page is full of what she may know of.
            try:
                filled = await self._fill(asked)
            except (PolicyUnavailableError, PolicyContractError):
                reason = EnforcementReason.POLICY_UNAVAILABLE
                break
            # 4. Record what is to be shown, if what it rests on still stands.
            try:
                done = await self.acts.note_act(self._note(asked, PersonId(dossier["person"]), filled))
            except ContendedError:
                continue
            except ActRefusedError as refused:
                why = refused.objection
                refusal = hidden(self.policy.digest, why.reason)
                return await self.refuse(tried, refusal, retry_after_s=why.retry_after_s)
            return Page(filled.shown, filled.next_after, done.entry)
        return await self.refuse(tried, denied(self.policy.digest, reason), unavailable=True)

    def _note(self, asked: Listing, person: PersonId, filled: "_Filled") -> Note:
        return Note(
            kind=EntryKind.LISTED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail={"dossier": asked.dossier, "shown": [_to_detail(one) for one in filled.shown]},
            purpose=asked.purpose,
            person=person,
            views=own_view(asked.caller.person),
            epochs=filled.epochs,
            words=tuple(one.decision for one in filled.shown),
            counts=count_of_person(asked.caller, person),
        )

    async def _fill(self, asked: Listing) -> "_Filled":
        limit = max(1, min(asked.limit, MAX_QUERIES))
        shown: list[Shown] = []
        rests_on = set(asked.caller.epochs)
        after = asked.after
        for _ in range(MAX_PAGES_READ):
            decided, epochs = await self._decide(asked, Stretch(asked.dossier, after, MAX_QUERIES))
            rests_on |= epochs
            for one in decided:
                after = one.facts.fragment.id
                if not one.decision.disclose_existence:
                    continue
                if len(shown) == limit:
                    # Only another fragment that she may know of makes another page.
                    return _Filled(tuple(shown), shown[-1].facts.fragment.id, tuple(sorted(rests_on)))
                shown.append(one)
            if len(decided) < MAX_QUERIES:
                return _Filled(tuple(shown), None, tuple(sorted(rests_on)))
        return _Filled(tuple(shown), FragmentId(after), tuple(sorted(rests_on)))

    async def _decide(self, asked: Listing, page: Stretch) -> tuple[list[Shown], set[tuple[str, int]]]:
        """Decide as a release would: once more on all directives where the reason comes from consents."""
        facts = await self._facts(asked, page)
        decided = await self._judge(facts)
        wanted = {one.facts.fragment.id for one in decided if speaks_of_consents(one.decision)}
        if wanted:
            every = await self._facts(asked, replace(page, every_directive=True))
            facts = [*facts, *every]
            again = await self._judge([one for one in every if one.fragment.id in wanted])
            anew = {one.facts.fragment.id: one for one in again}
            decided = [anew.get(one.facts.fragment.id, one) for one in decided]
        # Of all that was judged, shown or not: what is hidden now may be what has to be shown then.
        return decided, {epoch for one in facts for epoch in one.epochs}

    async def _facts(self, asked: Listing, page: Stretch) -> Sequence[Facts]:
        return await self.lists.dossier_facts(asked.caller, page, asked.purpose, self.clock.now())

    async def _judge(self, facts: Sequence[Facts]) -> list[Shown]:
        if any(one.policy_digest != self.policy.digest for one in facts):
            raise PolicyUnavailableError("another bundle is active than the one that this worker runs")
        at = Instant(max(self.clock.now(), *(one.floor for one in facts))) if facts else self.clock.now()
        decisions = await decide_many(self.policy, [one.query for one in facts], at)
        return [Shown(one, enforceable(decision)) for one, decision in zip(facts, decisions, strict=True)]


@dataclass(frozen=True, slots=True)
class _Filled:
    """A page on its way to the ledger; `epochs` are those of everything that was judged for it."""

    shown: tuple[Shown, ...]
    next_after: FragmentId | None
    epochs: Epochs


def _to_detail(shown: Shown) -> dict[str, Any]:
    reasons = shown.decision.reasons
    return {
        "fragment": shown.facts.fragment.id,
        "outcome": str(shown.decision.outcome),
        "reason": reasons[0] if reasons else "",
    }
