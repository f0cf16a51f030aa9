"""Leave the network for good."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId
from gateway.domain.ledger import EntryKind
from gateway.ports import LedgerStore, OnboardingStore
from gateway.registering import Errand, Registrar, acknowledged


@dataclass(frozen=True, slots=True)
class LeaveNetwork:
    """Once a second person has approved it. From its entry on nothing of the agency is released to anybody.

    Its workers can do nothing more, nor those of its units. There is no way back: an agency that returns is
    admitted anew, under another identifier.
    """

    registrar: Registrar
    store: OnboardingStore
    ledger: LedgerStore

    async def __call__(self, caller: Caller, agency: AgencyId, *, once: Once | None = None) -> Done | Refused:
        """Leave, and wait for the proof."""
        detail = {"leaving": agency}
        errand = Errand(caller, Act.LEAVE_NETWORK, EntryKind.AGENCY_LEFT, agency, detail, once=once)
        done = await self.registrar(errand, lambda note: self.store.leave_network(note, agency))
        return await acknowledged(done, self.ledger)
