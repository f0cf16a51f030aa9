"""Close a session of a committee before its time; at its time it closes by itself."""

from dataclasses import dataclass

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.findings import Finding, FindingKind, agency_of, ended
from gateway.domain.ids import FindingId
from gateway.domain.ledger import EntryKind
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class CloseSession:
    """By a worker assigned to the person, of the agency that opened it.

    One that is closed before it opens never opens.
    """

    determine: Determine

    async def __call__(
        self, caller: Caller, session: FindingId, *, once: Once | None = None
    ) -> Done | Refused:
        """Close it at the act's own instant; closed already is closed."""
        found = await self.determine.find(session, FindingKind.SESSION)
        stand = await self.determine.working_with(caller, None if found is None else found.person)
        package = () if found is None else tuple(found.document["package"])
        told = Shown(caller, EntryKind.SESSION_CLOSED, package)
        over = None if found is None else agency_of(found)
        task = Task(Act.CLOSE_SESSION, told, stand, {"asked": session}, once, over)

        async def build(_stand: Stand) -> Finding:
            assert found is not None  # Without it there is no stand either.
            return ended(found, self.determine.clock.now())

        return await self.determine.narrow(task, build)
