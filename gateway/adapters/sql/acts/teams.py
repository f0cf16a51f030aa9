"""Teams: formed, ended, and whom they are assigned to. Members and roster are in `duties.py`.

Kinds of `narrowing` written here: `team_ended`, `team_unassigned`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.agreements import require_signed
from gateway.adapters.sql.acts.humans import is_same_human
from gateway.adapters.sql.acts.links import ANYBODY, has_link
from gateway.adapters.sql.acts.standing import require_member, require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import persons, team_assignments, team_duties, teams
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, NOT_FOR_ROLE, ActRefusedError
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.facts import person_scope
from gateway.domain.ids import AgencyId, AssignmentId, TeamId
from gateway.domain.instants import Instant
from gateway.domain.teams import MOST_PERSONS, NewTeam, NewTeamAssignment

_ADD_TEAM = upsert(teams).on_conflict_do_nothing()
_TEAM = select(teams).where(teams.c.id == bindparam("of_id"))
_PERSON = select(persons.c.id).where(persons.c.id == bindparam("of_id"), persons.c.decoy.is_(False))
_NOT_OVER = or_(team_assignments.c.until_at.is_(None), team_assignments.c.until_at > bindparam("end_at"))
_PERSONS = (
    select(team_assignments.c.id, team_assignments.c.person)
    .where(team_assignments.c.team == bindparam("of_team"), _NOT_OVER)
    .order_by(team_assignments.c.id)
)
_ON_DUTY = (
    select(team_duties.c.worker)
    .where(
        team_duties.c.team == bindparam("of_team"),
        or_(team_duties.c.until_at.is_(None), team_duties.c.until_at > bindparam("end_at")),
    )
    .distinct()
    .order_by(team_duties.c.worker)
)
_ASSIGN = insert(team_assignments)
_FIND = select(team_assignments).where(team_assignments.c.id == bindparam("of_id"))
_END = (
    update(team_assignments)
    .where(team_assignments.c.id == bindparam("of_id"), _NOT_OVER)
    .values(until_at=bindparam("end_at"))
)
_END_ALL = (
    update(team_assignments)
    .where(team_assignments.c.team == bindparam("of_team"), _NOT_OVER)
    .values(until_at=bindparam("end_at"))
)
_END_DUTIES = (
    update(team_duties)
    .where(
        team_duties.c.team == bindparam("of_team"),
        or_(team_duties.c.until_at.is_(None), team_duties.c.until_at > bindparam("end_at")),
    )
    .values(until_at=bindparam("end_at"))
)
_END_TEAM = (
    update(teams)
    .where(teams.c.id == bindparam("of_team"), teams.c.ended_at.is_(None))
    .values(ended_at=bindparam("end_at"))
)


def form_team(vault: Vault, note: Note, team: NewTeam) -> Change:
    """Write a team without anybody in it; `reference` is `{team}`."""

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        await require_member(tx, team.agency)
        number = vault.number("team", team.id)
        name = await vault.seal(tx, f"agency:{team.agency}", number, team.name.encode())
        await tx.run(_ADD_TEAM, id=team.id, agency=team.agency, name=name, ended_at=None)
        return Effect(note, {"team": team.id})

    return change


def end_team(note: Note, team: TeamId) -> Change:
    """End it with all its duties and assignments, at the act's own instant; ended already is ended.

    `reference` is `{team}`. Raises (the change) ActRefusedError where there is no such team.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        if await tx.one(_TEAM, of_id=team) is None:
            raise ActRefusedError(NO_LINK)
        open_ = await tx.all(_PERSONS, of_team=team, end_at=at)
        scopes = sorted({person_scope(row["person"]) for row in open_})
        await _end_all(tx, team, at)
        narrowing = {"kind": "team_ended", "team": team, "scopes": scopes}
        return Effect(note, {"team": team}, tuple(scopes), narrowing)

    return change


async def end_team_again(tx: Tx, team: str, at: Instant) -> bool:
    """Apply an end to an older copy of the tables; False where nothing of the team goes on."""
    return await _end_all(tx, team, at) > 0


async def _end_all(tx: Tx, team: str, at: Instant) -> int:
    ends = [await tx.run(one, of_team=team, end_at=at) for one in (_END_ALL, _END_DUTIES, _END_TEAM)]
    return sum(ends)


