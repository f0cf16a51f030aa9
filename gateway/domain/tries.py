"""How many times somebody may be wrong: some tries, then waits that grow, and never for ever.

A count belongs to what was typed, not to what exists: a code that nobody has is counted and made to wait
exactly like one that somebody has, so that no wait tells the one from the other.
"""

from dataclasses import dataclass

from gateway.domain.instants import HOUR_US, MINUTE_US, Instant


@dataclass(frozen=True, slots=True)
class Rule:
    """`free` failures cost nothing; each further one waits, the first `wait_us`, each twice the one before.

    No wait is longer than `longest_us`. After `forgotten_us` without a failure the count begins again.
    """

    free: int
    wait_us: int
    longest_us: int
    forgotten_us: int


OF_A_CODE = Rule(free=5, wait_us=15 * MINUTE_US, longest_us=24 * HOUR_US, forgotten_us=72 * HOUR_US)
"""Five tries, then a quarter of an hour: who has the paper and not the day gets some thirty tries a month."""

OF_AN_ADDRESS = Rule(free=60, wait_us=MINUTE_US, longest_us=15 * MINUTE_US, forgotten_us=2 * HOUR_US)
"""Many families come from one address: a school's, a shelter's, a telephone company's."""

OF_A_LOSS = Rule(free=30, wait_us=MINUTE_US, longest_us=5 * MINUTE_US, forgotten_us=HOUR_US)
"""Losses reported from one address; whoever stops something is made to wait as little as may be."""


@dataclass(frozen=True, slots=True)
class Tries:
    """What is known of a count: how many failures, when the last one was, until when the next must wait."""

    failures: int
    last_at: Instant
    until_at: Instant

    def wait_us(self, at: Instant) -> int:
        """How long a try at this instant must wait; 0 for one that need not."""
        return max(0, self.until_at - at)

    def counted(self, rule: Rule, at: Instant) -> "Tries":
        """The count with one more."""
        forgotten = at - self.last_at >= rule.forgotten_us
        failures = 1 if forgotten else self.failures + 1
        over = failures - rule.free
        wait = 0 if over < 0 else min(rule.wait_us << min(over, 40), rule.longest_us)
        return Tries(failures, at, Instant(at + wait))


NONE_YET = Tries(0, Instant(0), Instant(0))
