"""What one request uses up of the budgets of who asks; which these are stands in `limits.py`."""

from enum import StrEnum
from typing import NamedTuple


class Budget(StrEnum):
    PERSONS_OF_ACCOUNT = "persons_of_account"
    PERSONS_OF_AGENCY = "persons_of_agency"
    MISSES = "misses"


class Use(NamedTuple):
    """One thing that counts in one budget: whose budget, and what was asked about."""

    budget: Budget
    whose: str
    what: str


class Count(NamedTuple):
    """What one request uses up; one that is `urgent` is counted and never refused."""

    uses: tuple[Use, ...]
    urgent: bool = False


class Over(NamedTuple):
    """A budget is used up; in so many seconds, whole minutes, something of it is free again."""

    wait_s: int
