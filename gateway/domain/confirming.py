"""A consent that waits because a code on paper was its way in, and who may say it once more.

The giver herself, by another way; or a worker who has spoken with her, of an agency that neither printed the
code nor would receive anything by it: whoever printed and whoever gains are not a second channel, under
whatever account. Units of one body are one agency.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gateway.domain.consent import FROM_THE_ACT, WAITS, ConsentStatus, Directive
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instants import Instant

CONFIRMED: Final = "confirmed"


@dataclass(frozen=True, slots=True)
class SpokenWith:
    """How a worker spoke with the giver (in person, by phone, by video), and what was said."""

    method: str
    words: str = field(repr=False)


def is_waiting(line: Directive, capture: Mapping[str, Any], at: Instant) -> bool:
    """Whether this permit has yet to start only because of the way in by which it was given."""
    lives = line.decision == "permit" and line.status is ConsentStatus.ACTIVE and not line.is_over(at)
    return lives and WAITS in capture and line.from_at > at


def confirmed(line: Directive, capture: Mapping[str, Any], by: Mapping[str, Any], at: Instant) -> Directive:
    """The next version: the same terms, from when its giver had asked, at the earliest from the act on."""
    asked = Instant(capture[WAITS]["from_at"])
    kept = {name: value for name, value in capture.items() if name != WAITS}
    starts = asked if asked > at else FROM_THE_ACT
    return replace(line, version=line.version + 1, from_at=starts, capture={**kept, CONFIRMED: dict(by)})


def is_involved(agency: AgencyId, line: Directive, beside: tuple[AgencyId | None, ...]) -> bool:
    """Whether this agency receives something by the line, or is related to one of those beside.

    A line for anybody, or for a committee, leaves nobody outside; a person counts by the agency beside her.
    """
    if line.recipients == "any":
        return True
    named = [one.agency for one in line.recipients]
    if any(one.committee is not None for one in line.recipients):
        return True
    return any(_are_related(agency, one) for one in (*named, *beside) if one is not None)


def _are_related(one: AgencyId, other: AgencyId) -> bool:
    """Whether the two are one body: a unit and its parent, or two units of one."""
    return parents_of(one)[-1] == parents_of(other)[-1]
