"""What a remembered decision may be found by, and for how long."""

from dataclasses import replace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.domain.access import ConsentRef, Decision, Outcome, Query
from gateway.domain.facts import Facts, FragmentRef
from gateway.domain.ids import AgencyId, ConsentId, DossierId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.keys import KeyPath
from gateway.domain.memo import DecisionMemo, Judged

CONSENT = ConsentRef(ConsentId("cns_1"), 1)
REF = FragmentRef(
    FragmentId("frg_1"),
    1,
    DossierId("dos_1"),
    PersonId("per_1"),
    AgencyId("t:school"),
    "education",
    KeyPath(AgencyId("t:school"), 1, b"", PersonId("per_1"), 1, b""),
    b"",
)
scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=4)
trees = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(st.text(max_size=3), trees, max_size=4)
epochs = st.lists(st.tuples(st.sampled_from(("a", "b", "a=1")), st.integers(0, 12)), max_size=3).map(tuple)
instants = st.integers(0, 20).map(Instant)


def facts_of(
    document: dict[str, Any], vector: tuple[tuple[str, int], ...] = (), *, once: bool = False
) -> Facts:
    return Facts(
        query=Query.of({**document, "context": document.get("context") or {}}),
        epochs=vector,
        floor=Instant(0),
        horizon=Instant(100),
        fragment=REF,
        viewers=(),
        one_time=frozenset({CONSENT} if once else ()),
        policy_digest="p",
    )


def judged(decided_at: int = 0, until: int = 100, digest: str = "p") -> Judged:
    decision = Decision(
        outcome=Outcome.PERMIT,
        basis="",
        reasons=("",),
        obligations=frozenset(),
        withheld=frozenset(),
        disclose_existence=True,
        consents_used=(CONSENT,),
        instrument_ids=(),
        valid_until=Instant(until),
        policy_digest=digest,
    )
    return Judged(decision, {}, Instant(decided_at), Instant(until))


@given(documents, documents)
def test_another_input_is_another_key(one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = facts_of(one), facts_of(other)
    assume(first.query.canonical != second.query.canonical)
    assert first.memo_key != second.memo_key


@given(documents, epochs, epochs)
def test_another_epoch_of_any_scope_is_another_key(
    document: dict[str, Any], one: tuple[tuple[str, int], ...], other: tuple[tuple[str, int], ...]
) -> None:
    assume(one != other)
    assert facts_of(document, one).memo_key != facts_of(document, other).memo_key


@given(documents, instants, instants, instants)
def test_a_decision_is_found_within_its_half_open_interval_only(
    document: dict[str, Any], decided: Instant, until: Instant, at: Instant
) -> None:
    memo, facts = DecisionMemo(8), facts_of(document)
    memo.keep(facts, judged(decided, until))
    assert (memo.find(facts, "p", at) is not None) == (decided <= at < until)


@given(documents)
def test_another_bundle_finds_nothing(document: dict[str, Any]) -> None:
    memo, facts = DecisionMemo(8), facts_of(document)
    memo.keep(facts, judged())
    assert memo.find(facts, "q", Instant(1)) is None


@given(documents)
def test_what_rests_on_a_consent_for_once_is_never_remembered(document: dict[str, Any]) -> None:
    memo, facts = DecisionMemo(8), facts_of(document, once=True)
    memo.keep(facts, judged())
    assert memo.find(facts, "p", Instant(1)) is None


@given(documents)
def test_an_emergency_is_never_remembered(document: dict[str, Any]) -> None:
    memo = DecisionMemo(8)
    facts = facts_of({**document, "context": {"break_glass": {"reason": "invented"}}})
    memo.keep(facts, judged())
    assert memo.find(facts, "p", Instant(1)) is None


@given(st.lists(st.integers(0, 30), max_size=40))
def test_no_more_than_the_limit_is_kept_and_the_last_always(numbers: list[int]) -> None:
    memo = DecisionMemo(4)
    for number in numbers:
        facts = facts_of({"n": number})
        memo.keep(facts, replace(judged(), until=Instant(100)))
        assert memo.find(facts, "p", Instant(1)) is not None
    kept = [memo.find(facts_of({"n": number}), "p", Instant(1)) for number in range(31)]
    assert sum(one is not None for one in kept) <= 4
