"""Retire a key of a client: what it signs is refused from then on, and so are the tokens that it brought."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.caller import Caller
from gateway.domain.ids import ClientId
from gateway.domain.ledger import EntryKind
from gateway.ports import ClientKeyStore, LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged, over_client


@dataclass(frozen=True, slots=True)
class RetireClientKey:
    """There is no way back: another key is another row."""

    registrar: Registrar
    registry: RegistryStore
    ledger: LedgerStore
    keys: ClientKeyStore

    async def __call__(
        self, caller: Caller, client: ClientId, kid: str, *, once: Once | None = None
    ) -> Done | Refused:
        """Retire it; done already is done."""
        act, over = over_client(caller, await self.registry.row("clients", client))
        detail = {"client": client, "kid": kid}
        errand = Errand(caller, act, EntryKind.CLIENT_KEY_RETIRED, over, detail, once=once)
        done = await self.registrar(errand, lambda note: self.keys.retire_client_key(note, client, kid))
        return await acknowledged(done, self.ledger)
