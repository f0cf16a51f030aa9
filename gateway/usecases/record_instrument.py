"""Record a legal instrument that the agency was served with: a second person approves it."""

from dataclasses import dataclass, field, replace

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.ids import ApprovalId, OrderId
from gateway.domain.instruments import PROHIBITION, Instrument, check_instrument
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewOrder
from gateway.naming import Naming
from gateway.ports import Ids, LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged


@dataclass(frozen=True, slots=True)
class Served:
    """`handle` is the agency's of the person; `words` say which judgment or demand it is, and stay sealed."""

    handle: str
    instrument: Instrument
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RecordInstrument:
    """By a privacy officer of an agency that holds a fragment of the person, never for her own agency.

    A prohibition holds at once and is confirmed; a requirement opens nothing before it is approved.
    """

    registrar: Registrar
    registry: RegistryStore
    ledger: LedgerStore
    ids: Ids
    naming: Naming

    async def __call__(self, caller: Caller, served: Served, *, once: Once | None = None) -> Done | Refused:
        """Record it; a family member among its recipients is named by the agency's handle.

        Raises:
            MalformedError: It does not say whom it reaches, or names what does not exist.
        """
        check_instrument(served.instrument)
        await self.naming.require_known_names(served.instrument.names)
        instrument, workers = await self._resolve(caller, served.instrument)
        person = await self.registry.person_of_handle(caller.agency, served.handle)
        order, approval = OrderId(self.ids.new("ins")), ApprovalId(self.ids.new("apv"))
        errand = Errand(
            caller,
            Act.RECORD_INSTRUMENT,
            EntryKind.INSTRUMENT_RECORDED,
            None if person is None else caller.agency,
            {"order": order, "approval": approval, "in_force": instrument.type == PROHIBITION},
            person,
            once,
            narrows=instrument.type == PROHIBITION,
        )
        if person is None:
            return await self.registrar(errand, self.registrar.acts.note_act)
        new = NewOrder(
            id=order,
            person=person,
            document=instrument.to_policy(),
            from_at=instrument.from_at,
            until_at=instrument.until_at,
            agency=caller.agency,
        )
        asked = (approval, served.words)
        done = await self.registrar(
            errand, lambda note: self.registrar.acts.record_instrument(note, new, asked, workers)
        )
        if isinstance(done, Refused) or not done.reference["in_force"]:
            return done
        return await acknowledged(done, self.ledger)

    async def _resolve(
        self, caller: Caller, instrument: Instrument
    ) -> tuple[Instrument, frozenset[tuple[str, str | None]]]:
        """Put persons in place of the agency's handles; whoever has none must be a worker."""
        if instrument.recipients == "any":
            return instrument, frozenset()
        found = []
        workers: set[tuple[str, str | None]] = set()
        for one in instrument.recipients:
            person = one.person and await self.registry.person_of_handle(caller.agency, one.person)
            if one.person is not None and not person:
                workers.add((one.person, one.agency))
            found.append(replace(one, person=person) if person else one)
        return replace(instrument, recipients=tuple(found)), frozenset(workers)
