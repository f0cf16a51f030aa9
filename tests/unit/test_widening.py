"""What a family opens by a code waits a day; what she closes never does: one rule for every kind of entry."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.errors import CorruptionError
from gateway.domain.ids import DecisionId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import Role
from gateway.domain.way import Way
from gateway.domain.widening import TURNS, WAIT_US, Turn, opens_at, require_waited, turn_of
from tests.support.registry import AT, GUARDIAN, PIVOT

BY_CODE = replace(GUARDIAN, way=Way.CODE, enrolment="enr_1", waits_until=FAR_FUTURE)
BY_YOUNG_PASSKEY = replace(GUARDIAN, way=Way.PASSKEY, enrolment="enr_2", waits_until=Instant(AT + 1))
BY_OLD_PASSKEY = replace(GUARDIAN, way=Way.PASSKEY, enrolment="enr_2", waits_until=AT)
CERTAIN = [GUARDIAN, BY_OLD_PASSKEY, replace(GUARDIAN, way=Way.OIDC), PIVOT]

# Every kind that a family member may write, and which way it turns; any other counts as one that widens.
EXPECTED = """
consent_given permit             widens
consent_given deny               narrows
consent_withdrawn permit         narrows
consent_withdrawn deny           widens
consent_confirmed -              widens
stopped -                        narrows
stop_lifted -                    widens
agreement_given -                widens
agreement_withdrawn -            narrows
transfer_answered agreed         widens
transfer_answered refused_by_family narrows
recommendation_refused -         narrows
passkey_added -                  widens
passkey_removed -                narrows
code_revoked -                   narrows
released -                       neither
refused -                        neither
inquired -                       neither
release_cut -                    neither
listed -                         neither
ledger_read -                    neither
ledger_exported -                neither
notified -                       neither
question_asked -                 neither
report_submitted -               neither
signed_in -                      neither
sign_in_refused -                neither
signed_out -                     neither
"""


def rows() -> list[tuple[EntryKind, str, Turn]]:
    cells = [line.split() for line in EXPECTED.strip().splitlines()]
    return [(EntryKind(kind), what.replace("-", ""), Turn(turn)) for kind, what, turn in cells]


def note(caller: Caller | None, kind: EntryKind, what: str = "") -> Note:
    said: dict[str, Any] = {"decision": what, "state": what} if what else {}
    return Note(kind, DecisionId("dec_1"), caller, said)


def test_the_table_is_as_reviewed() -> None:
    assert dict(TURNS) == {(kind, what): turn for kind, what, turn in rows()}


@pytest.mark.parametrize(("kind", "what", "turn"), rows())
@pytest.mark.parametrize("caller", [BY_CODE, BY_YOUNG_PASSKEY])
def test_of_who_came_by_a_code_what_widens_waits_a_day_and_what_narrows_does_not(
    caller: Caller, kind: EntryKind, what: str, turn: Turn
) -> None:
    act = note(caller, kind, what)
    assert turn_of(act) is turn
    assert opens_at(act, AT) == (AT + WAIT_US if turn is Turn.WIDENS else AT)


@pytest.mark.parametrize(("kind", "what", "turn"), rows())
@pytest.mark.parametrize("caller", CERTAIN)
def test_of_anybody_else_nothing_waits(caller: Caller, kind: EntryKind, what: str, turn: Turn) -> None:
    assert turn in Turn
    assert opens_at(note(caller, kind, what), AT) == AT


@pytest.mark.parametrize("kind", sorted(set(EntryKind) - {kind for kind, _ in TURNS}))
def test_a_kind_that_nobody_has_thought_of_waits_too(kind: EntryKind) -> None:
    assert opens_at(note(BY_CODE, kind), AT) == AT + WAIT_US
    assert opens_at(note(GUARDIAN, kind), AT) == AT


@pytest.mark.parametrize("kind", sorted({kind for kind, what in TURNS if what}))
def test_an_act_that_does_not_say_what_it_is_waits(kind: EntryKind) -> None:
    assert opens_at(note(BY_CODE, kind), AT) == AT + WAIT_US


def test_an_operators_act_waits_for_nothing() -> None:
    assert opens_at(note(None, EntryKind.CONSENT_GIVEN, "permit"), AT) == AT


@pytest.mark.parametrize("opened_at", [None, AT, Instant(AT + WAIT_US - 1)])
def test_the_writer_takes_no_act_that_opens_too_early(opened_at: Instant | None) -> None:
    act = note(BY_CODE, EntryKind.CONSENT_GIVEN, "permit")
    with pytest.raises(CorruptionError):
        require_waited(act, opened_at, AT)
    require_waited(act, Instant(AT + WAIT_US), AT)


def test_the_writer_lets_through_what_narrows_and_whoever_is_not_doubtful() -> None:
    require_waited(note(BY_CODE, EntryKind.STOPPED), None, AT)
    require_waited(note(BY_CODE, EntryKind.CONSENT_GIVEN, "deny"), Instant(AT - 5), AT)
    require_waited(note(GUARDIAN, EntryKind.CONSENT_GIVEN, "permit"), Instant(AT - 5), AT)
    assert GUARDIAN.role is Role.GUARDIAN
