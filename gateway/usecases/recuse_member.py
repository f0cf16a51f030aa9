"""Recuse a member of a committee: from then on she reads nothing in that session."""

from dataclasses import dataclass

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError
from gateway.domain.findings import Finding, FindingKind, agency_of
from gateway.domain.ids import FindingId, WorkerId
from gateway.domain.ledger import EntryKind
from gateway.domain.meetings import recused
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class Recusal:
    """`member` is None where the caller recuses herself."""

    caller: Caller
    session: FindingId
    member: WorkerId | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class RecuseMember:
    """By herself, or by a worker assigned to the person, of the agency that opened the session.

    There is no way back into it.
    """

    determine: Determine

    async def __call__(self, asked: Recusal) -> Done | Refused:
        """Record it; once more changes nothing.

        Raises:
            MalformedError: Somebody who is no member.
        """
        caller = asked.caller
        member = asked.member or caller.worker
        session = await self.determine.find(asked.session, FindingKind.SESSION)
        stand = await self._stand(caller, session, member)
        package = () if session is None else tuple(session.document["package"])
        told = Shown(caller, EntryKind.SESSION_RECUSED, package)
        # To leave is the member's own act, whosever session it is.
        hers = session is None or _sits(member, session, caller)
        over = None if session is None or hers else agency_of(session)
        detail = {"asked": asked.session, "member": member}
        task = Task(Act.RECUSE, told, stand, detail, asked.once, over)

        async def build(_stand: Stand) -> Finding:
            assert session is not None  # Without it there is no stand either.
            if member not in session.document["members"]:
                raise MalformedError("she is no member of this session", field="member")
            return recused(session, str(member))

        return await self.determine.narrow(task, build)

    async def _stand(self, caller: Caller, session: Finding | None, member: str | None) -> Stand | None:
        if session is None:
            return None
        if _sits(member, session, caller):
            return await self.determine.stand_of(caller, session.person)
        return await self.determine.working_with(caller, session.person)


def _sits(member: str | None, session: Finding, caller: Caller) -> bool:
    """Whether the member is the caller herself, and sits in this session."""
    return member == caller.worker and member in session.document["members"]