def assign_team(vault: Vault, note: Note, new: NewTeamAssignment) -> Change:
    """Assign a team to a person, or find that it is; `reference` is `{assignment}`.

    An operator's act asks for no link, as for one worker.

    Raises (the change):
        ActRefusedError: No such team, its agency has no link with the person, or the caller is on duty in it.
        ConflictError: The person is unknown, or the team has as many persons as it may have.
        MalformedError: It would end before it starts.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        team = await require_team(tx, new.team)
        if await tx.one(_PERSON, of_id=new.person) is None:
            raise ConflictError("the person is unknown")
        if new.until_at is not None and new.until_at <= at:
            raise MalformedError("an assignment ends after it starts", field="until")
        await _require_not_herself(tx, note, new.team, at)
        if note.caller is not None:
            agency = AgencyId(team["agency"])
            await require_signed(tx, agency, at)
            if not await has_link(tx, vault, (agency, new.person), ANYBODY, at):
                raise ActRefusedError(NO_LINK)
        open_ = await tx.all(_PERSONS, of_team=new.team, end_at=at)
        stands = next((row["id"] for row in open_ if row["person"] == new.person), None)
        told = replace(note, tells={**note.tells, "team": await name_of(tx, vault, team)})
        if stands is not None:
            return Effect(told, {"assignment": stands})
        if len(open_) >= MOST_PERSONS:
            raise ConflictError("a team is assigned to at most 100 persons at a time", field="team")
        named = {"id": new.id, "team": new.team, "person": new.person}
        await tx.run(_ASSIGN, **named, from_at=at, until_at=new.until_at)
        return Effect(told, {"assignment": new.id}, (person_scope(new.person),))

    return change


async def _require_not_herself(tx: Tx, note: Note, team: TeamId, at: Instant) -> None:
    """Nobody assigns herself, through a team neither, whichever account she is on duty with."""
    if note.caller is None:
        return
    for row in await tx.all(_ON_DUTY, of_team=team, end_at=at):
        if await is_same_human(tx, note.caller.account, row["worker"]):
            raise ActRefusedError(NOT_FOR_ROLE)


def unassign_team(vault: Vault, note: Note, assignment: AssignmentId) -> Change:
    """End it at the act's own instant, if it has not ended; `reference` is `{assignment}`.

    Raises (the change):
        ActRefusedError: There is no such assignment of a team.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=assignment)
        if row is None:
            raise ActRefusedError(NO_LINK)
        team = await tx.one(_TEAM, of_id=row["team"])
        assert team is not None  # Teams are never deleted.
        await tx.run(_END, of_id=assignment, end_at=at)
        scope = person_scope(row["person"])
        narrowing = {"kind": "team_unassigned", "assignment": assignment, "scopes": [scope]}
        told = replace(note, tells={**note.tells, "team": await name_of(tx, vault, team)})
        return Effect(told, {"assignment": assignment}, (scope,), narrowing)

    return change


async def unassign_again(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Apply an end to an older copy of the tables; False where it has ended or does not exist."""
    return await tx.run(_END, of_id=record["assignment"], end_at=at) > 0


async def require_team(tx: Tx, team: TeamId) -> Row:
    """Give the row of a team that goes on, of a member agency.

    Raises:
        ActRefusedError: There is none, or its agency is suspended.
        ConflictError: It has ended.
    """
    row = await tx.one(_TEAM, of_id=team)
    if row is None:
        raise ActRefusedError(NO_LINK)
    if row["ended_at"] is not None:
        raise ConflictError("the team has ended", field="team")
    await require_member(tx, AgencyId(row["agency"]))
    return row


async def persons_of(tx: Tx, team: TeamId, at: Instant) -> list[str]:
    """Name those whom the team is assigned to from this instant on."""
    return sorted({row["person"] for row in await tx.all(_PERSONS, of_team=team, end_at=at)})


async def name_of(tx: Tx, vault: Vault, team: Row) -> str:
    """Open a team's name."""
    owner, number = f"agency:{team['agency']}", vault.number("team", team["id"])
    return (await vault.unseal(tx, owner, number, team["name"])).decode()
