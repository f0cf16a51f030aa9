"""List the versions of the network's agreement: they are no secret."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.ports import OnboardingStore


@dataclass(frozen=True, slots=True)
class ListAgreements:
    """Who shares with whom, and under which terms, is known to everybody in the network."""

    store: OnboardingStore

    async def __call__(self) -> Sequence[Mapping[str, Any]]:
        """Give `{version, title, digest, effective, sign_by, required_from, in_force}`."""
        return await self.store.agreements()
