"""Let a request in, or turn it away at the door: before anything is looked up, and with hardly an entry."""

import asyncio
from dataclasses import dataclass, field

from gateway.asking import Refuse, Tried, denied
from gateway.domain.caller import Caller
from gateway.domain.errors import RateLimitedError
from gateway.domain.instants import Instant
from gateway.domain.limits import Rate
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import Clock, Policy, Rates

SHARE = 20
"""Requests that a process takes at once of what all processes may let in: one transaction for so many.

What it has not let in yet it keeps: in any time, each process lets in at most so many more than the rate.
"""

MOST_KNOWN = 50_000
"""Callers whose shares are kept; a bound on memory, not a rule."""


@dataclass(slots=True)
class AdmitRequest:
    """The ceiling over a client's requests; in the family portal, over each account's.

    Turned away, a request leaves no entry of its own: the first in a minute does, for all of them.
    """

    rates: Rates
    refuse: Refuse
    policy: Policy
    clock: Clock
    _left: dict[str, int] = field(default_factory=dict)
    _shut: dict[str, Instant] = field(default_factory=dict)
    _asking: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    def passes(self, caller: Caller, rate: Rate = Rate.REQUESTS) -> bool:
        """Whether this process's share lets it in: no statement, no waiting."""
        whose = f"{rate}\n{_whose(caller)}"
        left = self._left.get(whose, 0)
        if left == 0:
            return False
        self._left[whose] = left - 1
        return True

    async def __call__(self, caller: Caller, rate: Rate = Rate.REQUESTS) -> None:
        """Let it in once there is a share for it; each rate is counted apart.

        Raises:
            RateLimitedError: There is none yet.
            LedgerUnavailableError: Nobody knows.
        """
        whose = f"{rate}\n{_whose(caller)}"
        while not self.passes(caller, rate):
            wait_us = self._shut.get(whose, 0) - self.clock.now()
            if wait_us > 0:
                raise RateLimitedError.after(wait_us, "too many requests")
            # Those who come together ask once.
            asking = self._asking.get(whose)
            if asking is None:
                asking = self._asking[whose] = asyncio.create_task(self._ask(caller, rate))
                asking.add_done_callback(lambda _: self._asking.pop(whose, None))
            # Who goes away takes the others' answer with her from nobody.
            await asyncio.shield(asking)

    async def _ask(self, caller: Caller, rate: Rate) -> None:
        whose = f"{rate}\n{_whose(caller)}"
        taken = await self.rates.take(rate, _whose(caller), SHARE)
        if taken.given:
            if len(self._left) > MOST_KNOWN:
                self._left.clear()
                self._shut.clear()
            self._left[whose] = self._left.get(whose, 0) + taken.given
            return
        self._shut[whose] = Instant(self.clock.now() + taken.wait_us)
        if (await self.rates.take(Rate.TOLD, _whose(caller))).given:
            reason = denied(self.policy.digest, EnforcementReason.RATE_LIMITED)
            await self.refuse(Tried("request", caller), reason)


def _whose(caller: Caller) -> str:
    """One client of an agency; one person or worker of those who share the portal's or the pages' client."""
    alone = caller.agency is not None and caller.way is None
    return str(caller.client) if alone else f"{caller.client}\n{caller.account}"
