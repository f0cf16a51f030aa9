"""The process itself: its clock, its identifiers, its readiness."""

from collections.abc import Mapping
from typing import Protocol

from gateway.domain.instants import Instant


class Clock(Protocol):
    def now(self) -> Instant:
        """What the clock of this process says."""


class Ids(Protocol):
    def new(self, prefix: str) -> str:
        """An identifier nobody can guess: `prefix`, `_`, 26 characters (128 bits)."""


class Readiness(Protocol):
    async def check(self) -> Mapping[str, str]:
        """Each dependency by name with "ok" or a problem code."""
