"""Refusals as problems: what is said, and what a hidden one must not say."""

import json
from typing import Any

import pytest
from starlette.responses import Response

from gateway.domain.access import Decision, Outcome, Recorded, Refused
from gateway.domain.errors import GatewayError, NotVisibleError, UnavailableError
from gateway.domain.ids import DecisionId, SectionId
from gateway.domain.instants import Instant
from gateway.http.problems import Place, Problems
from gateway.http.words import Audience, Language, read_words

PLACE = Place("req_00000000000000000000000001")
ENTRY = Recorded(DecisionId("dec_1"), 1, 7, Instant(0), b"\0" * 32)
PROBLEMS = Problems(read_words(), "https://gateway.example/")


def refused(
    *reasons: str,
    obligations: frozenset[str] = frozenset(),
    disclosed: bool = True,
    unavailable: bool = False,
) -> Refused:
    decision = Decision(
        outcome=Outcome.DENY,
        basis="",
        reasons=reasons,
        obligations=obligations,
        withheld=frozenset({SectionId("hidden-section")}),
        disclose_existence=disclosed,
        consents_used=(),
        instrument_ids=(),
        valid_until=Instant(0),
        policy_digest="d",
    )
    return Refused(decision, ENTRY, unavailable)


def read(answer: Response) -> dict[str, Any]:
    body = json.loads(bytes(answer.body))
    assert isinstance(body, dict)
    return body


def test_a_refusal_gives_its_reasons_and_remedies_in_words() -> None:
    body = read(PROBLEMS.of_refusal(refused("NO_CONSENT"), PLACE))
    assert (body["status"], body["code"], body["ledger_entry"]) == (403, "refused", "dec_1")
    assert body["reasons"] == [{"code": "NO_CONSENT", "text": "Aucun consentement ne permet ce partage."}]
    assert body["remedies"] == [{"rel": "ask-consent", "text": "Demandez le consentement de la famille."}]


def test_a_refusal_speaks_to_the_family_in_its_own_words_and_language() -> None:
    place = Place(PLACE.request_id, Language.EN, Audience.FAMILY)
    body = read(PROBLEMS.of_refusal(refused("CONSENT_WITHDRAWN"), place))
    assert body["reasons"][0]["text"] == "The consent was withdrawn. Nothing is shown any more."


def test_the_lawful_emergency_route_is_offered_only_where_the_policy_offers_it() -> None:
    offered = refused("NO_CONSENT", obligations=frozenset({"offer_break_glass"}))
    rels = [remedy["rel"] for remedy in read(PROBLEMS.of_refusal(offered, PLACE))["remedies"]]
    assert rels == ["ask-consent", "declare-emergency"]


@pytest.mark.parametrize(
    "reason", ["NO_RELATIONSHIP", "COURT_ORDER_PROHIBITS", "ACCOUNT_INACTIVE", "OWNER_HOLD"]
)
def test_a_hidden_refusal_is_byte_for_byte_an_unknown_id(reason: str) -> None:
    hidden = PROBLEMS.of_refusal(
        refused(reason, obligations=frozenset({"offer_break_glass"}), disclosed=False), PLACE
    )
    unknown = PROBLEMS.of_error(NotVisibleError("no such fragment", field="fragment_id"), PLACE)
    framework = PROBLEMS.of_status(404, PLACE)
    assert hidden.body == unknown.body == framework.body
    assert hidden.raw_headers == unknown.raw_headers == framework.raw_headers
    assert hidden.status_code == unknown.status_code == framework.status_code == 404


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("POLICY_UNAVAILABLE", "policy_unavailable"),
        ("AUDIT_UNAVAILABLE", "ledger_unavailable"),
        ("KEYS_UNAVAILABLE", "keys_unavailable"),
        ("CONTENDED", "contended"),
        ("QUARANTINED", "quarantined"),
        ("CLOCK_UNSURE", "clock_unsure"),
    ],
)
def test_a_silent_dependency_is_a_503_that_says_which(reason: str, code: str) -> None:
    answer = PROBLEMS.of_refusal(refused(reason, "NO_CONSENT", disclosed=False, unavailable=True), PLACE)
    assert (answer.status_code, read(answer)["code"]) == (503, code)
    assert int(answer.headers["retry-after"]) > 0
    assert [one["code"] for one in read(answer)["reasons"]] == [reason]


def test_too_many_requests_are_a_429_hidden_or_not() -> None:
    shown = PROBLEMS.of_refusal(refused("RATE_LIMITED"), PLACE)
    hidden = PROBLEMS.of_refusal(refused("RATE_LIMITED", disclosed=False), PLACE)
    assert shown.status_code == 429
    assert shown.body == hidden.body


def test_withheld_sections_are_never_named() -> None:
    assert b"hidden-section" not in PROBLEMS.of_refusal(refused("SECTION_SEALED"), PLACE).body


def test_a_reason_without_words_keeps_its_code() -> None:
    body = read(PROBLEMS.of_refusal(refused("BRAND_NEW"), PLACE))
    assert body["reasons"] == [{"code": "BRAND_NEW", "text": ""}]


def test_errors_without_words_are_told_by_their_branch() -> None:
    class NewError(GatewayError):
        code = "brand_new"

    assert PROBLEMS.of_error(NewError("secret"), PLACE).status_code == 500
    assert PROBLEMS.of_error(UnavailableError("secret"), PLACE).status_code == 503
