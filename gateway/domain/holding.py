"""What a family is not told yet: until when it is held, and what may end that (domain rules A5 and B8).

Time ends a delay that was declared, and nothing else. What an order keeps from the family is asked about each
day: its seal may be over. What an agency reports, or does under shared secret without informing, an officer
tells or nobody.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from gateway.domain.instants import FAR_FUTURE
from gateway.domain.telling import Happening

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US

AGAIN_US = DAY_US
"""What may not be told now may be told later: it is asked again after this time."""

HELD = "delay_family_notice"


class Terms(NamedTuple):
    """How long things of an emergency wait, in microseconds: figures of the bundle (rules B8 and B9)."""

    review_us: int
    """An access is reviewed within this time."""
    declared_us: int
    """A delay that a worker declared is over after this time, unless an officer approves one."""
    approved_us: int
    """The longest delay that one approval gives."""

    @classmethod
    def of_table(cls, emergency: Mapping[str, int]) -> "Terms":
        """Read the bundle's table of emergencies."""
        return cls(
            review_us=emergency["review_hours"] * HOUR_US,
            declared_us=emergency["declared_delay_hours"] * HOUR_US,
            approved_us=emergency["approved_delay_days"] * DAY_US,
        )


class Lift(StrEnum):
    """A word that the audience rule takes with an entry that was held."""

    RELEASED = "released"
    """An officer says so: nothing holds it any more."""
    DELAY_OVER = "delay_over"
    """The declared delay is over; an order that keeps it from the family goes on keeping it."""


def held_us(event: Happening, terms: Terms) -> int:
    """How long what nobody may be told yet is held before it is asked whether it may; FAR_FUTURE: never."""
    if event.of_entry is not None:
        return AGAIN_US
    question = event.question or {}
    # A dry run owes nobody anything, but what it asked says whether it would have been delayed.
    if HELD in event.obligations.union(question.get("entry", {}).get("obligations", ())):
        return terms.declared_us if event.basis == "emergency" else FAR_FUTURE
    query = question.get("query", {})
    context = query.get("context", {})
    secret = query.get("purpose") == "child_protection" and context.get("consent_model") == "shared_secret"
    return FAR_FUTURE if secret and context.get("family_informed") is not True else AGAIN_US
