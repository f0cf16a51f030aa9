"""Disable a client: every token that names it is refused from then on."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.caller import Caller
from gateway.domain.ids import ClientId
from gateway.domain.ledger import EntryKind
from gateway.ports import LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged, over_client


@dataclass(frozen=True, slots=True)
class DisableClient:
    """There is no way back: a client that returns is registered anew, under another identifier."""

    registrar: Registrar
    registry: RegistryStore
    ledger: LedgerStore

    async def __call__(self, caller: Caller, client: ClientId, *, once: Once | None = None) -> Done | Refused:
        """Disable it; done already is done."""
        act, over = over_client(caller, await self.registry.row("clients", client))
        errand = Errand(caller, act, EntryKind.CLIENT_DISABLED, over, {"client": client}, once=once)
        done = await self.registrar(errand, lambda note: self.registrar.acts.disable_client(note, client))
        return await acknowledged(done, self.ledger)
