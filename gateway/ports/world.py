"""The process itself: its clock, its identifiers, its readiness."""

from collections.abc import Callable, Mapping
from typing import Protocol

from gateway.domain.instants import Instant


class Clock(Protocol):
    def now(self) -> Instant:
        """What the clock of this process says."""


class Ids(Protocol):
    def new(self, prefix: str) -> str:
        """An identifier nobody can guess: `prefix`, `_`, 26 characters (128 bits)."""


class Secrets(Protocol):
    def new(self) -> str:
        """256 bits that nobody can guess, as 43 characters of base64url."""


class Readiness(Protocol):
    async def check(self) -> Mapping[str, str]:
        """Each dependency by name with "ok" or a problem code."""


class Uploads(Protocol):
    """Threads in which a content is sealed while its sender is still sending."""

    async def run(self, work: Callable[[], int]) -> int:
        """Do the work off the loop. Raises BusyError when as many are under way as there may be."""
