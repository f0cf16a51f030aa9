"""End a worker's duty in a team: her membership, or a period on call."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import DutyId
from gateway.domain.ledger import EntryKind
from gateway.ports import LedgerStore, OnboardingStore
from gateway.registering import Errand, Registrar, acknowledged, known_to


@dataclass(frozen=True, slots=True)
class EndDuty:
    """Its end is the act's own instant; no release that rested on it has a later entry."""

    registrar: Registrar
    store: OnboardingStore
    ledger: LedgerStore

    async def __call__(self, caller: Caller, duty: DutyId, *, once: Once | None = None) -> Done | Refused:
        """End it; ended already is ended, and one that has not begun never does."""
        row = await self.store.duty(duty)
        over = known_to(caller, Act.MANAGE_TEAM, row)
        detail = {"duty": duty} if row is None or over is None else {"duty": duty, "worker": row["worker"]}
        errand = Errand(caller, Act.MANAGE_TEAM, EntryKind.TEAM_DUTY_ENDED, over, detail, once=once)
        done = await self.registrar(errand, lambda note: self.store.end_duty(note, duty))
        return await acknowledged(done, self.ledger)
