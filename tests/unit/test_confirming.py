"""Who is no second channel for a consent that waits."""

import pytest

from gateway.domain.confirming import is_involved
from gateway.domain.consent import Directive, Recipient
from gateway.domain.ids import AgencyId, ConsentId, PersonId
from gateway.domain.instants import Instant

MADE_UP = AgencyId("qc:centre/nord")


def a_line(recipient: str) -> Directive:
    return Directive(
        id=ConsentId("cns_1"),
        version=1,
        subject=PersonId("p:child"),
        giver=PersonId("p:parent"),
        given_as="guardian",
        decision="permit",
        recipients=(Recipient(agency=AgencyId(recipient)),),
        owners="any",
        purposes="any",
        categories="any",
        from_at=Instant(0),
        until_at=None,
    )


@pytest.mark.parametrize(
    ("other", "involved"),
    [
        ("qc:centre", True),
        ("qc:centre/sud", True),
        ("qc:centre/nord/equipe", True),
        ("qc:centre-autre", False),
        ("qc:school", False),
    ],
)
def test_units_of_one_body_are_one_agency(other: str, *, involved: bool) -> None:
    assert is_involved(MADE_UP, a_line(other), ()) is involved
    assert is_involved(MADE_UP, a_line("qc:house"), (AgencyId(other),)) is involved
