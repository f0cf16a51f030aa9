"""End a legal instrument: a requirement at once, a prohibition once a second person has approved it."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import ApprovalId, OrderId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.ports import Ids, LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged, known_in_network


@dataclass(frozen=True, slots=True)
class EndInstrument:
    """By a privacy officer of the agency that recorded it; the network's own by a network-wide one."""

    registrar: Registrar
    registry: RegistryStore
    ledger: LedgerStore
    ids: Ids

    async def __call__(self, caller: Caller, instrument: OrderId) -> Done | Refused:
        """End it, or ask; ended already is ended, and somebody else's is as if it did not exist."""
        row = await self.registry.instrument(instrument)
        over = known_in_network(caller, Act.END_INSTRUMENT, row)
        person = None if row is None or over is None else PersonId(row["person"])
        approval = ApprovalId(self.ids.new("apv"))
        errand = Errand(
            caller, Act.END_INSTRUMENT, EntryKind.INSTRUMENT_ENDED, over, {"order": instrument}, person
        )
        done = await self.registrar(
            errand, lambda note: self.registrar.acts.end_instrument(note, instrument, approval)
        )
        if isinstance(done, Refused) or not done.reference["in_force"]:
            return done
        return await acknowledged(done, self.ledger)
