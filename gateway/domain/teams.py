"""Teams of an agency's workers, and who is on call for them: so that nights do not mean emergencies."""

from dataclasses import dataclass, field
from enum import StrEnum

from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId, AssignmentId, DutyId, PersonId, TeamId, WorkerId
from gateway.domain.instants import DAY_US, Instant

MOST_PERSONS = 100
"""Persons that one team may be assigned to at a time: its end is one act, and bulk changes are bounded."""
MOST_DUTIES = 200
"""Members and roster periods that are not over, of one team."""
MAX_NAME = 80

LONGEST_ON_CALL_US = 31 * DAY_US
"""Whoever is on call for longer is a member."""


class Duty(StrEnum):
    MEMBER = "member"
    ON_CALL = "on_call"


@dataclass(frozen=True, slots=True)
class NewTeam:
    id: TeamId
    agency: AgencyId
    name: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class NewDuty:
    """A worker's part in a team; `from_at` None starts at the act's own instant."""

    id: DutyId
    team: TeamId
    worker: WorkerId
    duty: Duty
    from_at: Instant | None = None
    until_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class NewTeamAssignment:
    """From the act's own instant on, each member is assigned while she is one, and who is on call then."""

    id: AssignmentId
    team: TeamId
    person: PersonId
    until_at: Instant | None = None


def check_team_name(name: str) -> str:
    """Give a team's name as it is kept; families read it.

    Raises:
        MalformedError: Empty, longer than 80 characters, or not printable.
    """
    kept = name.strip()
    if not 1 <= len(kept) <= MAX_NAME or not kept.isprintable():
        raise MalformedError("a team has a name of 1 to 80 characters", field="name")
    return kept


def check_duty(new: NewDuty, at: Instant) -> Instant:
    """Give the instant at which a duty begins: never before the act that gives it.

    Raises:
        MalformedError: A period that is empty or over, or an on-call duty without an end within 31 days.
    """
    from_at = at if new.from_at is None else Instant(max(new.from_at, at))
    if new.until_at is not None and new.until_at <= from_at:
        raise MalformedError("a duty ends after it starts", field="until")
    if new.duty is Duty.ON_CALL:
        if new.until_at is None:
            raise MalformedError("whoever is on call is so until an instant", field="until")
        if new.until_at - from_at > LONGEST_ON_CALL_US:
            raise MalformedError("nobody is on call for more than 31 days at once", field="until")
    return from_at
