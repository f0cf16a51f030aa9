"""Reading teams: their names, who is on duty, and for whom."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, and_, bindparam, or_, select

from gateway.adapters.sql.acts.teams import name_of
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import person_handles, team_assignments, team_duties, teams
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, AssignmentId, DutyId, TeamId
from gateway.domain.instants import Instant, to_text

_TEAM = select(teams).where(teams.c.id == bindparam("of_id"))
_TEAMS = (
    select(teams)
    .where(teams.c.agency == bindparam("of_agency"), teams.c.id > bindparam("after"))
    .order_by(teams.c.id)
    .limit(bindparam("page", type_=Integer()))
)
_DUTY = (
    select(team_duties.c.id, team_duties.c.team, team_duties.c.worker, teams.c.agency)
    .join_from(team_duties, teams, teams.c.id == team_duties.c.team)
    .where(team_duties.c.id == bindparam("of_id"))
)
_ASSIGNMENT = (
    select(team_assignments.c.id, team_assignments.c.team, team_assignments.c.person, teams.c.agency)
    .join_from(team_assignments, teams, teams.c.id == team_assignments.c.team)
    .where(team_assignments.c.id == bindparam("of_id"))
)
_DUTIES = (
    select(team_duties)
    .where(
        team_duties.c.team == bindparam("of_team"),
        or_(team_duties.c.until_at.is_(None), team_duties.c.until_at > bindparam("at")),
    )
    .order_by(team_duties.c.from_at, team_duties.c.id)
)
_ASSIGNMENTS = (
    select(team_assignments, person_handles.c.handle)
    .join_from(
        team_assignments,
        person_handles,
        and_(
            person_handles.c.person == team_assignments.c.person,
            person_handles.c.agency == bindparam("of_reader"),
        ),
        isouter=True,
    )
    .where(
        team_assignments.c.team == bindparam("of_team"),
        or_(team_assignments.c.until_at.is_(None), team_assignments.c.until_at > bindparam("at")),
    )
    .order_by(team_assignments.c.id)
)


async def find_team(tx: Tx, vault: Vault, team: TeamId) -> Mapping[str, Any] | None:
    """Find `{id, agency, name, ended}`, whoever may know of it."""
    row = await tx.one(_TEAM, of_id=team)
    return None if row is None else await _shown(tx, vault, row)


async def list_teams(
    tx: Tx, vault: Vault, agency: AgencyId, after: str, limit: int
) -> Sequence[Mapping[str, Any]]:
    """List the next teams of exactly this agency by their ids."""
    rows = await tx.all(_TEAMS, of_agency=agency, after=after, page=limit)
    return [await _shown(tx, vault, row) for row in rows]


async def find_duty(tx: Tx, duty: DutyId) -> Mapping[str, Any] | None:
    """Find `{id, team, agency, worker}`, whoever may know of it."""
    return await tx.one(_DUTY, of_id=duty)


async def find_team_assignment(tx: Tx, assignment: AssignmentId) -> Mapping[str, Any] | None:
    """Find `{id, team, agency, person}`, whoever may know of it."""
    return await tx.one(_ASSIGNMENT, of_id=assignment)


async def read_team(tx: Tx, caller: Caller, team: TeamId, at: Instant) -> Mapping[str, Any]:
    """Give what of a team is not over at this instant; persons by the handles of the caller's agency."""
    duties = await tx.all(_DUTIES, of_team=team, at=at)
    held = await tx.all(_ASSIGNMENTS, of_team=team, of_reader=caller.agency or "", at=at)
    return {
        "duties": [
            {"id": row["id"], "worker": row["worker"], "duty": row["duty"], **_period(row)} for row in duties
        ],
        "assignments": [{"id": row["id"], "person": row["handle"], **_period(row)} for row in held],
    }


async def _shown(tx: Tx, vault: Vault, row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "agency": row["agency"],
        "name": await name_of(tx, vault, row),
        "ended": None if row["ended_at"] is None else to_text(Instant(row["ended_at"])),
    }


def _period(row: Row) -> dict[str, str | None]:
    named = {"from": row["from_at"], "until": row["until_at"]}
    return {name: None if value is None else to_text(Instant(value)) for name, value in named.items()}
