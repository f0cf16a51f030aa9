"""What is not exactly an answer is refused."""

import json
from typing import Any

import pytest

from gateway.adapters.policy.answer import (
    parse_decision,
    parse_decisions,
    parse_text,
    parse_views,
)
from gateway.domain.access import ConsentRef, Outcome, View
from gateway.domain.errors import PolicyContractError
from gateway.domain.ids import ConsentId, PersonId
from gateway.domain.instants import FAR_FUTURE

PERMIT: dict[str, Any] = {
    "decision": "permit",
    "basis": "consent",
    "reasons": ["CONSENT_PERMITS"],
    "obligations": ["log_access", "purpose_bound"],
    "redacted_sections": ["a"],
    "disclose_existence": True,
    "consents_used": [{"id": "d1", "version": 1}],
    "instrument_ids": [],
    "valid_until": "2030-06-01T12:00:00Z",
}
DENY = {
    **PERMIT,
    "decision": "deny",
    "basis": "none",
    "reasons": ["NO_CONSENT"],
    "obligations": ["log_access"],
    "redacted_sections": [],
    "consents_used": [],
    "valid_until": None,
}

HOSTILE = {
    "a list": [PERMIT],
    "nothing": None,
    "a boolean": True,
    "the text true": "true",
    "no fields": {},
    "a field too many": {**PERMIT, "allow": True},
    "a field missing": {key: value for key, value in PERMIT.items() if key != "reasons"},
    "decision is true": {**PERMIT, "decision": True},
    "decision in capitals": {**PERMIT, "decision": "PERMIT"},
    "decision is a list": {**PERMIT, "decision": ["permit"]},
    "no reason": {**PERMIT, "reasons": []},
    "an unknown reason": {**PERMIT, "reasons": ["BECAUSE"]},
    "a reason twice": {**PERMIT, "reasons": ["CONSENT_PERMITS", "CONSENT_PERMITS"]},
    "reasons are a text": {**PERMIT, "reasons": "CONSENT_PERMITS"},
    "a reason is null": {**PERMIT, "reasons": [None]},
    "an unknown obligation": {**PERMIT, "obligations": ["log_access", "burn_after_reading"]},
    "not logged": {**PERMIT, "obligations": ["purpose_bound"]},
    "sections are an object": {**PERMIT, "redacted_sections": {"a": 1}},
    "an empty section": {**PERMIT, "redacted_sections": [""]},
    "disclosure is 1": {**PERMIT, "disclose_existence": 1},
    "a permit that hides": {**PERMIT, "disclose_existence": False},
    "a permit without a basis": {**PERMIT, "basis": "none"},
    "a permit on an unknown basis": {**PERMIT, "basis": "mood"},
    "a refusal with a basis": {**DENY, "basis": "consent"},
    "a refusal that withholds sections": {**DENY, "redacted_sections": ["a"]},
    "a refusal that uses a consent": {**DENY, "consents_used": [{"id": "d1", "version": 1}]},
    "a consent without version": {**PERMIT, "consents_used": [{"id": "d1"}]},
    "a version that is true": {**PERMIT, "consents_used": [{"id": "d1", "version": True}]},
    "a version with a fraction": {**PERMIT, "consents_used": [{"id": "d1", "version": 1.0}]},
    "a consent twice": {**PERMIT, "consents_used": [{"id": "d1", "version": 1}] * 2},
    "valid until tomorrow": {**PERMIT, "valid_until": "tomorrow"},
    "valid until a number": {**PERMIT, "valid_until": 0},
    "instruments are numbers": {**PERMIT, "instrument_ids": [1]},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_answer_is_refused(name: str) -> None:
    with pytest.raises(PolicyContractError):
        parse_decision(HOSTILE[name], "d")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"a": 1, "a": 2}',
        '{"a": NaN}',
        '{"a": Infinity}',
        "[" * 100_000,
        "1 2",
        '"' + "x" * 5_000_000 + '"',
    ],
)
def test_what_is_no_strict_json_is_refused(text: str) -> None:
    with pytest.raises(PolicyContractError):
        parse_text(text)


def test_a_permit_is_read() -> None:
    decision = parse_decision(parse_text(json.dumps(PERMIT)), "digest")
    assert decision.outcome is Outcome.PERMIT
    assert decision.consents_used == (ConsentRef(ConsentId("d1"), 1),)
    assert decision.policy_digest == "digest"


def test_a_refusal_that_no_instant_ends_stands_for_ever() -> None:
    assert parse_decision(DENY, "digest").valid_until == FAR_FUTURE


def test_a_list_has_one_answer_for_each_query() -> None:
    assert len(parse_decisions([PERMIT, DENY], "d", 2)) == 2
    with pytest.raises(PolicyContractError):
        parse_decisions([PERMIT], "d", 2)


def test_views_are_of_exactly_these_persons() -> None:
    persons = frozenset({PersonId("a")})
    assert parse_views({"a": "generic"}, persons) == {"a": View.GENERIC}
    for hostile in ({}, {"a": "all"}, {"a": None}, {"a": "full", "b": "full"}, ["a"]):
        with pytest.raises(PolicyContractError):
            parse_views(hostile, persons)
