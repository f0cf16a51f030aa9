"""Invented people and agencies, and a permit among them."""

from dataclasses import replace
from typing import Any

from gateway.domain.consent import Directive, Recipient
from gateway.domain.ids import AgencyId, ConsentId, PersonId
from gateway.domain.instants import Instant
from tests.support.registry import AT

CHILD, MOTHER, FATHER = PersonId("per_child"), PersonId("per_mother"), PersonId("per_father")
SCHOOL, CLINIC = AgencyId("t:school"), AgencyId("t:clinic")
YEAR_US = 365 * 24 * 3600 * 1_000_000


def a_permit(name: str = "cns_permit", giver: PersonId = MOTHER, **changes: Any) -> Directive:  # noqa: ANN401 - fields of any type
    line = Directive(
        id=ConsentId(name),
        version=1,
        subject=CHILD,
        giver=giver,
        given_as="guardian",
        decision="permit",
        recipients=(Recipient(agency=CLINIC),),
        owners=(SCHOOL,),
        purposes=("service_delivery",),
        categories=("education",),
        from_at=AT,
        until_at=Instant(AT + YEAR_US),
    )
    return replace(line, **changes)
