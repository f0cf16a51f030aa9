"""Open a session of a committee about a person: who sits, what lies on the table, from when to when."""

from dataclasses import dataclass
from typing import Any

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import FindingId, FragmentId, WorkerId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.meetings import check_session
from gateway.ports import Ids
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class SessionPlanned:
    """`handle` is the agency's of the person; members are workers of any agency."""

    caller: Caller
    handle: str
    members: tuple[WorkerId, ...]
    package: tuple[FragmentId, ...]
    opens_at: Instant
    closes_at: Instant
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class OpenSession:
    """By a worker assigned to the person, for an agency that holds a fragment of her.

    A consent names a session by its id, which nobody knows before this act. The agencies of its members are
    therefore frozen here, before anybody can sign, and nobody joins later: whoever signs, signs for exactly
    these agencies (domain rule C13). Members can only leave.
    """

    determine: Determine
    ids: Ids

    async def __call__(self, planned: SessionPlanned) -> Done | Refused:
        """Record it. A fragment that is not the person's, or is none, lies on no table.

        Raises:
            MalformedError: No or too many members or documents, a member that is nobody, or a past end.
        """
        check_session(planned.members, planned.package, (planned.opens_at, planned.closes_at))
        if planned.closes_at <= self.determine.clock.now():
            raise MalformedError("a session closes after it is recorded", field="closes")
        stand = await self.determine.of_handle(planned.caller, planned.handle)
        name = FindingId(self.ids.new("ses"))
        told = Shown(planned.caller, EntryKind.SESSION_OPENED, planned.package)
        detail = {"session": name, "members": planned.members, "package": planned.package}
        task = Task(Act.OPEN_SESSION, told, stand, detail, planned.once)

        async def build(stand: Stand) -> Finding:
            document = await self._document(planned)
            period = (planned.opens_at, planned.closes_at)
            return Finding(
                name,
                stand.person,
                FindingKind.SESSION,
                document,
                from_at=period[0],
                until_at=period[1],
            )

        return await self.determine.add(task, build, narrows=False)

    async def _document(self, planned: SessionPlanned) -> dict[str, Any]:
        agencies = set()
        for member in planned.members:
            row = await self.determine.registry.row("workers", member)
            if row is None:
                raise MalformedError("there is no such worker", field="members")
            agencies.add(row["agency"])
        return {
            "members": sorted(planned.members),
            "recused": [],
            "package": sorted(planned.package),
            "agencies_at_consent": sorted(agencies),
            "agency": planned.caller.agency,
        }
