"""List a client's keys, retired ones too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.caller import Caller
from gateway.domain.ids import ClientId
from gateway.domain.ledger import EntryKind
from gateway.ports import ClientKeyStore, RegistryStore
from gateway.registering import Errand, Registrar, over_client


@dataclass(frozen=True, slots=True)
class ListClientKeys:
    """For whoever may add and retire them."""

    registrar: Registrar
    registry: RegistryStore
    keys: ClientKeyStore

    async def __call__(self, caller: Caller, client: ClientId) -> Sequence[Mapping[str, Any]] | Refused:
        """Give each as `{kid, algorithm, added_at, retired_at}`; the reading is recorded."""
        act, over = over_client(caller, await self.registry.row("clients", client))
        errand = Errand(caller, act, EntryKind.LISTED, over, {"what": "client_keys", "client": client})
        done = await self.registrar(errand, self.registrar.acts.note_act)
        return await self.keys.client_keys(client) if isinstance(done, Done) else done
