"""Steps 1 and 2 of every question about a fragment: gather the facts, decide, and see who may know.

Shared by release and dry run, which differ only in what they do with the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gateway.domain.access import NOTHING_STATED, Decision, Outcome, Recorded, Stated
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.facts import Facts, FragmentRef
from gateway.domain.ids import FragmentId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.memo import DecisionMemo, Judged
from gateway.domain.obligations import FULFILLED
from gateway.domain.telling import audience_entry
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import Clock, Policy, ReleaseStore

MAX_RELOADS = 3
"""Facts that moved before they were recorded are read again; the third time, the answer is a refusal."""

FROM_CONSENTS = frozenset(
    {
        "GRANTOR_WITHOUT_AUTHORITY", "YOUTH_DECIDES_ALONE", "GRANTOR_AUTHORITY_LAPSED", "CONSENT_WITHDRAWN",
        "CONSENT_EXPIRED", "CONSENT_NOT_YET_IN_FORCE", "CONSENT_EXHAUSTED", "CONSENT_NOT_ACTIVE",
        "CONSENT_NO_END_DATE", "RECIPIENT_NOT_NAMED", "OWNER_NOT_COVERED", "PURPOSE_MISMATCH",
        "CATEGORY_NOT_COVERED", "SENSITIVITY_EXCEEDS", "DATA_PERIOD_EXCLUDED", "FRAGMENT_NOT_COVERED",
        "NO_CONSENT",
    }
)  # fmt: skip
"""Reasons of rows 12 to 15 of domain rule 3.4: they speak of ended and near consents too."""


class Question(NamedTuple):
    caller: Caller
    fragment: FragmentId
    purpose: str
    kind: str
    stated: Stated = NOTHING_STATED


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What somebody wants to know before she asks for it; `justification` is free text, kept sealed."""

    caller: Caller
    fragment: FragmentId
    purpose: str
    justification: str = ""
    stated: Stated = NOTHING_STATED


@dataclass(frozen=True, slots=True)
class Foretold:
    """What a release would have been answered at the entry's instant; it promises nothing for later."""

    decision: Decision
    entry: Recorded
    ref: FragmentRef


class Judgement(NamedTuple):
    facts: Facts
    judged: Judged
    at: Instant
    from_memo: bool
    down: bool = False

    @property
    def decision(self) -> Decision:
        """The decision as the entry of an act keeps it; an attempt's entry keeps the facts themselves."""
        said = self.judged.decision
        return said if self.down else said.asked(self.facts.query, self.at)


@dataclass(frozen=True, slots=True)
class Judge:
    """Asks the policy about one fragment at one instant; a policy that does not answer refuses."""

    store: ReleaseStore
    policy: Policy
    clock: Clock
    memo: DecisionMemo | None

    async def __call__(self, question: Question) -> Judgement:
        """Gather, decide, and decide once more on all directives where the reason comes from consents."""
        judgement = await self._once(question, every_directive=False)
        if judgement.down or not speaks_of_consents(judgement.judged.decision):
            return judgement
        return await self._once(question, every_directive=True)

    async def _once(self, question: Question, *, every_directive: bool) -> Judgement:
        facts = await self.store.facts(
            question.caller,
            question.fragment,
            question.purpose,
            self.clock.now(),
            every_directive=every_directive,
            stated=question.stated,
        )
        at = Instant(max(self.clock.now(), facts.floor))
        if facts.policy_digest != self.policy.digest:
            return self._silent(facts, at)
        # What rests on the asker's own words is judged each time: they would only push others out.
        memo = self.memo if question.stated is NOTHING_STATED else None
        known = memo.find(facts, self.policy.digest, at) if memo else None
        if known is not None:
            return Judgement(facts, known, at, from_memo=True)
        try:
            decision = enforceable(await self.policy.decide(facts.query, at))
            entry = audience_entry(question.kind, question.caller, facts, decision)
            views = await self.policy.views(facts.query, at, entry, facts.viewers)
        except (PolicyUnavailableError, PolicyContractError):
            return self._silent(facts, at)
        judged = Judged(decision, views, at, Instant(min(decision.valid_until, facts.horizon)))
        if memo is not None:
            memo.keep(facts, judged)
        return Judgement(facts, judged, at, from_memo=False)

    def _silent(self, facts: Facts, at: Instant) -> Judgement:
        """The policy did not answer, or this worker runs another bundle than the active one."""
        silent = refusal(EnforcementReason.POLICY_UNAVAILABLE, self.policy.digest)
        return Judgement(facts, Judged(silent, {}, at, at), at, from_memo=False, down=True)


def enforceable(decision: Decision) -> Decision:
    """Refuse what this build may only let out on an obligation that it does not fulfil."""
    if decision.permitted and not decision.obligations <= FULFILLED:
        return refusal(EnforcementReason.OBLIGATION_UNMET, decision.policy_digest)
    return decision


def speaks_of_consents(decision: Decision) -> bool:
    """Whether to decide once more on all directives, so that the reasons are the true ones.

    Of a refusal, and of an emergency, which names the refusal that it lifts.
    """
    return not FROM_CONSENTS.isdisjoint(decision.reasons)


def primary_of(decisions: Sequence[Decision], *, linked: bool) -> Decision:
    """Make one decision of the answers for each pair of an act; there is at least one.

    A permit with all there is to fulfil; else a refusal that may be explained; else the first.
    """
    permits = [one for one in decisions if one.permitted]
    if permits:
        owed = frozenset[str]().union(*(one.obligations for one in permits))
        return replace(permits[0], obligations=owed)
    open_ones = [one for one in decisions if one.disclose_existence]
    refused = (open_ones or decisions)[0]
    # An unknown person, consent or stop is hidden; so is one that the caller has no link with.
    return refused if linked else replace(refused, disclose_existence=False)


def refusal(reason: EnforcementReason, digest: str) -> Decision:
    """The enforcement point's own refusal: nothing leaves, and the reason says what was missing."""
    return Decision(
        outcome=Outcome.DENY,
        basis="",
        reasons=(str(reason),),
        obligations=frozenset({"log_access"}),
        withheld=frozenset(),
        disclose_existence=True,
        consents_used=(),
        instrument_ids=(),
        valid_until=FAR_FUTURE,
        policy_digest=digest,
    )


__all__ = [
    "FROM_CONSENTS",
    "MAX_RELOADS",
    "Foretold",
    "Inquiry",
    "Judge",
    "Judgement",
    "Question",
    "enforceable",
    "primary_of",
    "refusal",
    "speaks_of_consents",
]
