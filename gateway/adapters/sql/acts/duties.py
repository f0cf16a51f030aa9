"""Who is a member of a team, or on call for it: given and ended.

Kind of `narrowing` written here: `duty_ended`.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.humans import is_same_human
from gateway.adapters.sql.acts.links import has_link
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.teams import persons_of, require_team
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import accounts, team_assignments, team_duties, team_gaps
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, NOT_FOR_ROLE, ActRefusedError
from gateway.domain.errors import ConflictError
from gateway.domain.facts import account_scope
from gateway.domain.ids import AgencyId, DutyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.teams import MOST_DUTIES, Duty, NewDuty, check_duty

_WORKER = select(accounts.c.id, accounts.c.agency, accounts.c.active, accounts.c.roles).where(
    accounts.c.id == bindparam("of_id"), accounts.c.kind == "worker"
)
_NOT_OVER = or_(team_duties.c.until_at.is_(None), team_duties.c.until_at > bindparam("end_at"))
_COUNT = select(func.count().label("duties")).where(team_duties.c.team == bindparam("of_team"), _NOT_OVER)
_MEMBER = (
    select(team_duties.c.id)
    .where(
        team_duties.c.team == bindparam("of_team"),
        team_duties.c.worker == bindparam("of_worker"),
        team_duties.c.duty == "member",
        _NOT_OVER,
    )
    .limit(1)
)
_ADD = insert(team_duties)
_LEAVE_OUT = upsert(team_gaps).on_conflict_do_nothing()
_FIND = select(team_duties).where(team_duties.c.id == bindparam("of_id"))
_END = (
    update(team_duties)
    .where(team_duties.c.id == bindparam("of_id"), _NOT_OVER)
    .values(until_at=bindparam("end_at"))
)
_HERS_ABOUT = (
    select(team_duties.c.id)
    .join_from(team_duties, team_assignments, team_assignments.c.team == team_duties.c.team)
    .where(
        team_duties.c.worker == bindparam("of_worker"),
        team_assignments.c.person == bindparam("of_person"),
        _NOT_OVER,
    )
    .distinct()
)


def give_duty(vault: Vault, note: Note, new: NewDuty) -> Change:
    """Make a worker a member, or put her on call; `reference` is `{duty, left_out}`.

    Whom the agency could not assign her to by herself at this moment, her duty leaves out: `left_out` says
    how many of the team's persons that are. A member already is found; another period on call is another.

    Raises (the change):
        ActRefusedError: No such team, or the caller would put herself there.
        ConflictError: No active worker of the team's own agency, or the team has too many duties.
        MalformedError: A period that is none.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        team = await require_team(tx, new.team)
        worker = await tx.one(_WORKER, of_id=new.worker)
        if worker is None or worker["agency"] != team["agency"] or not worker["active"]:
            raise ConflictError("there is no such active worker in the team's agency", field="worker")
        if note.caller is not None and await is_same_human(tx, note.caller.account, new.worker):
            raise ActRefusedError(NOT_FOR_ROLE)
        from_at = check_duty(new, at)
        if new.duty is Duty.MEMBER:
            stands = await tx.one(_MEMBER, of_team=new.team, of_worker=new.worker, end_at=at)
            if stands is not None:
                return Effect(note, {"duty": stands["id"], "left_out": 0})
        count = await tx.one(_COUNT, of_team=new.team, end_at=at)
        if count is not None and count["duties"] >= MOST_DUTIES:
            raise ConflictError("a team has at most 200 duties that are not over", field="team")
        named = {"id": new.id, "team": new.team, "worker": new.worker, "duty": str(new.duty)}
        await tx.run(_ADD, **named, from_at=from_at, until_at=new.until_at)
        left_out = [] if note.caller is None else await _leave_out(tx, vault, new, worker, at)
        told = replace(note, detail={**note.detail, "left_out": left_out})
        reference = {"duty": new.id, "left_out": len(left_out)}
        return Effect(told, reference, (account_scope(new.worker),))

    return change


async def _leave_out(tx: Tx, vault: Vault, new: NewDuty, worker: Row, at: Instant) -> list[str]:
    agency, hers = AgencyId(worker["agency"]), (worker["id"], json.loads(worker["roles"]))
    left_out = [
        person
        for person in await persons_of(tx, new.team, at)
        if not await has_link(tx, vault, (agency, PersonId(person)), hers, at)
    ]
    for person in left_out:
        await tx.run(_LEAVE_OUT, duty=new.id, person=person)
    return left_out


def end_duty(note: Note, duty: DutyId) -> Change:
    """End it at the act's own instant, one that has not begun too; `reference` is `{duty}`.

    Raises (the change):
        ActRefusedError: There is no such duty.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=duty)
        if row is None:
            raise ActRefusedError(NO_LINK)
        await tx.run(_END, of_id=duty, end_at=at)
        scope = account_scope(row["worker"])
        narrowing = {"kind": "duty_ended", "duty": duty, "scopes": [scope]}
        return Effect(note, {"duty": duty}, (scope,), narrowing)

    return change


async def end_duty_again(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Apply an end to an older copy of the tables; False where it has ended or does not exist."""
    return await tx.run(_END, of_id=record["duty"], end_at=at) > 0


async def leave_out_everywhere(tx: Tx, worker: str, person: str, at: Instant) -> int:
    """Let no duty of hers reach this person any more; gives how many did."""
    rows = await tx.all(_HERS_ABOUT, of_worker=worker, of_person=person, end_at=at)
    left = [await tx.run(_LEAVE_OUT, duty=row["id"], person=person) for row in rows]
    return sum(left)
