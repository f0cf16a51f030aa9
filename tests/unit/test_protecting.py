"""What of a line another family member reads, and whose agencies are protected."""

from gateway.domain.consent import ReachKind, Recipient, StopReach
from gateway.domain.ids import AgencyId
from gateway.domain.protecting import is_protected, masked, named_by
from tests.support.consents import FATHER, MOTHER, SCHOOL, a_permit

SHELTER, EAST = AgencyId("t:shelter"), AgencyId("t:shelter/east")


def test_a_unit_of_a_protected_body_is_protected() -> None:
    assert is_protected(EAST, {SHELTER})
    assert not is_protected(SHELTER, {EAST})
    assert not is_protected(AgencyId("t:shelters"), {SHELTER})


def test_only_her_own_directives_count_as_naming() -> None:
    lines = [
        a_permit("cns_a", giver=FATHER, recipients=(Recipient(agency=SHELTER),)),
        a_permit("cns_b", recipients=(Recipient(agency=EAST),), owners=(SCHOOL,)),
    ]
    assert named_by(lines, MOTHER) == {EAST, SCHOOL}
    assert named_by(lines, None) == frozenset()


def test_a_stop_names_nobody_whatever_it_reaches() -> None:
    reach = StopReach(ReachKind.AGENCY, agency=SHELTER)
    lines = [a_permit("cns_a", recipients=(Recipient(agency=SHELTER),), owners=(SCHOOL,), reach=reach)]
    assert named_by(lines, MOTHER) == frozenset()


def test_exceptions_owners_and_the_reach_of_a_stop_are_masked_too() -> None:
    line = {
        "recipients": "any",
        "owners": [SHELTER, SCHOOL],
        "exceptions": [{"recipients": [{"agency": EAST, "role": "caseworker"}], "purposes": "any"}],
        "reach": {"kind": "agency", "agency": SHELTER, "include_units": True},
    }
    told = masked(line, {SHELTER, EAST})
    assert told["owners"] == [None, SCHOOL]
    assert told["exceptions"] == [{"recipients": [{"agency": None}], "purposes": "any"}]
    assert told["reach"] == {"kind": "agency", "agency": None, "include_units": True}
    assert "shelter" not in str(told)
