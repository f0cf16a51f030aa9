"""Sign off a transfer: once both workers have, it is completed and the sender works there no more."""

from dataclasses import dataclass

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import FindingId
from gateway.domain.ledger import EntryKind
from gateway.domain.meetings import TransferState, completes, signed
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class CompleteTransfer:
    """By the worker who sends and the one who receives, each for herself."""

    determine: Determine

    async def __call__(
        self, caller: Caller, transfer: FindingId, *, once: Once | None = None
    ) -> Done | Refused:
        """Sign; signing twice is signing once. The entry is `transfer_completed` where that ends it.

        Raises:
            ConflictError: Nobody has accepted it, or it was refused.
        """
        found = await self.determine.find(transfer, FindingKind.TRANSFER)
        document = {} if found is None else found.document
        hers = caller.worker is not None and caller.worker in {
            document.get("from_worker"),
            document.get("to_person"),
        }
        stand = await self.determine.stand_of(caller, found.person if found is not None and hers else None)
        # The family is told of an end only once there is one.
        ends = found is not None and completes(found, str(caller.worker))
        kind = EntryKind.TRANSFER_COMPLETED if ends else EntryKind.TRANSFER_SIGNED
        told = Shown(caller, kind, tuple(document.get("package", ())))
        task = Task(Act.COMPLETE_TRANSFER, told, stand, {"asked": transfer}, once)

        async def build(_stand: Stand) -> Finding:
            assert found is not None  # Without it there is no stand either.
            return signed(found, str(caller.worker))

        if document.get("state") == TransferState.COMPLETED:
            return await self.determine.narrow(task, build)  # What it ended then, it does not end again.
        return await self.determine.sign(task, build)
