"""Teams, rosters and whom they are assigned to, on every store."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.adapters.sql.acts.duties import leave_out_everywhere
from gateway.adapters.sql.onboarding_store import SqlOnboarding
from gateway.domain.acting import Done
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.consent import Recipient
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.ids import AgencyId, AssignmentId, ConsentId, DutyId, PersonId, TeamId, WorkerId
from gateway.domain.instants import Instant
from gateway.domain.registry import Identity, NewAssignment, NewWorker
from gateway.domain.teams import LONGEST_ON_CALL_US, Duty, NewDuty, NewTeam, NewTeamAssignment
from gateway.domain.vocabulary import Role
from tests.support.registry_store import (
    AT,
    CLINIC,
    CLOCK,
    DAY_US,
    SCHOOL,
    ZOE,
    Opened,
    caller_of,
    fill,
    open_store,
    permit,
)

NIGHT = TeamId("tea_night")


@dataclass
class Teams:
    store: Opened
    inner: SqlOnboarding

    async def caller(self) -> Caller:
        return await caller_of(self.store)

    async def form(self, team: TeamId = NIGHT, agency: AgencyId = SCHOOL) -> None:
        note = self.store.note(await self.caller())
        await self.inner.form_team(note, NewTeam(team, agency, "Équipe de nuit"))

    async def join(
        self,
        worker: str = "w:two",
        duty: Duty = Duty.MEMBER,
        *,
        start: int | None = None,
        end: int | None = None,
    ) -> Done:
        name = DutyId(self.store.ids.new("dty"))
        begin, until = (None if one is None else Instant(one) for one in (start, end))
        new = NewDuty(name, NIGHT, WorkerId(worker), duty, begin, until)
        return await self.inner.give_duty(self.store.note(await self.caller()), new)

    async def assign(self, person: PersonId = ZOE, *, end: int | None = None) -> Done:
        new = NewTeamAssignment(
            AssignmentId(self.store.ids.new("tas")), NIGHT, person, None if end is None else Instant(end)
        )
        return await self.inner.assign_team(self.store.note(await self.caller()), new)

    async def linked(self, worker: str = "w:two", at: int | None = None) -> bool:
        caller = await caller_of(self.store, worker)
        now = CLOCK.now() if at is None else at
        return await self.store.registry.is_linked(caller, ZOE, Instant(now))


@pytest.fixture
async def teams(store_url: str, tmp_path: Path) -> AsyncIterator[Teams]:
    async with open_store(store_url, tmp_path) as store:
        await fill(store)
        await store.deposit(SCHOOL)
        teams = Teams(store, SqlOnboarding(store.inner, store.acts))
        await teams.form()
        yield teams


async def test_a_member_is_assigned_to_whom_her_team_is_assigned_to(teams: Teams) -> None:
    await teams.join()
    assert not await teams.linked()
    await teams.assign()
    assert await teams.linked()
    assert not await teams.linked("w:caller")


async def test_whoever_is_on_call_is_assigned_in_her_period_and_at_no_other_instant(teams: Teams) -> None:
    start = CLOCK.now() + DAY_US
    await teams.assign()
    await teams.join(duty=Duty.ON_CALL, start=start, end=start + DAY_US)
    found = [await teams.linked(at=at) for at in (start - 1, start, start + DAY_US - 1, start + DAY_US)]
    assert found == [False, True, True, False]


async def test_both_ends_count(teams: Teams) -> None:
    end = CLOCK.now() + DAY_US
    await teams.join(end=end + DAY_US)
    await teams.assign(end=end)
    assert [await teams.linked(at=end - 1), await teams.linked(at=end)] == [True, False]


async def test_what_ends_moves_the_epoch_of_whom_it_touches(teams: Teams) -> None:
    duty = await teams.join()
    assigned = await teams.assign()
    before = await teams.store.epoch("person:p:zoe"), await teams.store.epoch("account:w:two")
    note = teams.store.note(await teams.caller())
    await teams.inner.unassign_team(note, AssignmentId(assigned.reference["assignment"]))
    note = teams.store.note(await teams.caller())
    await teams.inner.end_duty(note, DutyId(duty.reference["duty"]))
    after = await teams.store.epoch("person:p:zoe"), await teams.store.epoch("account:w:two")
    assert after == (before[0] + 1, before[1] + 1)
    assert not await teams.linked()


async def test_a_duty_that_has_not_begun_never_begins_once_ended(teams: Teams) -> None:
    start = CLOCK.now() + DAY_US
    await teams.assign()
    duty = await teams.join(duty=Duty.ON_CALL, start=start, end=start + DAY_US)
    await teams.inner.end_duty(teams.store.note(await teams.caller()), DutyId(duty.reference["duty"]))
    assert not await teams.linked(at=start + 1)


async def test_an_ended_team_leaves_nobody_assigned(teams: Teams) -> None:
    await teams.join()
    await teams.assign()
    before = await teams.store.epoch("person:p:zoe")
    await teams.inner.end_team(teams.store.note(await teams.caller()), NIGHT)
    assert not await teams.linked()
    assert await teams.store.epoch("person:p:zoe") == before + 1
    for again in (teams.join, teams.assign):
        with pytest.raises(ConflictError):
            await again()


async def test_nobody_assigns_herself_through_a_team(teams: Teams) -> None:
    with pytest.raises(ActRefusedError):
        await teams.join("w:caller")
    await teams.join()
    colleague = await caller_of(teams.store, "w:two")
    new = NewTeamAssignment(AssignmentId("tas_own"), NIGHT, ZOE)
    with pytest.raises(ActRefusedError):
        await teams.inner.assign_team(teams.store.note(colleague), new)


async def test_nobody_assigns_herself_under_another_account_of_hers(teams: Teams) -> None:
    identity = Identity("https://issuer.invalid", "w:caller")
    twin = NewWorker(WorkerId("w:twin"), CLINIC, "Invented twin", (Role.PIVOT,), identity)
    await teams.store.acts.add_worker(teams.store.note(), twin)
    await teams.join()
    boss = await caller_of(teams.store, "w:twin", "t:clinic")
    await teams.inner.form_team(teams.store.note(boss), NewTeam(TeamId("tea_2"), SCHOOL, "Autre"))
    duty = NewDuty(DutyId("dty_x"), TeamId("tea_2"), WorkerId("w:caller"), Duty.MEMBER)
    with pytest.raises(ActRefusedError):
        await teams.inner.give_duty(teams.store.note(boss), duty)
    alone = NewAssignment(AssignmentId("asg_x"), WorkerId("w:caller"), ZOE)
    with pytest.raises(ActRefusedError):
        await teams.store.acts.assign(teams.store.note(boss), alone)


async def test_a_team_is_assigned_only_where_its_agency_has_a_link(store_url: str, tmp_path: Path) -> None:
    async with open_store(store_url, tmp_path) as store:
        await fill(store)
        teams = Teams(store, SqlOnboarding(store.inner, store.acts))
        await teams.form()
        with pytest.raises(ActRefusedError):
            await teams.assign()
        await store.acts.give(store.note(), permit(Recipient(agency=SCHOOL)), None)
        await teams.assign()


async def test_who_joins_after_the_link_is_gone_is_left_out(store_url: str, tmp_path: Path) -> None:
    async with open_store(store_url, tmp_path) as store:
        await fill(store)
        given = permit(Recipient(agency=SCHOOL))
        await store.acts.give(store.note(), given, None)
        teams = Teams(store, SqlOnboarding(store.inner, store.acts))
        await teams.form()
        await teams.assign()
        first = await teams.join()
        newest = await store.registry.directive(ConsentId("cns_1"))
        assert newest is not None
        await store.acts.withdraw(store.note(), newest)
        await store.acts.add_worker(
            store.note(), NewWorker(WorkerId("w:late"), SCHOOL, "Invented late", (Role.PIVOT,))
        )
        late = await teams.join("w:late")
        assert (first.reference["left_out"], late.reference["left_out"]) == (0, 1)
        assert [await teams.linked(), await teams.linked("w:late")] == [True, False]


@pytest.mark.parametrize("worker", ["w:clinic", "w:annex", "w:nobody"])
async def test_only_active_workers_of_the_teams_own_agency_are_on_duty(teams: Teams, worker: str) -> None:
    with pytest.raises(ConflictError):
        await teams.join(worker)


PERIODS = {
    "one that is over as it starts": (Duty.MEMBER, 0, 0),
    "on call without an end": (Duty.ON_CALL, 0, None),
    "on call for more than a month": (Duty.ON_CALL, 0, LONGEST_ON_CALL_US + DAY_US),
}


@pytest.mark.parametrize(("duty", "start", "end"), PERIODS.values(), ids=PERIODS)
async def test_a_period_that_cannot_be_is_refused(
    teams: Teams, duty: Duty, start: int, end: int | None
) -> None:
    begin = AT + DAY_US + start
    with pytest.raises(MalformedError):
        await teams.join(duty=duty, start=begin, end=None if end is None else AT + DAY_US + end)


async def test_nobody_is_put_on_duty_before_the_act(teams: Teams) -> None:
    await teams.assign()
    await teams.join(start=AT - DAY_US)
    assert not await teams.linked(at=AT - 1)


async def test_a_member_and_an_assigned_person_are_found_rather_than_added(teams: Teams) -> None:
    assert (await teams.join()).reference["duty"] == (await teams.join()).reference["duty"]
    first, second = await teams.assign(), await teams.assign()
    assert first.reference["assignment"] == second.reference["assignment"]


async def test_a_team_is_shown_with_its_name_and_what_is_not_over(teams: Teams) -> None:
    await teams.join()
    await teams.assign()
    (shown,) = await teams.inner.teams(SCHOOL, "", 10)
    full = await teams.inner.team_in_full(await teams.caller(), NIGHT)
    assert (shown["name"], shown["ended"]) == ("Équipe de nuit", None)
    assert [one["worker"] for one in full["duties"]] == ["w:two"]
    assert len(full["assignments"]) == 1


NARROWINGS = {
    "an ended duty": ("duty_ended", "duty", "account:w:two"),
    "an ended assignment of a team": ("team_unassigned", "assignment", "person:p:zoe"),
    "an ended team": ("team_ended", "team", "person:p:zoe"),
}


@pytest.mark.parametrize(("kind", "field", "scope"), NARROWINGS.values(), ids=NARROWINGS)
async def test_what_ended_ends_in_an_older_copy_too(teams: Teams, kind: str, field: str, scope: str) -> None:
    names = {**(await teams.join()).reference, **(await teams.assign()).reference, "team": NIGHT}
    record = {"kind": kind, field: names[field], "scopes": [scope]}
    assert [await teams.store.narrow(record), await teams.store.narrow(record)] == [True, False]
    assert not await teams.linked(at=AT + DAY_US)


async def test_who_handed_a_person_over_follows_her_through_no_team_either(teams: Teams) -> None:
    await teams.join()
    await teams.assign()
    at = Instant(CLOCK.now())
    ended = [
        await teams.store.database.transaction(lambda tx: leave_out_everywhere(tx, "w:two", ZOE, at))
        for _ in range(2)
    ]
    assert ended == [1, 0]
    assert not await teams.linked()
