"""Make a worker a member of a team, or put her on call for it."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import NOT_FOR_ROLE, Act
from gateway.domain.caller import Caller
from gateway.domain.ids import DutyId, TeamId, WorkerId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.teams import Duty, NewDuty
from gateway.ports import Ids, OnboardingStore
from gateway.registering import Errand, Registrar, known_to


@dataclass(frozen=True, slots=True)
class GivenDuty:
    worker: WorkerId
    duty: Duty
    from_at: Instant | None = None
    until_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class GiveDuty:
    """While her duty lasts she counts as assigned to each person that the team is assigned to.

    Nobody puts herself there. An entry of the agency's record: a family sees the team's assignment, and
    whoever reads.
    """

    registrar: Registrar
    store: OnboardingStore
    ids: Ids

    async def __call__(
        self, caller: Caller, team: TeamId, given: GivenDuty, *, once: Once | None = None
    ) -> Done | Refused:
        """Give it, from the act's own instant or a later one.

        Raises:
            MalformedError: A period that is none, or on call without an end within 31 days.
            ConflictError: No active worker of the team's own agency, or the team has ended.
        """
        over = known_to(caller, Act.MANAGE_TEAM, await self.store.team(team))
        duty = NewDuty(
            DutyId(self.ids.new("dty")), team, given.worker, given.duty, given.from_at, given.until_at
        )
        detail = {
            "team": team,
            "worker": duty.worker,
            "duty": duty.id,
            "as": str(duty.duty),
            "from": duty.from_at,
            "until": duty.until_at,
        }
        errand = Errand(
            caller,
            Act.MANAGE_TEAM,
            EntryKind.TEAM_DUTY_GIVEN,
            over,
            detail,
            once=once,
            besides=NOT_FOR_ROLE if duty.worker == caller.worker else None,
        )
        return await self.registrar(errand, lambda note: self.store.give_duty(note, duty))
