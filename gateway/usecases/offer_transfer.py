"""Offer a personalised transfer: a named worker of another service, and what moves with the person."""

from dataclasses import dataclass

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError
from gateway.domain.findings import Finding, FindingKind, found_now
from gateway.domain.ids import FindingId, FragmentId, WorkerId
from gateway.domain.instants import Instant, to_text
from gateway.domain.ledger import EntryKind
from gateway.domain.meetings import TransferState, check_package
from gateway.ports import Ids
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class TransferOffered:
    """`handle` is the agency's of the person; `meeting_at` when all of them meet, where that is known."""

    caller: Caller
    handle: str
    to_person: WorkerId
    package: tuple[FragmentId, ...]
    purpose: str
    meeting_at: Instant | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class OfferTransfer:
    """By a worker assigned to the person; it opens nothing before the family agrees and it is accepted."""

    determine: Determine
    ids: Ids
    purposes: frozenset[str]

    async def __call__(self, offered: TransferOffered) -> Done | Refused:
        """Record the offer. A fragment that is not the person's, or is none, does not move.

        Raises:
            MalformedError: No or too many documents, a purpose that is none of a transfer, or a receiver who
                is nobody, disabled, or the caller.
        """
        check_package(offered.package)
        if offered.purpose not in self.purposes:
            raise MalformedError("nobody is handed over for this purpose", field="purpose")
        caller = offered.caller
        stand = await self.determine.of_handle(caller, offered.handle)
        name = FindingId(self.ids.new("trf"))
        told = Shown(caller, EntryKind.TRANSFER_OFFERED, offered.package)
        detail = {"transfer": name, "to_person": offered.to_person, "package": offered.package}
        task = Task(Act.OFFER_TRANSFER, told, stand, detail, offered.once)

        async def build(stand: Stand) -> Finding:
            row = await self.determine.registry.row("workers", offered.to_person)
            if row is None or not row["active"] or offered.to_person == caller.worker:
                raise MalformedError("there is no such worker", field="to_person")
            document = {
                "from_worker": caller.worker,
                "to_person": offered.to_person,
                "to_agency": row["agency"],
                "package": sorted(offered.package),
                "purpose": offered.purpose,
                "meeting": None if offered.meeting_at is None else to_text(offered.meeting_at),
                "state": str(TransferState.PROPOSED),
                "signed": [],
            }
            return found_now(name, stand.person, FindingKind.TRANSFER, document)

        return await self.determine.add(task, build, narrows=False)
