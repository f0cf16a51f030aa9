"""Determine that a reading would do harm: to whom, and of what the caller's own agency holds."""

from dataclasses import dataclass, field
from typing import Literal

from gateway.determining import Determine, Task
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once, Stand
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.determinations import ALL, check_assessed, harm_document
from gateway.domain.errors import MalformedError
from gateway.domain.findings import Finding, FindingKind, found_now
from gateway.domain.ids import FindingId, FragmentId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import check_scope
from gateway.ports import Ids, ListStore
from gateway.showing import Shown


@dataclass(frozen=True, slots=True)
class HarmFound:
    """Of one fragment, or of categories; `handle` is the agency's of the person."""

    caller: Caller
    handle: str
    to: tuple[Literal["guardian", "youth"], ...]
    categories: Literal["all"] | tuple[str, ...] = ALL
    fragment: FragmentId | None = None
    until_at: Instant | None = None
    grounds: str = field(default="", repr=False)
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class DetermineHarm:
    """By a worker assigned to the person, of what her own agency holds: another's is not hers to judge."""

    determine: Determine
    lists: ListStore
    ids: Ids
    categories: frozenset[str]

    async def __call__(self, found: HarmFound) -> Done | Refused:
        """Record it; whom it names reads none of that from now on.

        Raises:
            MalformedError: Nobody named, another category, both a fragment and categories, or a past end.
        """
        self._check(found)
        stand = await self.determine.of_handle(found.caller, found.handle)
        if stand is not None and not await self._is_own(found, stand):
            stand = None
        name = FindingId(self.ids.new("fnd"))
        fragments = () if found.fragment is None else (found.fragment,)
        named = () if found.categories == ALL else found.categories
        told = Shown(found.caller, EntryKind.HARM_DETERMINED, fragments, named)
        detail = {"finding": name, "asked": found.fragment, "to": sorted(found.to)}
        task = Task(Act.DETERMINE_HARM, told, stand, detail, found.once)

        async def build(stand: Stand) -> Finding:
            assert found.caller.agency is not None  # Nobody else is assigned to anybody.
            document = harm_document(
                found.caller.agency,
                found.to,
                categories=found.categories,
                fragment=found.fragment,
                grounds=found.grounds,
            )
            return found_now(name, stand.person, FindingKind.HARM, document, found.until_at)

        return await self.determine.add(task, build, narrows=True)

    async def _is_own(self, found: HarmFound, stand: Stand) -> bool:
        if found.fragment is None:
            return True
        row = await self.lists.fragment(found.fragment)
        return row is not None and (row["owner"], row["person"]) == (found.caller.agency, stand.person)

    def _check(self, found: HarmFound) -> None:
        if not found.to:
            raise MalformedError("harm is done to somebody", field="to")
        if found.fragment is not None and found.categories != ALL:
            raise MalformedError("one fragment, or categories", field="fragment")
        check_scope(found.categories, self.categories)
        check_assessed(None, found.until_at, self.determine.clock.now())
