"""Find a person by an exact match, or make a record of her; the answer does not tell which."""

from dataclasses import dataclass, replace

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import ContendedError
from gateway.domain.ids import PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.person import Described
from gateway.domain.registry import LookUp
from gateway.judging import MAX_RELOADS
from gateway.ports import Clock, Ids, RegistryStore
from gateway.registering import Errand, Registrar
from gateway.showing import OF_A_PERSON, Cell, Show, Shown


@dataclass(frozen=True, slots=True)
class MatchPerson:
    """Always a handle, private to the asking agency: being known to others is itself a secret.

    The family of who is found is told that an organisation looked (domain rule A8). Of who is not, a decoy's
    family is asked about in the same way, and parts are made alike, for nobody: neither the answer nor the
    work behind it tells the one from the other (promise P9).
    """

    registrar: Registrar
    registry: RegistryStore
    show: Show
    clock: Clock
    ids: Ids

    async def __call__(
        self, caller: Caller, described: Described, *, once: Once | None = None
    ) -> Done | Refused:
        """Give `reference["handle"]`; the entry says which fields were asked by, never what they held.

        Raises:
            ContendedError: Somebody else makes a record of her at this moment; it may be sent again.
        """
        look_up = LookUp(described, PersonId(self.ids.new("per")), self.ids.new("hnd"), judged=True)
        errand = Errand(
            caller,
            Act.MATCH_PERSON,
            EntryKind.LOOKED_UP,
            caller.agency,
            {"asked_by": described.asked_by},
            once=once,
        )

        async def do(note: Note) -> Done:
            for _ in range(MAX_RELOADS):
                try:
                    return await self._match(note, look_up)
                except ContendedError as moved:
                    contended = moved
            raise contended

        return await self.registrar(errand, do)

    async def _match(self, note: Note, look_up: LookUp) -> Done:
        caller = note.caller
        assert caller is not None
        assert caller.agency is not None  # The table of acts lets nobody else look.
        seen, stand = await self.registry.stand_of_match(caller, look_up.described, self.clock.now())
        cell = Cell(caller.agency, OF_A_PERSON, f"what:{caller.agency}")
        told = await self.show(note, Shown(caller, note.kind, cells=(cell,)), stand)
        return await self.registrar.acts.match_person(told, replace(look_up, seen=seen))
