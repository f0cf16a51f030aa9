"""Findings: what somebody has determined about a person, on which decisions rest.

A capacity, a harm that a reading would do, a session of a committee, a transfer, an emergency that was
declared: each is one record with revisions, kept sealed under the person's record key.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from gateway.domain.ids import AgencyId, FindingId, PersonId
from gateway.domain.instants import FAR_FUTURE, Instant

UNRECORDED = Instant(0)
"""Of a record that no act has written yet."""

AT_THE_ACT = Instant(0)
"""As a bound that an act sets: the moment at which the ledger records it."""


NOBODYS = AgencyId("(operator)")
"""Stands for the agency of a record that an operator put in for none; no agency can be called so."""


class FindingKind(StrEnum):
    CAPACITY = "capacity"
    HARM = "harm"
    CONSULTATION = "consultation"
    AGREEMENT = "agreement"
    SESSION = "session"
    TRANSFER = "transfer"
    EMERGENCY = "emergency"


@dataclass(frozen=True, slots=True)
class Finding:
    """One revision of a record; it holds in `[from_at, until_at)`, an absent bound is none.

    `document` is JSON in the field names of the kind. `recorded_at` is the instant of the first revision.
    """

    id: FindingId
    person: PersonId
    kind: FindingKind
    document: Mapping[str, Any] = field(repr=False)
    revision: int = 1
    recorded_at: Instant = UNRECORDED
    from_at: Instant | None = None
    until_at: Instant | None = None

    def holds_at(self, at: Instant) -> bool:
        """Whether it holds at this instant."""
        started = self.from_at is None or self.from_at <= at
        return started and (self.until_at is None or at < self.until_at)


def agency_of(finding: Finding) -> AgencyId:
    """Whose record it is: the agency that found it, or whose session it is; no other ends it."""
    return AgencyId(finding.document.get("agency") or NOBODYS)


def found_now(
    name: FindingId,
    person: PersonId,
    kind: FindingKind,
    document: Mapping[str, Any],
    until_at: Instant | None = None,
) -> Finding:
    """A record that holds from the act on that writes it."""
    return Finding(name, person, kind, document, from_at=AT_THE_ACT, until_at=until_at)


def ended(finding: Finding, now: Instant) -> Finding:
    """The record's next revision, over from the act on that writes it; what is over stays as it ended."""
    over = finding.until_at is not None and finding.until_at <= now
    until_at = finding.until_at if over else AT_THE_ACT
    return replace(finding, until_at=until_at, revision=finding.revision + 1)


def next_bound(findings: Iterable[Finding], at: Instant) -> Instant:
    """Find the first start or end after this instant: the policy is not given them as dates."""
    bounds = (bound for one in findings for bound in (one.from_at, one.until_at))
    return Instant(min((bound for bound in bounds if bound is not None and bound > at), default=FAR_FUTURE))
