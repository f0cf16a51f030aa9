"""End a team's assignment to a person."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AssignmentId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.ports import LedgerStore, OnboardingStore
from gateway.registering import Errand, Registrar, acknowledged, known_to
from gateway.showing import Show, Shown


@dataclass(frozen=True, slots=True)
class UnassignTeam:
    """Its end is the act's own instant; no release that rested on it has a later entry."""

    registrar: Registrar
    store: OnboardingStore
    show: Show
    ledger: LedgerStore

    async def __call__(
        self, caller: Caller, assignment: AssignmentId, *, once: Once | None = None
    ) -> Done | Refused:
        """End it; ended already is ended."""
        row = await self.store.team_assignment(assignment)
        over = known_to(caller, Act.END_ASSIGNMENT, row)
        person = None if row is None or over is None else PersonId(row["person"])
        detail = {"assignment": assignment}
        errand = Errand(caller, Act.END_ASSIGNMENT, EntryKind.TEAM_UNASSIGNED, over, detail, person, once)

        async def do(note: Note) -> Done:
            told = await self.show(note, Shown(caller, EntryKind.TEAM_UNASSIGNED))
            return await self.store.unassign_team(told, assignment)

        done = await self.registrar(errand, do)
        return await acknowledged(done, self.ledger)
