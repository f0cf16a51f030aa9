"""Delete sealed content that no fragment links: what a crash or a cancelled upload left behind."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from gateway.domain.instants import Instant
from gateway.ports import Clock

AGE_S = 24 * 60 * 60
"""No upload lasts so long: what is younger may still be linked."""

_US = 1_000_000


class Links(Protocol):
    async def linked(self) -> frozenset[str]:
        """Every name that a section of any version stands behind."""


class Swept(Protocol):
    def sweep(self, linked: frozenset[str], before: Instant) -> int:
        """Delete what was last written before that instant and is not among these; say how many."""


@dataclass(frozen=True, slots=True)
class SweepContent:
    """Runs at each start, never in quarantine: a database put back would not know what it links."""

    links: Links
    content: Swept
    clock: Clock

    async def __call__(self) -> int:
        """Sweep once; gives how many files went.

        Raises:
            OSError: The folder cannot be read or written; the next start tries again.
            LedgerUnavailableError: The database does not say what is linked: nothing is deleted.
        """
        before = Instant(self.clock.now() - AGE_S * _US)
        linked = await self.links.linked()
        return await asyncio.to_thread(self.content.sweep, linked, before)
