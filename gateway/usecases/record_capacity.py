"""Record what was found about a person's capacity to decide: for a category or for all, for a time."""

from dataclasses import dataclass, field

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.determinations import ALL, capacity_document, check_assessed, check_category
from gateway.domain.findings import AT_THE_ACT, Finding, FindingKind
from gateway.domain.ids import FindingId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.ports import Ids
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class CapacityFound:
    """`handle` is the agency's of the person; without `assessed_at` it holds from the act's own instant."""

    caller: Caller
    handle: str
    capable: bool
    assessed_by: str = field(repr=False)
    category: str = ALL
    assessed_at: Instant | None = None
    until_at: Instant | None = None
    grounds: str = field(default="", repr=False)
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class RecordCapacity:
    """By a worker assigned to the person, for an agency that holds a fragment and decides nothing for her."""

    determine: Determine
    ids: Ids
    categories: frozenset[str]

    async def __call__(self, found: CapacityFound) -> Done | Refused:
        """Record it; the latest that holds counts, category by category.

        Raises:
            MalformedError: Another category, an assessment in the future, or an end that is past.
        """
        check_category(found.category, self.categories)
        check_assessed(found.assessed_at, found.until_at, self.determine.clock.now())
        stand = await self.determine.of_handle(found.caller, found.handle)
        name = FindingId(self.ids.new("fnd"))
        named = () if found.category == ALL else (found.category,)
        told = Shown(found.caller, EntryKind.CAPACITY_RECORDED, categories=named)
        detail = {"finding": name, "category": found.category, "capable": found.capable}
        task = Task(Act.RECORD_CAPACITY, told, stand, detail, found.once)

        async def build(stand: Stand) -> Finding:
            document = capacity_document(
                found.caller.agency,
                found.category,
                capable=found.capable,
                assessed_by=found.assessed_by,
                grounds=found.grounds,
            )
            from_at = AT_THE_ACT if found.assessed_at is None else found.assessed_at
            kind = FindingKind.CAPACITY
            return Finding(name, stand.person, kind, document, from_at=from_at, until_at=found.until_at)

        # A capacity that is denied takes standing from the person, one that is found from her guardians.
        return await self.determine.add(task, build, narrows=True)
