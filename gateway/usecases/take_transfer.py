"""Accept or decline a transfer, by the worker whom it names as who receives."""

from dataclasses import dataclass

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import FindingId
from gateway.domain.ledger import EntryKind
from gateway.domain.meetings import TransferState, moved
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class Taking:
    """`state` is accepted or declined."""

    caller: Caller
    transfer: FindingId
    state: TransferState
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class TakeTransfer:
    """From accepted on she reads the package, as far as the family's consents go."""

    determine: Determine

    async def __call__(self, asked: Taking) -> Done | Refused:
        """Record it; for anybody else the transfer does not exist.

        Raises:
            ConflictError: The family has not agreed yet, or it is over.
        """
        found = await self.determine.find(asked.transfer, FindingKind.TRANSFER)
        hers = found is not None and found.document["to_person"] == asked.caller.worker
        person = found.person if found is not None and hers else None
        stand = await self.determine.stand_of(asked.caller, person)
        package = () if found is None else tuple(found.document["package"])
        told = Shown(asked.caller, EntryKind.TRANSFER_ANSWERED, package)
        detail = {"asked": asked.transfer, "state": str(asked.state)}
        task = Task(Act.TAKE_TRANSFER, told, stand, detail, asked.once)

        async def build(_stand: Stand) -> Finding:
            assert found is not None  # Without it there is no stand either.
            return moved(found, asked.state)

        if asked.state is TransferState.DECLINED:
            return await self.determine.narrow(task, build)
        return await self.determine.change(task, build)
