"""Find a person by an exact match, or make a record of her; the answer does not tell which."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Described
from gateway.domain.registry import LookUp
from gateway.ports import Ids
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class MatchPerson:
    """Always a handle, private to the asking agency: being known to others is itself a secret."""

    registrar: Registrar
    ids: Ids

    async def __call__(
        self, caller: Caller, described: Described, *, once: Once | None = None
    ) -> Done | Refused:
        """Give `reference["handle"]`; the entry says which fields were asked by, never what they held."""
        look_up = LookUp(described, PersonId(self.ids.new("per")), self.ids.new("hnd"))
        errand = Errand(
            caller,
            Act.MATCH_PERSON,
            EntryKind.LOOKED_UP,
            caller.agency,
            {"asked_by": described.asked_by},
            once=once,
        )
        return await self.registrar(errand, lambda note: self.registrar.acts.match_person(note, look_up))
