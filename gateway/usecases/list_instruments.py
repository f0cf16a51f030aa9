"""List the legal instruments about a person, to an officer of an agency that holds a fragment of her."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acts import NO_LINK, Act
from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.ports import RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ListInstruments:
    """A reading about a person: it has an entry, whatever the answer."""

    registrar: Registrar
    registry: RegistryStore

    async def __call__(self, caller: Caller, handle: str, *, after: str = "") -> Page | Refused:
        """Give what her agency recorded, and the network's own; what waits is listed with the approvals."""
        person = await self.registry.person_of_handle(caller.agency, handle)
        holds = person is not None and await self.registry.holds_fragment(caller.agency, person)
        errand = Errand(
            caller,
            Act.LIST_INSTRUMENTS,
            EntryKind.LISTED,
            None if person is None else caller.agency,
            {},
            person,
            besides=None if holds else NO_LINK,
        )
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused) or person is None:
            return answer if isinstance(answer, Refused) else Page((), None)
        return Page.of(await self.registry.instruments(caller, person, after, PAGE + 1), PAGE)
