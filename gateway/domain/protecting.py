"""Which agencies a family member is told of: a protected one only where she may know it (rule 3.10, A7)."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.access import Viewer
from gateway.domain.consent import Directive, Names
from gateway.domain.ids import AgencyId, PersonId, parents_of


def agencies_in(line: Directive) -> frozenset[AgencyId]:
    """Name every agency that a line names: its recipients, owners, exceptions and the reach of a stop."""
    names = Names.of(line)
    reach = () if line.reach is None or line.reach.agency is None else (line.reach.agency,)
    return frozenset(AgencyId(one) for one in {*names.agencies, *names.owners, *reach})


def is_protected(agency: AgencyId, protected: Collection[AgencyId]) -> bool:
    """Whether it is one of these, or a unit of one."""
    return any(body in protected for body in parents_of(agency))


def named_by(directives: Iterable[Directive], person: PersonId | None) -> frozenset[AgencyId]:
    """Name the agencies that she named herself, as recipient or owner in a directive of her own.

    A stop is none: what it reaches the gateway finds, or she names it to learn whether it is there.
    """
    own = [one for one in directives if person is not None and one.giver == person and one.reach is None]
    owners = {agency for one in own if one.owners != "any" for agency in one.owners}
    recipients = {to.agency for one in own if one.recipients != "any" for to in one.recipients}
    return frozenset(owners | {agency for agency in recipients if agency is not None})


def with_named(viewers: Iterable[Viewer], directives: Collection[Directive]) -> tuple[Viewer, ...]:
    """Give each viewer, as a fact of hers, the agencies that she named (domain rule 3.10, A6)."""
    return tuple(
        replace(one, facts={**one.facts, "named": sorted(named_by(directives, one.person))})
        for one in viewers
    )


def masked(line: Mapping[str, Any], hidden: Collection[AgencyId]) -> dict[str, Any]:
    """Give a line in the policy's fields as another family member than its giver may read it.

    An agency that she may not be told of is null: "an organisation". So is every single person.
    """
    told = dict(line)
    if told.get("recipients", "any") != "any":
        told["recipients"] = [_recipient(one, hidden) for one in told["recipients"]]
    if told.get("owners", "any") != "any":
        told["owners"] = [None if one in hidden else one for one in told["owners"]]
    if "exceptions" in told:
        told["exceptions"] = [masked(one, hidden) for one in told["exceptions"]]
    reach = told.get("reach")
    if reach is not None and reach.get("agency") in hidden:
        told["reach"] = {**reach, "agency": None}
    return told


def _recipient(one: Mapping[str, Any], hidden: Collection[AgencyId]) -> dict[str, Any]:
    if one.get("agency") in hidden:
        return {"agency": None}
    return {**one, "person": None} if "person" in one else dict(one)
