"""List who may decide for a person, to who is assigned to her, holds authority over her, or is she."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Note
from gateway.domain.acts import INACTIVE, NO_LINK, Act
from gateway.domain.caller import Caller
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.ports import Clock, Ids, RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListAuthorities:
    """A reading about a person: it has an entry, whatever the answer."""

    registrar: Registrar
    registry: RegistryStore
    clock: Clock
    ids: Ids

    async def __call__(self, caller: Caller, handle: str, *, after: str = "") -> Page | Refused:
        """Give `{id, holder, authority, scope, from, until}` of the person behind a handle."""
        person = await self.registry.person_of_handle(caller.agency, handle)
        errand = Errand(caller, Act.RECORD_AUTHORITY, EntryKind.LISTED, None, {"what": "authorities"}, person)
        if not caller.active:
            return await self.registrar.refuse(errand, INACTIVE)
        if person is None or not await self.registry.is_linked(caller, person, self.clock.now()):
            return await self.registrar.refuse(errand, NO_LINK)
        rows = await self.registry.rows("authorities", caller, {"person": person}, after, PAGE + 1)
        decision_id = DecisionId(self.ids.new("dec"))
        detail = {"what": "authorities", "rows": min(len(rows), PAGE)}
        await self.registrar.acts.note_act(
            Note(EntryKind.LISTED, decision_id, caller, detail, person=person, epochs=caller.epochs)
        )
        return Page.of(rows, PAGE)
