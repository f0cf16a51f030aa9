"""End a recorded authority over a person."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AuthorityId
from gateway.domain.ledger import EntryKind
from gateway.ports import LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged
from gateway.showing import Show, Shown


@dataclass(frozen=True, slots=True)
class EndAuthority:
    """Its end is the act's own instant; what its holder agreed to counts for nothing from then on."""

    registrar: Registrar
    registry: RegistryStore
    show: Show
    ledger: LedgerStore

    async def __call__(
        self, caller: Caller, handle: str, authority: AuthorityId, *, once: Once | None = None
    ) -> Done | Refused:
        """End the authority over the person whom the caller's agency knows by this handle.

        Ended already is ended; somebody else's is as if it did not exist.
        """
        row = await self.registry.row("authorities", authority)
        known = await self.registry.person_of_handle(caller.agency, handle)
        is_hers = row is not None and row["person"] == known
        over, person = (caller.agency, known) if is_hers else (None, None)
        detail = {"authority": authority}
        errand = Errand(caller, Act.END_AUTHORITY, EntryKind.AUTHORITY_ENDED, over, detail, person, once)

        async def do(note: Note) -> Done:
            told = await self.show(note, Shown(caller, EntryKind.AUTHORITY_ENDED))
            return await self.registrar.acts.end_authority(told, authority)

        done = await self.registrar(errand, do)
        return await acknowledged(done, self.ledger)
