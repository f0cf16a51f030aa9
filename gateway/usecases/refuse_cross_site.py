"""Record that a browser was made to ask for what its person did not ask for."""

from dataclasses import dataclass

from gateway.asking import Refuse, Tried, denied
from gateway.domain.access import Refused
from gateway.domain.caller import Caller
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import Policy


@dataclass(frozen=True, slots=True)
class RefuseCrossSite:
    refuse: Refuse
    policy: Policy

    async def __call__(self, caller: Caller, method: str, path: str) -> Refused:
        """Record it under her whose browser it was."""
        tried = Tried("cross_site", caller, {"method": method, "path": path[:200]})
        return await self.refuse(tried, denied(self.policy.digest, EnforcementReason.CROSS_SITE))
