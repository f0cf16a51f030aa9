"""Who is told what: the table, obligation by obligation, on what took place."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain import notices as table
from gateway.domain.access import View
from gateway.domain.acting import Letter, Note
from gateway.domain.holding import AGAIN_US
from gateway.domain.ids import AgencyId, DecisionId, PersonId
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.ledger import EntryKind
from gateway.domain.notices import (
    CARRIED_OUT,
    Audience,
    Case,
    CaseKind,
    Notice,
    boxes_of,
    tells,
)
from gateway.domain.telling import Happening, happening_of_note, part_of
from gateway.domain.vocabulary import Role
from tests.support.consents import CHILD, CLINIC, FATHER, MOTHER, SCHOOL
from tests.support.made_up_policy import a_decision
from tests.support.registry import AT, TERMS, a_caller

TOLD = {
    "kind": "released",
    "agency": CLINIC,
    "role": "caseworker",
    "owner": SCHOOL,
    "category": "education",
    "purpose": "coordination",
    "outcome": "permit",
    "reasons": ["BREAK_GLASS"],
}
JOINT = [{"person": one, "authority": "joint", "scope": "all"} for one in (MOTHER, FATHER)]
ASH = "w:ash"


def happening(*obligations: str, **changes: Any) -> Happening:  # noqa: ANN401 - fields of any type
    event = Happening(
        kind=EntryKind.RELEASED,
        obligations=frozenset(obligations),
        told=TOLD,
        views={MOTHER: View.FULL, FATHER: View.NONE},
        person=CHILD,
        owner=SCHOOL,
        agency=CLINIC,
        account=ASH,
        fragment="frg_1",
        at=AT,
    )
    return replace(event, **changes)


def notices_of(event: Happening) -> tuple[Notice, ...]:
    return table.notices_of(event, TERMS)


def cases_of(event: Happening) -> tuple[Case, ...]:
    return table.cases_of(event, TERMS)


def told(event: Happening) -> list[tuple[str, str]]:
    return [(str(one.audience), one.recipient) for one in notices_of(event)]


def test_the_family_is_told_what_its_part_says_and_only_whom_the_rule_lets_know() -> None:
    (one,) = notices_of(happening("notify_family"))
    assert (one.recipient, dict(one.says)) == (MOTHER, {"view": "full", **TOLD})
    (one,) = notices_of(happening("notify_family", views={MOTHER: View.GENERIC}))
    assert dict(one.says) == {"view": "generic", "outcome": "permit"}


def test_what_is_delayed_is_held_for_each_who_would_be_told() -> None:
    views = {MOTHER: View.DELAYED, FATHER: View.DELAYED, CHILD: View.NONE}
    kept = notices_of(happening("delay_family_notice", views=views))
    assert [(one.recipient, one.keeper, one.held_us) for one in kept] == [
        (MOTHER, SCHOOL, FAR_FUTURE),
        (FATHER, SCHOOL, FAR_FUTURE),
    ]


def secret(**context: object) -> dict[str, Any]:
    """A question about child protection under shared secret."""
    return {
        "query": {"purpose": "child_protection", "context": {"consent_model": "shared_secret", **context}}
    }


WOULD_DELAY = {"entry": {"obligations": ["delay_family_notice"]}}


@pytest.mark.parametrize(
    ("owed", "changed", "held_us"),
    [
        (("delay_family_notice",), {"basis": "emergency"}, TERMS.declared_us),
        ((), {"basis": "emergency"}, AGAIN_US),
        ((), {}, AGAIN_US),
        ((), {"question": WOULD_DELAY}, FAR_FUTURE),
        ((), {"question": secret()}, FAR_FUTURE),
        ((), {"question": secret(family_informed=True)}, AGAIN_US),
        (("delay_family_notice",), {"of_entry": "dec_access"}, AGAIN_US),
    ],
)
def test_a_declared_delay_ends_a_seal_is_asked_about_each_day_and_an_officer_tells_the_rest(
    owed: tuple[str, ...], changed: dict[str, Any], held_us: int
) -> None:
    (one,) = notices_of(happening(*owed, views={MOTHER: View.DELAYED}, **changed))
    assert one.held_us == held_us


def test_an_entry_that_the_rule_delays_by_itself_is_held_too() -> None:
    sealed = happening(views={MOTHER: View.DELAYED})
    assert tells(sealed.obligations, sealed.views)
    assert len(notices_of(sealed)) == 1


def test_the_owner_and_the_officers_of_both_sides_are_told() -> None:
    assert told(happening("notify_owner_agency")) == [("agency", SCHOOL)]
    assert told(happening("notify_privacy_officer")) == [("officers", SCHOOL), ("officers", CLINIC)]
    assert told(happening("notify_privacy_officer", agency=SCHOOL)) == [("officers", SCHOOL)]


def test_whose_account_it_was_is_the_officers_alone() -> None:
    (to_agency,) = notices_of(happening("notify_owner_agency"))
    to_officers = notices_of(happening("notify_privacy_officer"))[0]
    assert ASH not in str(dict(to_agency.says))
    assert to_officers.says["account"] == ASH


def test_the_agencies_that_an_ended_permit_named_learn_no_more_than_that_it_is_over() -> None:
    event = happening("notify_recipients", named=(CLINIC, AgencyId("t:house"), CLINIC))
    assert told(event) == [("agency", CLINIC), ("agency", "t:house")]
    assert notices_of(event)[0].says.keys() == {"kind", "consent", "outcome"}
    assert notices_of(happening("notify_recipients")) == ()


def test_a_refused_recommendation_is_told_to_its_owner_and_to_who_made_it() -> None:
    assert told(happening("notify_referrer", referrer=ASH)) == [("agency", SCHOOL), ("worker", ASH)]
    assert told(happening("notify_referrer")) == [("agency", SCHOOL)]


def permit(giver: PersonId, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any type
    line = {"grantor": {"person": giver}, "decision": "permit", "status": "active"}
    return {**line, "owners": [SCHOOL], "categories": "any", "purposes": ["coordination"], **changes}


BOTH = {MOTHER: View.FULL, FATHER: View.FULL}


def test_whoever_holds_authority_too_and_has_not_agreed_is_asked() -> None:
    event = happening("request_other_guardian", authorities=JOINT, consents=[permit(MOTHER)], views=BOTH)
    (one,) = notices_of(event)
    assert (one.recipient, one.says["view"]) == (FATHER, "full")
    assert one.matter == notices_of(event)[0].matter


@pytest.mark.parametrize(
    "change",
    [
        {"status": "draft"},
        {"decision": "deny"},
        {"withdrawn_at": "2025-01-01T00:00:00Z"},
        {"until": "2025-01-01T00:00:00Z"},
        {"categories": ["mental_health"]},
        {"purposes": ["assessment"]},
        {"owners": ["t:house"]},
    ],
)
def test_what_is_no_agreement_to_this_counts_for_none(change: dict[str, Any]) -> None:
    lines = [permit(MOTHER), permit(FATHER, **change)]
    event = happening("request_other_guardian", authorities=JOINT, consents=lines, views=BOTH)
    assert told(event) == [("person", FATHER)]


@pytest.mark.parametrize(
    "authority",
    [
        {"authority": "sole"},
        {"authority": "access_only"},
        {"scope": ["mental_health"]},
        {"until": "2025-01-01T00:00:00Z"},
        {"from": "2027-01-01T00:00:00Z"},
    ],
)
def test_who_does_not_hold_joint_authority_for_this_now_is_not_asked(authority: dict[str, Any]) -> None:
    held = [JOINT[0], {**JOINT[1], **authority}]
    event = happening("request_other_guardian", authorities=held, consents=[permit(MOTHER)], views=BOTH)
    assert notices_of(event) == ()


def test_who_may_not_know_of_it_is_not_asked_by_this_way() -> None:
    hidden = {MOTHER: View.FULL, FATHER: View.NONE}
    event = happening("request_other_guardian", authorities=JOINT, consents=[permit(MOTHER)], views=hidden)
    assert notices_of(event) == ()


def test_of_one_guardians_act_the_other_learns_the_state_without_its_author() -> None:
    event = happening(
        "request_other_guardian",
        authorities=JOINT,
        account=MOTHER,
        is_family=True,
        views={MOTHER: View.FULL, FATHER: View.NONE},
    )
    (one,) = notices_of(event)
    assert one.recipient == FATHER
    assert set(one.says) == {"view", "owner", "category", "outcome"}
    assert MOTHER not in str(dict(one.says))
    assert notices_of(replace(event, touches_protected=True)) == ()


SAYS = {"text": "Des mots inventés."}
LETTER = Letter(AgencyId("t:protection"), SAYS)


def test_a_report_is_handed_over_without_a_trace_of_who_made_it() -> None:
    (one,) = notices_of(happening("protect_reporter_identity", letter=LETTER))
    assert (one.audience, one.recipient, one.says["says"]) == (Audience.PROTECTION, LETTER.to, SAYS)
    assert not {ASH, CLINIC, "caseworker"} & set(map(str, one.says.values()))


def test_no_viewers_part_of_a_report_names_the_worker_or_her_agency() -> None:
    decision = a_decision(None, owed=frozenset({"protect_reporter_identity", "delay_family_notice"}))
    caller = a_caller(Role.CASEWORKER, agency=CLINIC, account=ASH)
    views = {MOTHER: View.DELAYED, CHILD: View.FULL}
    note = Note(
        EntryKind.REPORT_SUBMITTED,
        DecisionId("dec_1"),
        caller,
        {},
        person=CHILD,
        decision=decision,
        views=views,
        letter=LETTER,
    )
    event = happening_of_note(note)
    part = part_of(event.told, View.FULL)
    assert part is not None
    assert (part["agency"], part["role"]) == (None, None)
    kept = [one for one in notices_of(event) if one.kind == "delay_family_notice"]
    assert [one.says["told"]["agency"] for one in kept] == [None]


def test_a_consultation_has_no_identifier_of_whom_it_is_about() -> None:
    (one,) = notices_of(happening("no_subject_identifier", letter=LETTER))
    assert not one.names_person
    assert not {CHILD, "frg_1"} & set(map(str, one.says.values()))


def test_an_emergency_and_a_conflict_open_a_case_each() -> None:
    (review,) = cases_of(happening("review_required"))
    assert (review.kind, review.due_us, review.matter) == (CaseKind.EMERGENCY, TERMS.review_us, "")
    (conflict,) = cases_of(happening("escalate_conflict"))
    assert (conflict.kind, conflict.due_us) == (CaseKind.CONFLICT, None)
    other = happening("escalate_conflict", told={**TOLD, "category": "mental_health"})
    assert conflict.matter not in {"", cases_of(other)[0].matter}


def test_an_obligation_of_the_table_is_noticed_before_anything_is_made() -> None:
    assert not tells(frozenset({"log_access", "no_redisclosure"}), {MOTHER: View.FULL})
    for name in CARRIED_OUT:
        assert tells(frozenset({name}), {})


def test_an_inbox_is_read_by_those_whom_it_is_for() -> None:
    mine = {role: set(boxes_of(a_caller(role))) for role in Role}
    officers = {role for role, boxes in mine.items() if Audience.OFFICERS in boxes}
    agency = {role for role, boxes in mine.items() if Audience.AGENCY in boxes}
    reports = {role for role, boxes in mine.items() if Audience.PROTECTION in boxes}
    assert officers == {Role.PRIVACY_OFFICER}
    assert agency == {Role.PIVOT, Role.AGENCY_ADMIN, Role.PRIVACY_OFFICER}
    assert reports == {Role.PIVOT, Role.CHILD_PROTECTION_WORKER}
    assert mine[Role.GUARDIAN] == mine[Role.YOUTH] == {Audience.PERSON}


def test_a_dry_run_and_a_refused_act_owe_nobody_anything() -> None:
    refused = a_decision("NO_AUTHORITY", owed=frozenset({"notify_recipients"}))
    note = Note(EntryKind.REFUSED, DecisionId("dec_1"), None, {}, person=CHILD, decision=refused)
    assert notices_of(happening_of_note(note)) == ()


def test_an_instant_that_cannot_be_read_counts_as_no_authority() -> None:
    held = [{**JOINT[1], "until": "soon"}]
    assert notices_of(happening("request_other_guardian", authorities=held, views=BOTH)) == ()
    assert notices_of(happening("request_other_guardian", authorities=JOINT, views=BOTH, at=None)) == ()
