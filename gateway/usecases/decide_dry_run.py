"""Say what the policy would answer about a fragment, without content: recorded as an inquiry."""

from dataclasses import dataclass, replace
from typing import Any

from gateway.domain.access import NOTHING_STATED, Outcome, Recorded, Refused
from gateway.domain.counts import Count, Over
from gateway.domain.facts import Attempt, Turned
from gateway.domain.ids import DecisionId, FragmentId
from gateway.domain.ledger import EntryKind
from gateway.domain.limits import count_of
from gateway.domain.memo import Judged
from gateway.domain.vocabulary import Action, EnforcementReason
from gateway.judging import MAX_RELOADS, Foretold, Inquiry, Judge, Judgement, Question, refusal
from gateway.ports import Ids, ReleaseStore


@dataclass(frozen=True, slots=True)
class DecideDryRun:
    """Never opens anything and uses nothing up; its entry says `inquired`."""

    store: ReleaseStore
    judge: Judge
    ids: Ids

    async def __call__(self, asked: Inquiry) -> Foretold | Refused:
        """Decide and record; a refusal that must hide the fragment hides it here too.

        Raises:
            LedgerUnavailableError: Not recorded, so not answered.
        """
        question = Question(asked.caller, asked.fragment, asked.purpose, EntryKind.INQUIRED, asked.stated)
        for _ in range(MAX_RELOADS):
            # 1, 2. Gather the facts and decide, as for a release.
            found = await self.judge(question)
            told = found if asked.stated.action is Action.READ else await self._shown(question, found)
            # 3. Record what was decided, if the epochs still stand.
            decision = told.judged.decision
            counts = count_of(asked.caller, asked.fragment, found.facts, decision)
            entry = await self.store.record(self._attempt(asked, found, counts))
            if isinstance(entry, Recorded):
                if found.down or told.down or not decision.disclose_existence:
                    return Refused(decision, entry, unavailable=found.down or told.down)
                return Foretold(decision, entry, found.facts.fragment)
            if entry is Turned.CLOCK_UNSURE:
                return await self._insist(asked, found, EnforcementReason.CLOCK_UNSURE)
            if isinstance(entry, Over):
                refused = await self._insist(asked, found, EnforcementReason.RATE_LIMITED)
                return replace(refused, unavailable=False, retry_after_s=entry.wait_s)
        return await self._insist(asked, found, EnforcementReason.CONTENDED)

    async def _shown(self, question: Question, found: Judgement) -> Judgement:
        """Answer a hidden refusal like an unknown id, which some actions permit: they need no link.

        Asked about an id that no fragment has, whatever was decided: that it is asked must not show either.
        """
        nowhere = await self.judge(question._replace(fragment=FragmentId(self.ids.new("frg"))))
        return found if found.judged.decision.disclose_existence else nowhere

    async def _insist(self, asked: Inquiry, found: Judgement, reason: EnforcementReason) -> Refused:
        """Record a refusal without the epoch condition; nothing depends on it any more."""
        decision = refusal(reason, found.judged.decision.policy_digest)
        down = Judgement(found.facts, Judged(decision, {}, found.at, found.at), found.at, from_memo=False)
        answer = await self.store.record(self._attempt(asked, down)._replace(fenced=False))
        return Refused(decision, answer if isinstance(answer, Recorded) else None, unavailable=True)

    def _attempt(self, asked: Inquiry, found: Judgement, counts: Count | None = None) -> Attempt:
        decision = found.judged.decision
        detail: dict[str, Any] = {
            "asked": asked.fragment,
            "justification": asked.justification,
            "would": str(Outcome(decision.outcome)),
            "memo": found.from_memo,
        }
        if asked.stated is not NOTHING_STATED:
            detail |= asked.stated.to_detail()
        return Attempt(
            kind=EntryKind.INQUIRED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            purpose=asked.purpose,
            decided_at=found.at,
            facts=found.facts,
            decision=decision,
            views=found.judged.views,
            detail=detail,
            counts=counts,
        )
