"""What an entry keeps of the questions behind it: all of them again, what is common once."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.access import Decision, Questions, Way
from gateway.domain.errors import CorruptionError
from gateway.domain.instants import Instant
from gateway.domain.questions import from_snapshot, to_judged, to_snapshot
from gateway.domain.vocabulary import EnforcementReason
from gateway.judging import refusal

SUBJECT = {"id": "per_child", "age": 9, "orders": [], "note": "x" * 500}
_values = st.recursive(st.none() | st.booleans() | st.integers(0, 9) | st.text("ab"), st.lists, max_leaves=4)
_documents = st.dictionaries(st.sampled_from(("subject", "fragment", "context")), _values, min_size=1)
_asked = st.lists(
    st.builds(
        Questions,
        st.lists(_documents, min_size=1, max_size=4).map(tuple),
        st.integers(1, 10**15).map(Instant),
        st.sampled_from(Way),
        st.booleans(),
    ),
    min_size=1,
    max_size=4,
)


def decided(questions: Questions | None) -> Decision:
    return replace(refusal(EnforcementReason.CONTENDED, "0" * 64), questions=questions)


def kept(*decisions: Decision) -> dict[str, Any]:
    facts = to_snapshot(decisions, "person:per_child")
    assert facts is not None
    document: dict[str, Any] = json.loads(facts)
    return document


@given(_asked)
def test_every_question_is_read_back_as_it_was_asked(asked: list[Questions]) -> None:
    decisions = [decided(one) for one in asked]
    judged = json.loads(json.dumps(to_judged(decisions, [])))["judged"]
    again = list(from_snapshot(kept(*decisions), judged))
    assert _text(again) == _text(asked)
    assert [(one.at, one.way, one.linked) for one in again] == [
        (one.at, one.way, one.linked) for one in asked
    ]


def _text(asked: list[Questions]) -> str:
    """As JSON, where 1 is not true; in Python it is."""
    return json.dumps([one.documents for one in asked], sort_keys=True)


def test_what_many_questions_have_in_common_is_kept_once() -> None:
    documents = tuple({"subject": SUBJECT, "fragment": {"category": str(at)}} for at in range(100))
    facts = to_snapshot([decided(Questions(documents, Instant(1)))], "person:per_child")
    assert facts is not None
    assert facts.count(b"per_child") == 2
    assert len(facts) < 10_000


def test_what_no_policy_decided_keeps_nothing() -> None:
    assert to_snapshot([decided(None)], "deployment") is None
    assert to_judged([decided(None)], []) == {"judged": []}


@pytest.mark.parametrize(
    "judged", [[], [{"of": 2}], [{"of": 1, "at": "", "way": "any", "linked": True}], [{"of": 1}]]
)
def test_questions_that_are_not_those_of_the_entry_are_corrupt(judged: list[dict[str, Any]]) -> None:
    facts = kept(decided(Questions(({"subject": SUBJECT},), Instant(1))))
    with pytest.raises(CorruptionError):
        list(from_snapshot(facts, judged))
