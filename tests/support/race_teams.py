"""What a race does to teams, by plain orders: a team of the asking worker in place of her own assignment."""

from collections.abc import Awaitable, Callable, Mapping

from gateway.domain.ids import AgencyId, AssignmentId, DutyId, PersonId, TeamId, WorkerId
from gateway.domain.instants import DAY_US, Instant
from gateway.domain.teams import Duty, NewDuty, NewTeam, NewTeamAssignment
from gateway.wiring.parts import Parts
from tests.support.race_network import CLINIC
from tests.support.race_registry import Told, end_assignments, note_of, told_of


async def renew_team(parts: Parts, order: Told) -> Told:
    """Let the asking worker follow the child through a team alone: on call for it, or a member of it."""
    child, store = order["child"], parts.onboarding
    await end_assignments(parts, child)
    team = TeamId(parts.ids.new("tea"))
    await store.form_team(note_of(parts), NewTeam(team, AgencyId(CLINIC), "Équipe de course"))
    until = Instant(parts.clock.now() + DAY_US)
    on_call = NewDuty(DutyId(parts.ids.new("dty")), team, WorkerId("w:bob"), Duty.ON_CALL, None, until)
    duty = await store.give_duty(note_of(parts), on_call)
    name = AssignmentId(parts.ids.new("tas"))
    done = await store.assign_team(note_of(parts), NewTeamAssignment(name, team, PersonId(child)))
    told = told_of(done)
    names = {"team": team, "duty": duty.reference["duty"], "assigned": done.reference["assignment"]}
    return {**told, "reference": names}


async def end_duty(parts: Parts, order: Told) -> Told:
    return told_of(await parts.onboarding.end_duty(note_of(parts), DutyId(order["duty"])))


async def unassign_team(parts: Parts, order: Told) -> Told:
    done = await parts.onboarding.unassign_team(note_of(parts), AssignmentId(order["assigned"]))
    return told_of(done)


async def end_team(parts: Parts, order: Told) -> Told:
    return told_of(await parts.onboarding.end_team(note_of(parts), TeamId(order["team"])))


ORDERS: Mapping[str, Callable[[Parts, Told], Awaitable[Told]]] = {
    "renew team": renew_team,
    "end duty": end_duty,
    "unassign team": unassign_team,
    "end team": end_team,
}
