"""Assign a team to a person: each of its members while she is one, and whoever is on call for it."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AssignmentId, TeamId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.teams import NewTeamAssignment
from gateway.ports import Ids, OnboardingStore, RegistryStore
from gateway.registering import Errand, Registrar, known_to
from gateway.showing import Show, Shown


@dataclass(frozen=True, slots=True)
class AssignTeam:
    """As for one worker: the agency has a link with the person, and nobody on duty assigns her own team.

    Both are checked by the store, under the lock that the entry is written under. The family sees the
    agency and the team's name, as it sees an assignment.
    """

    registrar: Registrar
    registry: RegistryStore
    store: OnboardingStore
    show: Show
    ids: Ids

    async def __call__(
        self,
        caller: Caller,
        team: TeamId,
        handle: str,
        *,
        until_at: Instant | None = None,
        once: Once | None = None,
    ) -> Done | Refused:
        """Assign it to the person behind this agency's handle, from the act's own instant on.

        Raises:
            MalformedError: The end is not after the start.
            ConflictError: The team has ended, or is assigned to 100 persons already.
        """
        person = await self.registry.person_of_handle(caller.agency, handle)
        over = known_to(caller, Act.ASSIGN, await self.store.team(team))
        assignment = AssignmentId(self.ids.new("tas"))
        errand = Errand(
            caller,
            Act.ASSIGN,
            EntryKind.TEAM_ASSIGNED,
            over if person is not None else None,
            {"team": team, "assignment": assignment, "until": until_at},
            person=person,
            once=once,
        )
        if person is None:
            return await self.registrar(errand, self.registrar.acts.note_act)
        new = NewTeamAssignment(assignment, team, person, until_at)

        async def do(note: Note) -> Done:
            told = await self.show(note, Shown(caller, EntryKind.TEAM_ASSIGNED))
            return await self.store.assign_team(told, new)

        return await self.registrar(errand, do)
