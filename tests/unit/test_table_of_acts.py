"""The table of acts, cell by cell against one written by hand: role x act x whose agency."""

import pytest

from gateway.domain.acts import INACTIVE, NO_LINK, NOT_FOR_ROLE, TABLE, Act, Reach, objection_to
from gateway.domain.ids import AgencyId
from gateway.domain.vocabulary import Role
from tests.support.registry import a_caller

# - refused; o over the caller's own agency; u and its units; n any agency, for a network-wide account;
# w her own, and any for a network-wide account
EXPECTED = """
                         caseworker pivot child_protection_worker committee_member guardian youth privacy_officer auditor agency_admin system
match_person             o          o     o                       -                -        -     -               -       -            -
open_dossier             o          o     o                       -                -        -     -               -       -            -
deposit                  o          o     o                       -                -        -     -               -       -            -
relabel                  o          o     o                       -                -        -     -               -       -            -
delete                   o          o     o                       -                -        -     -               -       -            -
hold                     o          o     o                       -                -        -     -               -       -            -
lift_hold                o          o     o                       -                -        -     -               -       -            -
mark_in_error            o          o     o                       -                -        -     -               -       -            -
assign                   -          o     -                       -                -        -     -               -       u            -
end_assignment           -          o     -                       -                -        -     -               -       u            -
record_authority         -          -     o                       -                -        -     o               -       -            -
end_authority            -          -     o                       -                -        -     o               -       -            -
record_capacity          o          o     o                       -                -        -     -               -       -            -
end_capacity             o          o     o                       -                -        -     -               -       -            -
determine_harm           o          o     o                       -                -        -     -               -       -            -
end_harm                 o          o     o                       -                -        -     -               -       -            -
consult_youth            o          o     o                       -                -        -     -               -       -            -
open_session             o          o     o                       -                -        -     -               -       -            -
close_session            o          o     o                       -                -        -     -               -       -            -
recuse                   o          o     o                       o                -        -     -               -       -            -
offer_transfer           o          o     o                       -                -        -     -               -       -            -
take_transfer            o          o     o                       -                -        -     -               -       -            -
complete_transfer        o          o     o                       -                -        -     -               -       -            -
administer_agency        -          -     -                       -                -        -     -               -       u            -
administer_network       -          -     -                       -                -        -     -               -       n            -
manage_team              -          -     -                       -                -        -     -               -       u            -
list_teams               -          o     -                       -                -        -     o               -       u            -
sign_agreement           -          -     -                       -                -        -     -               -       o            -
leave_network            -          -     -                       -                -        -     -               -       o            -
list_workers             -          o     -                       -                -        -     o               -       u            -
list_assignments         -          o     -                       -                -        -     o               -       u            -
record_instrument        -          -     -                       -                -        -     o               -       -            -
end_instrument           -          -     -                       -                -        -     w               -       -            -
list_instruments         -          -     -                       -                -        -     o               -       -            -
list_approvals           -          -     -                       -                -        -     w               -       -            -
answer_approval          -          -     -                       -                -        -     w               -       -            -
tell_family              -          -     -                       -                -        -     w               -       -            -
review                   -          -     -                       -                -        -     w               -       -            -
list_emergencies         o          o     o                       -                -        -     -               -       -            -
print_code               o          o     o                       -                -        -     o               -       -            -
confirm_consent          o          o     o                       -                -        -     -               -       -            -
"""  # noqa: E501 - a table is read across

MARKS = {"o": Reach.OWN, "u": Reach.OWN_AND_UNITS, "n": Reach.NETWORK, "w": Reach.OWN_OR_NETWORK}
REACHED = {
    "-": set[str](),
    "o": {"own", "own, network-wide"},
    "u": {"own", "unit", "own, network-wide"},
    "n": {"own, network-wide", "other, network-wide"},
    "w": {"own", "own, network-wide", "other, network-wide"},
}
PLACES = {
    "own": ("t:school", False),
    "unit": ("t:school/annex", False),
    "parent": ("t", False),
    "other": ("t:clinic", False),
    "namesake": ("t:school-two", False),
    "own, network-wide": ("t:school", True),
    "other, network-wide": ("t:clinic", True),
}


def cells() -> list[tuple[Role, Act, str]]:
    head, *lines = EXPECTED.strip("\n").splitlines()
    roles = head.split()
    found = []
    for line in lines:
        act, *marks = line.split()
        found += [(Role(role), Act(act), mark) for role, mark in zip(roles, marks, strict=True)]
    return found


def test_the_expected_table_has_a_cell_for_every_role_and_act() -> None:
    assert {(role, act) for role, act, _ in cells()} == {(role, act) for role in Role for act in Act}


@pytest.mark.parametrize(("role", "act", "mark"), cells())
def test_a_cell_of_the_table_is_as_reviewed(role: Role, act: Act, mark: str) -> None:
    assert TABLE.get((role, act)) == MARKS.get(mark)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(("role", "act", "mark"), cells())
def test_an_act_reaches_exactly_the_agencies_of_its_cell(role: Role, act: Act, mark: str, place: str) -> None:
    agency, network_wide = PLACES[place]
    caller = a_caller(role, network_wide=network_wide)
    objection = objection_to(caller, act, AgencyId(agency))
    assert objection == (None if place in REACHED[mark] else NOT_FOR_ROLE)


@pytest.mark.parametrize(("role", "act", "mark"), cells())
def test_what_does_not_exist_for_the_caller_is_hidden_from_whom_the_table_lists(
    role: Role, act: Act, mark: str
) -> None:
    listed = mark in {"o", "u", "w"}
    assert objection_to(a_caller(role), act, None) == (NO_LINK if listed else NOT_FOR_ROLE)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", Role)
def test_an_inactive_account_does_nothing(role: Role, act: Act) -> None:
    caller = a_caller(role, active=False, network_wide=True)
    assert objection_to(caller, act, AgencyId("t:school")) == INACTIVE
