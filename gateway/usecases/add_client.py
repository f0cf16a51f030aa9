"""Register a client: the software of one agency, or the family portal."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import administration_of
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewClient
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class AddClient:
    """An agency registers its own clients; the family portal is the network's."""

    registrar: Registrar

    async def __call__(
        self, caller: Caller, client: NewClient, *, once: Once | None = None
    ) -> Done | Refused:
        """Register it, active.

        Raises:
            ConflictError: The identifier is taken, or the agency is unknown.
        """
        act = administration_of(caller, client.agency)
        over = client.agency if client.agency is not None else caller.agency
        detail = {"client": client.id, "of": client.agency}
        errand = Errand(caller, act, EntryKind.CLIENT_REGISTERED, over, detail, once=once)
        return await self.registrar(errand, lambda note: self.registrar.acts.add_client(note, client))
