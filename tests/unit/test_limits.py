"""What counts for what: by what an answer told, and by nothing that it hid."""

from pathlib import Path

import pytest

from gateway.domain.access import Decision, Outcome
from gateway.domain.acts import Act
from gateway.domain.counts import Budget, Count, Use
from gateway.domain.instants import Instant
from gateway.domain.limits import (
    NEVER_COUNTED,
    TABLE,
    Rate,
    count_of,
    count_of_refusal,
    limits_markdown,
    take,
)
from gateway.domain.vocabulary import EnforcementReason, Role
from gateway.judging import refusal
from tests.support.consents import CHILD
from tests.support.registry import a_caller
from tests.unit.test_looking import facts_of

WORKER = a_caller(Role.CASEWORKER)
NOW = Instant(1_800_000_000_000_000)


def told(outcome: Outcome, *, hidden: bool = False, reason: str = "NO_CONSENT", basis: str = "") -> Decision:
    decision = refusal(EnforcementReason.CONTENDED, "0" * 64)
    fields = {name: getattr(decision, name) for name in Decision.__dataclass_fields__}
    changed = {"outcome": outcome, "disclose_existence": not hidden, "reasons": (reason,), "basis": basis}
    return Decision(**{**fields, **changed})


HIDDEN = told(Outcome.DENY, hidden=True)


def whats(count: Count | None) -> set[str]:
    assert count is not None
    return {use.what for use in count.uses}


def test_what_is_shown_counts_as_the_person_it_is_about() -> None:
    for decision in (told(Outcome.PERMIT), told(Outcome.DENY)):
        count = count_of(WORKER, "frg_1", facts_of("frg_1"), decision)
        assert count == Count(
            (
                Use(Budget.PERSONS_OF_ACCOUNT, WORKER.account, CHILD),
                Use(Budget.PERSONS_OF_AGENCY, str(WORKER.agency), CHILD),
            )
        )


def test_what_is_hidden_counts_as_what_was_asked_for_and_not_as_the_person() -> None:
    one = count_of(WORKER, "frg_1", facts_of("frg_1"), HIDDEN)
    other = count_of(WORKER, "frg_2", facts_of("frg_2"), HIDDEN)
    assert whats(one).isdisjoint(whats(other))
    assert CHILD not in whats(one)
    assert one is not None
    assert {use.budget for use in one.uses} == set(Budget)


def test_what_would_be_answered_of_anything_counts_for_nothing() -> None:
    for reason in ("ROLE_NOT_ALLOWED", "PURPOSE_NOT_ALLOWED", *EnforcementReason):
        assert count_of(WORKER, "frg_1", facts_of("frg_1"), told(Outcome.DENY, reason=reason)) is None


def test_an_account_that_is_inactive_is_hidden_everything_and_counts_as_such() -> None:
    decision = told(Outcome.DENY, hidden=True, reason="ACCOUNT_INACTIVE")
    assert CHILD not in whats(count_of(WORKER, "frg_1", facts_of("frg_1"), decision))


def test_only_what_an_emergency_opened_is_urgent() -> None:
    facts = facts_of("frg_1")
    opened = count_of(WORKER, "frg_1", facts, told(Outcome.PERMIT, basis="emergency"))
    shut = count_of(WORKER, "frg_1", facts, told(Outcome.DENY, basis="emergency"))
    assert opened is not None
    assert shut is not None
    assert (opened.urgent, shut.urgent) == (True, False)


def test_a_family_member_has_no_agency_to_count_for() -> None:
    mother = a_caller(Role.GUARDIAN, account="p:mother")
    count = count_of(mother, "frg_1", facts_of("frg_1"), told(Outcome.PERMIT))
    assert count is not None
    assert [use.budget for use in count.uses] == [Budget.PERSONS_OF_ACCOUNT]


def test_a_refused_act_counts_where_it_hides_what_was_named() -> None:
    named = {"consent": "cns_1", "words": "Free text."}
    count = count_of_refusal(WORKER, "read_consent", named, HIDDEN)
    assert count is not None
    assert {use.budget for use in count.uses} == set(Budget)
    assert "Free text." not in repr(count)
    assert count_of_refusal(WORKER, "read_consent", named, told(Outcome.DENY)) is None


@pytest.mark.parametrize("act", sorted(NEVER_COUNTED))
def test_what_narrows_counts_for_nothing_whatever_comes_of_it(act: str) -> None:
    assert count_of_refusal(WORKER, act, {"consent": "cns_1"}, HIDDEN) is None


def test_every_act_of_the_table_that_ends_something_is_among_what_narrows() -> None:
    assert {act for act in Act if act.startswith("end_")} <= NEVER_COUNTED


@pytest.mark.parametrize("rate", Rate)
def test_so_many_pass_at_once_and_the_next_after_its_wait(rate: Rate) -> None:
    limit = TABLE[rate]
    arrival = 0
    for _ in range(limit.allowed):
        taken = take(limit, arrival, NOW)
        assert taken.given == 1
        arrival = taken.arrival
    over = take(limit, arrival, NOW)
    assert (over.given, over.arrival) == (0, arrival)
    assert take(limit, arrival, Instant(NOW + over.wait_us - 1)).given == 0
    assert take(limit, arrival, Instant(NOW + over.wait_us)).given == 1


def test_as_many_are_given_as_are_free() -> None:
    limit = TABLE[Rate.TOKEN]
    first = take(limit, 0, NOW, 50)
    rest = take(limit, first.arrival, NOW, 50)
    assert (first.given, rest.given) == (50, limit.allowed - 50)


def test_the_operators_page_is_the_generated_table() -> None:
    page = (Path(__file__).parents[2] / "deploy/limits.md").read_text(encoding="utf-8")
    assert page.split("<!-- limits -->\n")[1].split("<!-- /limits -->")[0] == limits_markdown()
