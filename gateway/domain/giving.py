"""What somebody agrees to or refuses, in whose words, and the line that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from gateway.domain.acting import Once
from gateway.domain.caller import Caller
from gateway.domain.consent import FROM_THE_ACT, Directive, Recipient
from gateway.domain.ids import AgencyId, ConsentId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role, Sensitivity


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed to, or refused; without a start it holds from the moment it is recorded."""

    decision: Literal["permit", "deny"]
    recipients: Literal["any"] | tuple[Recipient, ...]
    owners: Literal["any"] | tuple[AgencyId, ...]
    purposes: Literal["any"] | tuple[str, ...]
    categories: Literal["any"] | tuple[str, ...]
    until_at: Instant | None
    from_at: Instant | None = None
    max_sensitivity: Sensitivity | None = None
    data_period: tuple[Instant | None, Instant | None] | None = None
    fragments: tuple[FragmentId, ...] | None = None
    one_time: bool = False
    notify_family: bool = False
    exceptions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Spoken:
    """How somebody's words reached the worker who records them.

    `giver` is the agency's handle of who spoke; `evidence` is in the policy's own fields.
    """

    giver: str
    evidence: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """`person` is the caller's handle of the person; `spoken` is None where the family gives it herself."""

    caller: Caller
    person: str
    terms: Terms
    purpose: str
    spoken: Spoken | None = None
    replaces: tuple[ConsentId, int] | None = None
    capture: Mapping[str, Any] = field(default_factory=dict)
    once: Once | None = None


def line_of(given: Given, giver: PersonId, person: PersonId, consent: ConsentId) -> Directive:
    """The line in the form that is kept and evaluated."""
    terms, before = given.terms, given.replaces
    is_self = giver == person and given.caller.role is not Role.GUARDIAN
    return Directive(
        id=consent,
        version=1 if before is None else before[1] + 1,
        subject=person,
        giver=giver,
        given_as="self" if is_self else "guardian",
        decision=terms.decision,
        recipients=terms.recipients,
        owners=terms.owners,
        purposes=terms.purposes,
        categories=terms.categories,
        from_at=FROM_THE_ACT if terms.from_at is None else terms.from_at,
        until_at=terms.until_at,
        max_sensitivity=terms.max_sensitivity,
        data_period=terms.data_period,
        fragments=terms.fragments,
        one_time=terms.one_time,
        notify_family=terms.notify_family,
        exceptions=terms.exceptions,
        capture={**given.capture, **_recorded(given)},
    )


def _recorded(given: Given) -> Mapping[str, Any]:
    """How her words were recorded, and by whom: the giver may read both."""
    if given.spoken is None:
        return {}
    by = {"account": given.caller.account, "agency": given.caller.agency, "role": str(given.caller.role)}
    return {**given.spoken.evidence, "recorded_by": by}
