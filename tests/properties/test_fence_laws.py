"""The fence's judgement of a group, against a model that counts what was recorded before."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from gateway.adapters.sql.fence import CLOCK_DOUBT_US, Ground
from gateway.domain.access import ConsentRef, Decision, Outcome, Query
from gateway.domain.facts import Attempt, Facts, FragmentRef, IdempotencyClaim, Turned
from gateway.domain.ids import AgencyId, ConsentId, DecisionId, DossierId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.keys import KeyPath
from gateway.domain.ledger import EntryKind
from tests.support.registry import a_caller

NOW = Instant(1_000_000_000_000)
SCOPES = ("person:a", "person:b", "policy")
CONSENT = ConsentRef(ConsentId("cns_1"), 1)
CALLER = a_caller()


@dataclass(frozen=True)
class Case:
    """What of an attempt the fence looks at."""

    person: str
    epochs: tuple[tuple[str, int], ...]
    once: bool
    permitted: bool
    until: int
    horizon: int
    fenced: bool
    claim: IdempotencyClaim | None


@dataclass
class Model:
    """Answers from the whole history: every recorded attempt, and nothing that the fence itself kept."""

    numbers: dict[str, int]
    claims: dict[tuple[str, str], tuple[bytes, int]]
    unsure: bool
    recorded: list[Case] = field(default_factory=list)

    def answer(self, case: Case) -> Turned | None:
        verdict = self._verdict(case)
        if verdict is None and case.fenced:
            self.recorded.append(case)
        return verdict

    def _verdict(self, case: Case) -> Turned | None:
        if not case.fenced:
            return None
        if self.unsure:
            return Turned.CLOCK_UNSURE
        if case.claim is not None:
            mine = (case.claim.client, case.claim.key)
            earlier = [one.claim for one in self.recorded if one.claim is not None]
            before = [one for one in earlier if (one.client, one.key) == mine]
            kept = self.claims.get(mine)
            digests = {one.request_digest for one in before} if kept is None else {kept[0]}
            if digests - {case.claim.request_digest}:
                return Turned.OTHER_REQUEST
            if self.claims.get(mine, (b"", 0))[1] + len(before) != case.claim.seen:
                return Turned.TWIN
        for scope, number in case.epochs:
            uses = sum(
                one.once and one.permitted and f"person:{one.person}" == scope for one in self.recorded
            )
            if self.numbers.get(scope, 0) + uses != number:
                return Turned.MOVED
        return Turned.OVERTAKEN if min(case.until, case.horizon) <= NOW else None


numbers = st.integers(0, 2)
ends = st.sampled_from((NOW - 1, NOW, NOW + 1, NOW + 1000))
keys = st.tuples(st.just("c:one"), st.sampled_from(("k", "K")))
claims = st.builds(
    IdempotencyClaim, st.just("c:one"), st.sampled_from("kK"), st.sampled_from((b"this", b"that")), numbers
)
cases = st.builds(
    Case,
    person=st.sampled_from(("a", "b")),
    epochs=st.lists(st.tuples(st.sampled_from(SCOPES), st.integers(0, 1)), max_size=2).map(tuple),
    once=st.booleans(),
    permitted=st.booleans(),
    until=ends,
    horizon=ends,
    fenced=st.sampled_from((True, True, True, False)),
    claim=st.none() | claims,
)
clocks = st.sampled_from((0, CLOCK_DOUBT_US, -CLOCK_DOUBT_US, CLOCK_DOUBT_US + 1, -CLOCK_DOUBT_US - 1))


def an_attempt(case: Case) -> Attempt:
    path = KeyPath(AgencyId("t:school"), 1, b"", PersonId(case.person), 1, b"")
    ref = FragmentRef(
        FragmentId("frg_1"),
        1,
        DossierId("dos_1"),
        PersonId(case.person),
        AgencyId("t:school"),
        "education",
        path,
        b"",
    )
    facts = Facts(
        query=Query.of({"context": {}}),
        epochs=case.epochs,
        floor=NOW,
        horizon=Instant(case.horizon),
        fragment=ref,
        viewers=(),
        one_time=frozenset({CONSENT} if case.once else ()),
        policy_digest="",
    )
    decision = Decision(
        outcome=Outcome.PERMIT if case.permitted else Outcome.DENY,
        basis="",
        reasons=("",),
        obligations=frozenset(),
        withheld=frozenset(),
        disclose_existence=True,
        consents_used=(CONSENT,),
        instrument_ids=(),
        valid_until=Instant(case.until),
        policy_digest="",
    )
    kind = EntryKind.RELEASED if case.permitted else EntryKind.REFUSED
    return Attempt(
        kind=kind,
        decision_id=DecisionId("dec_1"),
        caller=CALLER,
        purpose="",
        decided_at=NOW,
        facts=facts,
        decision=decision,
        views={},
        detail={},
        idempotency=case.claim,
        fenced=case.fenced,
    )


def a_ground(epochs: dict[str, int], known: dict[tuple[str, str], tuple[bytes, int]], off_us: int) -> Ground:
    every = dict.fromkeys(SCOPES, 0) | epochs
    return Ground(every, dict(known), NOW, Instant(NOW + off_us), NOW, NOW)


@given(
    st.dictionaries(st.sampled_from(SCOPES), st.integers(0, 1)),
    st.dictionaries(keys, st.tuples(st.sampled_from((b"this", b"that")), numbers)),
    clocks,
    st.lists(cases, max_size=8),
)
def test_a_group_is_judged_as_if_each_came_alone_after_those_before_it(
    epochs: dict[str, int],
    known: dict[tuple[str, str], tuple[bytes, int]],
    off_us: int,
    group: list[Case],
) -> None:
    model = Model(epochs, known, abs(off_us) > CLOCK_DOUBT_US)
    ground = a_ground(epochs, known, off_us)
    assert [ground.judge(an_attempt(one)) for one in group] == [model.answer(one) for one in group]


@given(st.lists(cases, max_size=8))
def test_whatever_is_turned_away_changes_nothing(group: list[Case]) -> None:
    ground = a_ground({}, {}, 0)
    for case in group:
        before = (dict(ground.epochs), dict(ground.claims), list(ground.bumps), list(ground.used))
        if ground.judge(an_attempt(case)) is not None:
            assert (ground.epochs, ground.claims, ground.bumps, ground.used) == before


@given(st.lists(cases, min_size=1, max_size=8))
def test_of_those_who_saw_a_consent_for_once_unused_one_uses_it(group: list[Case]) -> None:
    ground = a_ground({}, {}, 0)
    using = [
        case
        for case in group
        if ground.judge(an_attempt(case)) is None and case.fenced and case.once and case.permitted
    ]
    for person in ("a", "b"):
        unseen = (f"person:{person}", 0)
        assert sum(one.person == person and unseen in one.epochs for one in using) <= 1
