"""List the agencies of the network: a public vocabulary, in French and English."""

from dataclasses import dataclass

from gateway.domain.registry import PAGE, Page
from gateway.ports import RegistryStore


@dataclass(frozen=True, slots=True)
class ListAgencies:
    """Needs no caller: who takes part in the network is no secret."""

    registry: RegistryStore

    async def __call__(self, *, after: str = "") -> Page:
        """Give `{id, parent, name: {fr, en}, status, etag}` of the next agencies by their ids."""
        return Page.of(await self.registry.rows("agencies", None, {}, after, PAGE + 1), PAGE)
