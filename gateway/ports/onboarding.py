"""What becoming, being and ceasing to be a member of the network needs of the store."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gateway.domain.acting import Done, Note
from gateway.domain.caller import Caller
from gateway.domain.facts import FragmentRef
from gateway.domain.fragment import Manifest
from gateway.domain.ids import AgencyId, AssignmentId, DutyId, FragmentId, TeamId
from gateway.domain.instants import Instant
from gateway.domain.issuing import ClientKey
from gateway.domain.leaving import ExportKey, NewLeaving
from gateway.domain.network_agreement import NewAgreement
from gateway.domain.registry import NewAgency, NewClient, NewWorker
from gateway.domain.teams import NewDuty, NewTeam, NewTeamAssignment
from gateway.domain.workforce import ListedWorker


class OnboardingStore(Protocol):
    """Acts, each one transaction with its entry; and reads of the records that they leave."""

    async def found_network(
        self,
        note: Note,
        agency: NewAgency,
        client: tuple[NewClient, ClientKey | None],
        administrator: NewWorker,
    ) -> Done:
        """All of it, or nothing; `reference` is `{agency, client, worker}`, and `kid` of the client's key.

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

    async def publish_agreement(self, note: Note, new: NewAgreement) -> Done: ...

    async def sign_agreement(self, note: Note, version: str, agency: AgencyId, digest: str) -> Done: ...

    async def agreements(self) -> Sequence[Mapping[str, Any]]:
        """Every version of the network's agreement, without its text."""

    async def agreement(self, version: str) -> Mapping[str, Any] | None:
        """One version with its text, and `agencies`: how each stands towards it."""

    async def ask_leaving(self, note: Note, new: NewLeaving) -> Done:
        """`reference` is `{leaving, approval, in_force}`; raises ConflictError where it was asked already."""

    async def take_along(self, note: Note, owner: AgencyId) -> Done:
        """Raises ActRefusedError where no second person has approved that this agency leaves."""

    async def leave_network(self, note: Note, agency: AgencyId) -> Done:
        """Raises ActRefusedError where no second person has approved it."""

    async def export_key(self, agency: AgencyId) -> ExportKey | None:
        """What an agency's data is sealed for; None where its leaving is not approved."""

    async def own_fragments(self, agency: AgencyId, after: str, limit: int) -> Sequence[Mapping[str, Any]]:
        """`{id, owner, category, status}` of what the agency and its units hold, by id."""

    async def fragment_ref(self, fragment: FragmentId) -> tuple[FragmentRef, Manifest, Instant] | None:
        """The newest version of a fragment, its labels, and since when it is there; None where erased."""

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
