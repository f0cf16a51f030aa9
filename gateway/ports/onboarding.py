"""What becoming, being and ceasing to be a member of the network needs of the store."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.acting import Done, Note
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, AssignmentId, DutyId, TeamId
from gateway.domain.registry import NewAgency, NewClient, NewWorker
from gateway.domain.teams import NewDuty, NewTeam, NewTeamAssignment
from gateway.domain.workforce import ListedWorker


class OnboardingStore(Protocol):
    """Acts, each one transaction with its entry; and reads of the records that they leave."""

    async def found_network(
        self, note: Note, agency: NewAgency, client: NewClient, administrator: NewWorker
    ) -> Done:
        """All three, or nothing; `reference` is `{agency, client, worker}`.

        Raises:
            ConflictError: There is an agency or an account already.
        """

    async def import_workers(
        self, note: Note, agency: AgencyId, workers: Sequence[ListedWorker], *, dry_run: bool
    ) -> Done:
        """`reference` is `{answers, narrows}`; a dry run changes nothing but the ledger."""

    async def form_team(self, note: Note, team: NewTeam) -> Done: ...

    async def end_team(self, note: Note, team: TeamId) -> Done: ...

    async def give_duty(self, note: Note, duty: NewDuty) -> Done:
        """`reference` is `{duty, left_out}`: how many of the team's persons her duty does not reach.

        Raises:
            ActRefusedError: No such team, or the caller would put herself there.
            ConflictError: No active worker of the team's own agency, the team has ended, or too many duties.
        """

    async def end_duty(self, note: Note, duty: DutyId) -> Done: ...

    async def assign_team(self, note: Note, new: NewTeamAssignment) -> Done:
        """`reference` is `{assignment}`.

        Raises:
            ActRefusedError: The agency has no link with the person, or the caller is on duty in the team.
            ConflictError: The team has ended, or has as many persons as it may have.
        """

    async def unassign_team(self, note: Note, assignment: AssignmentId) -> Done: ...

    async def team(self, team: TeamId) -> Mapping[str, Any] | None:
        """`{id, agency, name, ended}`."""

    async def duty(self, duty: DutyId) -> Mapping[str, Any] | None:
        """`{id, team, agency, worker}`."""

    async def team_assignment(self, assignment: AssignmentId) -> Mapping[str, Any] | None:
        """`{id, team, agency, person}`: the person herself, not a handle."""

    async def teams(self, agency: AgencyId, after: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """The next teams of exactly this agency by their ids, ended ones too."""

    async def team_in_full(self, caller: Caller, team: TeamId) -> Mapping[str, Any]:
        """What of it is not over: `{duties: [..], assignments: [..]}`, persons by the caller's handles."""
