"""What a family is not told yet: until when it is held, and what may end that (domain rules A5 and B8).

Time ends a delay that was declared, and nothing else. What an order keeps from the family is asked about each
day: its seal may be over. What an agency reports, or does under shared secret without informing, an officer
tells or nobody.
"""

from enum import StrEnum

from gateway.domain.instants import FAR_FUTURE
from gateway.domain.telling import Happening

DAY_US = 24 * 3_600_000_000

APPROVAL_US = DAY_US
"""A delay that a worker declared is told after this time, unless an officer approves it (B8)."""

AGAIN_US = DAY_US
"""What may not be told now may be told later: it is asked again after this time."""

MAX_DELAY_US = 30 * DAY_US
"""The longest delay that one approval gives (B8)."""

HELD = "delay_family_notice"


class Lift(StrEnum):
    """A word that the audience rule takes with an entry that was held."""

    RELEASED = "released"
    """An officer says so: nothing holds it any more."""
    DELAY_OVER = "delay_over"
    """The declared delay is over; an order that keeps it from the family goes on keeping it."""


def held_us(event: Happening) -> int:
    """How long what nobody may be told yet is held before it is asked whether it may; FAR_FUTURE: never."""
    if event.of_entry is not None:
        return AGAIN_US
    question = event.question or {}
    # A dry run owes nobody anything, but what it asked says whether it would have been delayed.
    if HELD in event.obligations.union(question.get("entry", {}).get("obligations", ())):
        return APPROVAL_US if event.basis == "emergency" else FAR_FUTURE
    query = question.get("query", {})
    context = query.get("context", {})
    secret = query.get("purpose") == "child_protection" and context.get("consent_model") == "shared_secret"
    return FAR_FUTURE if secret and context.get("family_informed") is not True else AGAIN_US
