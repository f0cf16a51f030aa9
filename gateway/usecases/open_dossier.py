"""Open the dossier of a person, once: a second opening gives the same one."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import DossierId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewDossier
from gateway.ports import Ids, RegistryStore
from gateway.registering import Errand, Registrar
from gateway.showing import Show, Shown


@dataclass(frozen=True, slots=True)
class OpenDossier:
    """A dossier holds nothing by itself; who opened it first is not told."""

    registrar: Registrar
    registry: RegistryStore
    show: Show
    ids: Ids

    async def __call__(self, caller: Caller, handle: str, *, once: Once | None = None) -> Done | Refused:
        """Give `reference["dossier"]` for the person behind this agency's handle."""
        person = await self.registry.person_of_handle(caller.agency, handle)
        over = None if person is None else caller.agency
        errand = Errand(caller, Act.OPEN_DOSSIER, EntryKind.PERSON_CHANGED, over, {}, person, once)
        if person is None:
            return await self.registrar(errand, self.registrar.acts.note_act)
        dossier = NewDossier(DossierId(self.ids.new("dos")), person)

        async def do(note: Note) -> Done:
            told = await self.show(note, Shown(caller, EntryKind.PERSON_CHANGED))
            return await self.registrar.acts.open_dossier(told, dossier)

        return await self.registrar(errand, do)
