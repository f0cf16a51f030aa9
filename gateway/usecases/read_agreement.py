"""Read a version of the network's agreement, and how each agency stands towards it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.errors import NotVisibleError
from gateway.ports import OnboardingStore


@dataclass(frozen=True, slots=True)
class ReadAgreement:
    """As the list, with the text, and `agencies`: `{agency, standing, signed}`."""

    store: OnboardingStore

    async def __call__(self, version: str) -> Mapping[str, Any]:
        """Give it.

        Raises:
            NotVisibleError: There is no such version.
        """
        found = await self.store.agreement(version)
        if found is None:
            raise NotVisibleError("there is no such version")
        return found
