"""Disable a client: every token that names it is refused from then on."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act, administration_of, reaches
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, ClientId
from gateway.domain.ledger import EntryKind
from gateway.ports import LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged


@dataclass(frozen=True, slots=True)
class DisableClient:
    """There is no way back: a client that returns is registered anew, under another identifier."""

    registrar: Registrar
    registry: RegistryStore
    ledger: LedgerStore

    async def __call__(self, caller: Caller, client: ClientId, *, once: Once | None = None) -> Done | Refused:
        """Disable it; done already is done."""
        row = await self.registry.row("clients", client)
        act, over = Act.ADMINISTER_AGENCY, None
        if row is not None:
            agency = None if row["agency"] is None else AgencyId(row["agency"])
            act = administration_of(caller, agency)
            over = agency if agency is not None else caller.agency
            if over is None or not reaches(caller, act, over):
                # Another agency's client answers as one that does not exist.
                act, over = Act.ADMINISTER_AGENCY, None
        errand = Errand(caller, act, EntryKind.CLIENT_DISABLED, over, {"client": client}, once=once)
        done = await self.registrar(errand, lambda note: self.registrar.acts.disable_client(note, client))
        return await acknowledged(done, self.ledger)
