"""What keeps anybody from asking too often."""

from typing import Protocol

from gateway.domain.limits import Rate, Taken


class Rates(Protocol):
    """Counts for all processes together; keys are blinded, so any text may name whose rate it is."""

    async def take(self, rate: Rate, whose: str, wanted: int = 1) -> Taken:
        """Take as many as are free of those wanted, and have them counted whatever follows.

        Raises:
            LedgerUnavailableError: Nothing is known to be counted: nothing is let through.
        """

    async def require(self, rate: Rate, whose: str) -> None:
        """Take one.

        Raises:
            RateLimitedError: None is free; it says in how many seconds one will be.
            LedgerUnavailableError: As `take`.
        """
