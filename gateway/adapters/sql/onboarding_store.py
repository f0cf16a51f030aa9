"""Becoming, being and ceasing to be a member, as its port names it."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.adapters.sql.act_store import SqlActs
from gateway.adapters.sql.acts import agreements, duties, founding, leavings, teams, workforce
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.reads import agreements as agreement_reads
from gateway.adapters.sql.reads import exports
from gateway.adapters.sql.reads import teams as team_reads
from gateway.adapters.sql.store import SqlStore
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


class SqlOnboarding:
    """Each read from one instant of the database; each act as every other one, with its entry."""

    def __init__(self, store: SqlStore, acts: SqlActs) -> None:
        self._store = store
        self._database = store.database
        self._clock = store.writer.clock
        self._vault = Vault(store.keys, store.writer.owners)
        self._act = acts.act

    async def found_network(
        self,
        note: Note,
        agency: NewAgency,
        client: tuple[NewClient, ClientKey | None],
        administrator: NewWorker,
    ) -> Done:
        return await self._act(note, founding.found_network(self._vault, note, agency, client, administrator))

    async def import_workers(
        self, note: Note, agency: AgencyId, workers: Sequence[ListedWorker], *, dry_run: bool
    ) -> Done:
        change = workforce.import_workers(self._vault, note, agency, workers, dry_run=dry_run)
        return await self._act(note, change)

    async def form_team(self, note: Note, team: NewTeam) -> Done:
        return await self._act(note, teams.form_team(self._vault, note, team))

    async def end_team(self, note: Note, team: TeamId) -> Done:
        return await self._act(note, teams.end_team(note, team))

    async def give_duty(self, note: Note, duty: NewDuty) -> Done:
        return await self._act(note, duties.give_duty(self._vault, note, duty))

    async def end_duty(self, note: Note, duty: DutyId) -> Done:
        return await self._act(note, duties.end_duty(note, duty))

    async def assign_team(self, note: Note, new: NewTeamAssignment) -> Done:
        return await self._act(note, teams.assign_team(self._vault, note, new))

    async def unassign_team(self, note: Note, assignment: AssignmentId) -> Done:
        return await self._act(note, teams.unassign_team(self._vault, note, assignment))

    async def publish_agreement(self, note: Note, new: NewAgreement) -> Done:
        return await self._act(note, agreements.publish_agreement(note, new))

    async def sign_agreement(self, note: Note, version: str, agency: AgencyId, digest: str) -> Done:
        return await self._act(note, agreements.sign_agreement(note, version, agency, digest))

    async def agreements(self) -> Sequence[Mapping[str, Any]]:
        now = self._clock.now()
        return await self._database.snapshot(lambda tx: agreement_reads.list_agreements(tx, now))

    async def agreement(self, version: str) -> Mapping[str, Any] | None:
        now = self._clock.now()
        return await self._database.snapshot(lambda tx: agreement_reads.read_agreement(tx, version, now))

    async def ask_leaving(self, note: Note, new: NewLeaving) -> Done:
        return await self._act(note, leavings.ask_leaving(self._vault, note, new))

    async def take_along(self, note: Note, owner: AgencyId) -> Done:
        return await self._act(note, leavings.take_along(note, owner))

    async def leave_network(self, note: Note, agency: AgencyId) -> Done:
        return await self._act(note, leavings.leave_network(note, agency))

    async def export_key(self, agency: AgencyId) -> ExportKey | None:
        return await self._database.snapshot(lambda tx: exports.find_export_key(tx, agency))

    async def own_fragments(self, agency: AgencyId, after: str, limit: int) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(lambda tx: exports.list_own(tx, agency, after, limit))

    async def fragment_ref(self, fragment: FragmentId) -> tuple[FragmentRef, Manifest, Instant] | None:
        return await self._store.ref(fragment)

    async def team(self, team: TeamId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: team_reads.find_team(tx, self._vault, team))

    async def duty(self, duty: DutyId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: team_reads.find_duty(tx, duty))

    async def team_assignment(self, assignment: AssignmentId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: team_reads.find_team_assignment(tx, assignment))

    async def teams(self, agency: AgencyId, after: str, limit: int) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(
            lambda tx: team_reads.list_teams(tx, self._vault, agency, after, limit)
        )

    async def team_in_full(self, caller: Caller, team: TeamId) -> Mapping[str, Any]:
        now = self._clock.now()
        return await self._database.snapshot(lambda tx: team_reads.read_team(tx, caller, team, now))
