"""Record that a youth was consulted before a guardian reads a fragment about her."""

from dataclasses import dataclass
from typing import Any

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.determinations import check_assessed
from gateway.domain.findings import Finding, FindingKind, found_now
from gateway.domain.ids import FindingId, FragmentId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.ports import Ids, ListStore
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class Consulted:
    caller: Caller
    fragment: FragmentId
    harm_expected: bool
    until_at: Instant | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class ConsultYouth:
    """By a worker of the owner who is assigned to the youth; the latest consultation counts.

    Source: LRSSS, section 23: from 14, a guardian reads only after the youth was consulted and where no harm
    is expected.
    """

    determine: Determine
    lists: ListStore
    ids: Ids

    async def __call__(self, asked: Consulted) -> Done | Refused:
        """Record it; another agency's fragment is as if it did not exist.

        Raises:
            MalformedError: An end that is past.
        """
        check_assessed(None, asked.until_at, self.determine.clock.now())
        row = await self.lists.fragment(asked.fragment)
        own = row is not None and row["owner"] == asked.caller.agency
        person = PersonId(row["person"]) if row is not None and own else None
        stand = await self.determine.working_with(asked.caller, person)
        name = FindingId(self.ids.new("fnd"))
        told = Shown(asked.caller, EntryKind.YOUTH_CONSULTED, (asked.fragment,))
        detail: dict[str, Any] = {"finding": name, "asked": asked.fragment}
        task = Task(Act.CONSULT_YOUTH, told, stand, detail, asked.once)

        async def build(stand: Stand) -> Finding:
            document = {
                "fragment": asked.fragment,
                "youth_consulted": True,
                "harm_expected": asked.harm_expected,
            }
            return found_now(name, stand.person, FindingKind.CONSULTATION, document, asked.until_at)

        return await self.determine.add(task, build, narrows=asked.harm_expected)
