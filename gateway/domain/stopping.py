"""Ending and stopping: what a stop records and withdraws, and who may lift a refusal (domain rule C15)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from gateway.domain.caller import Caller
from gateway.domain.consent import (
    FROM_THE_ACT,
    ConsentStatus,
    Directive,
    ReachKind,
    Recipient,
    StopReach,
)
from gateway.domain.errors import MalformedError
from gateway.domain.ids import ConsentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role


@dataclass(frozen=True, slots=True, order=True)
class Continues:
    """Workers of `agency` may still read what `owner` holds of this category, for this purpose."""

    agency: str
    owner: str
    category: str
    purpose: str
    basis: str
    reason: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Who may have a ground to read without being assigned, by account or agency.

    `with_units` are those of `agencies` whose units are meant too.
    """

    accounts: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()
    with_units: frozenset[str] = frozenset()


def refusal_within(reach: StopReach, stop: tuple[ConsentId, PersonId], giver: PersonId) -> Directive:
    """The refusal that a stop records, with no end, from the moment of the stop (domain rule C15).

    Args:
        stop: The refusal's own lineage id and the person whose dossier it is.
        giver: Who stops: the person herself, or a holder of authority over her.
    """
    consent, subject = stop
    named = Recipient(agency=reach.agency, include_units=reach.include_units)
    return Directive(
        id=consent,
        version=1,
        subject=subject,
        giver=giver,
        given_as="self" if giver == subject else "guardian",
        decision="deny",
        recipients=(named,) if reach.kind is ReachKind.AGENCY else "any",
        owners="any",
        purposes="any",
        categories="any" if reach.category is None else (reach.category,),
        from_at=FROM_THE_ACT,
        until_at=None,
        fragments=None if reach.fragment is None else (reach.fragment,),
        reach=reach,
    )


def stopped_by(
    reach: StopReach, giver: PersonId, directives: Iterable[Directive], at: Instant
) -> list[Directive]:
    """The giver's own permits that are not over and lie wholly inside the reach."""
    return [
        one
        for one in directives
        if one.decision == "permit" and one.giver == giver and not one.is_over(at) and reach.holds(one)
    ]


def withdrawn(directive: Directive, at: Instant) -> Directive:
    """The same line, over for good from this instant on; what has ended already stays as it ended."""
    if directive.is_over(at):
        return directive
    return replace(directive, status=ConsentStatus.WITHDRAWN, withdrawn_at=at)


def check_reach(reach: StopReach) -> None:
    """Accept a reach that names exactly what its kind needs.

    Raises:
        MalformedError: Nothing named where something must be, or something that the kind has no use for.
    """
    named = {"agency": reach.agency, "category": reach.category, "fragment": reach.fragment}
    needed = {ReachKind.AGENCY: "agency", ReachKind.CATEGORY: "category", ReachKind.DOCUMENT: "fragment"}
    for name, value in named.items():
        if (value is not None) != (needed.get(reach.kind) == name):
            raise MalformedError("a stop names exactly what its reach needs", field=name)


def may_lift(caller: Caller, refusal: Directive) -> bool:
    """Whether a refusal is hers to lift: its giver's, or the youth's; her standing is the policy's to say."""
    if caller.person is None:
        return False
    is_youth = caller.role is Role.YOUTH and caller.person == refusal.subject
    return is_youth or caller.person == refusal.giver
