"""Tell the caller who she is to the gateway: account, agency, role, and the roles she could choose."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.caller import Caller
from gateway.domain.vocabulary import FAMILY_ROLES
from gateway.ports import RegistryStore


@dataclass(frozen=True, slots=True)
class Me:
    """`agency` is a row of the public vocabulary; None for a family member."""

    caller: Caller
    roles: tuple[str, ...]
    agency: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class WhoAmI:
    registry: RegistryStore

    async def __call__(self, caller: Caller) -> Me:
        """Answer from the gateway's own records; a token's claims are none."""
        agency = None if caller.agency is None else await self.registry.row("agencies", caller.agency)
        if caller.role in FAMILY_ROLES:
            return Me(caller, tuple(sorted(FAMILY_ROLES)), None)
        row = await self.registry.row("workers", caller.account)
        return Me(caller, () if row is None else tuple(row["roles"]), agency)
