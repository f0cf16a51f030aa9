"""Say what a release would be answered, without content: the same policy, recorded as an inquiry."""

from dataclasses import dataclass

from gateway.domain.access import Outcome, Recorded, Refused
from gateway.domain.facts import Attempt, Turned
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.memo import Judged
from gateway.domain.vocabulary import EnforcementReason
from gateway.judging import Foretold, Inquiry, Judge, Judgement, Question, refusal
from gateway.ports import Ids, ReleaseStore

MAX_RELOADS = 3


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
        question = Question(asked.caller, asked.fragment, asked.purpose, EntryKind.INQUIRED)
        for _ in range(MAX_RELOADS):
            # 1, 2. Gather the facts and decide, as for a release.
            found = await self.judge(question)
            # 3. Record what was foretold, if the epochs still stand.
            entry = await self.store.record(self._attempt(asked, found, fenced=True))
            if isinstance(entry, Recorded):
                if found.down or not found.judged.decision.disclose_existence:
                    return Refused(found.judged.decision, entry, unavailable=found.down)
                return Foretold(found.judged.decision, entry, found.facts.fragment)
            if entry is Turned.CLOCK_UNSURE:
                return await self._insist(asked, found, EnforcementReason.CLOCK_UNSURE)
        return await self._insist(asked, found, EnforcementReason.CONTENDED)

    async def _insist(self, asked: Inquiry, found: Judgement, reason: EnforcementReason) -> Refused:
        """Record a refusal without the epoch condition; nothing depends on it any more."""
        decision = refusal(reason, found.judged.decision.policy_digest)
        down = Judgement(found.facts, Judged(decision, {}, found.at, found.at), found.at, from_memo=False)
        answer = await self.store.record(self._attempt(asked, down, fenced=False))
        return Refused(decision, answer if isinstance(answer, Recorded) else None, unavailable=True)

    def _attempt(self, asked: Inquiry, found: Judgement, *, fenced: bool) -> Attempt:
        decision = found.judged.decision
        return Attempt(
            kind=EntryKind.INQUIRED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            purpose=asked.purpose,
            decided_at=found.at,
            facts=found.facts,
            decision=decision,
            views=found.judged.views,
            detail={
                "asked": asked.fragment,
                "justification": asked.justification,
                "would": str(Outcome(decision.outcome)),
                "memo": found.from_memo,
            },
            fenced=fenced,
        )
