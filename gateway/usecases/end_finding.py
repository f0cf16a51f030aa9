"""End a finding about a person: a capacity, or a harm."""

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

_ACTS = {
    FindingKind.CAPACITY: (Act.END_CAPACITY, EntryKind.CAPACITY_ENDED),
    FindingKind.HARM: (Act.END_HARM, EntryKind.HARM_ENDED),
}


@dataclass(frozen=True, slots=True)
class Ending:
    """`kind` is a capacity or a harm; `handle` the agency's of the person."""

    caller: Caller
    handle: str
    kind: FindingKind
    finding: FindingId
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class EndFinding:
    """Its end is the act's own instant; ended already is ended. Each is ended by the agency that found it."""

    determine: Determine

    async def __call__(self, asked: Ending) -> Done | Refused:
        """End it; another person's is as if it did not exist, and so is a harm that another agency found.

        A capacity is known to whoever works with her: another agency's is refused as not the caller's to end.
        """
        caller = asked.caller
        found = await self.determine.find(asked.finding, asked.kind)
        stand = await self.determine.of_handle(caller, asked.handle)
        if found is None or stand is None or not _is_hers(found, stand, caller):
            stand = found = None
        act, kind = _ACTS[asked.kind]
        told = Shown(caller, kind) if found is None else _concerned(found, Shown(caller, kind))
        over = None if found is None or asked.kind is FindingKind.HARM else agency_of(found)
        task = Task(act, told, stand, {"asked": asked.finding}, asked.once, over)

        async def build(_stand: Stand) -> Finding:
            assert found is not None  # Without it there is no stand either.
            return ended(found, self.determine.clock.now())

        if asked.kind is FindingKind.HARM:
            return await self.determine.change(task, build)
        return await self.determine.narrow(task, build)


def _is_hers(found: Finding, stand: Stand, caller: Caller) -> bool:
    return found.person == stand.person and found.document.get("owner", caller.agency) == caller.agency


def _concerned(found: Finding, told: Shown) -> Shown:
    """What the finding was about is what its end is about."""
    document = found.document
    if document.get("fragment") is not None:
        return Shown(told.caller, told.kind, (document["fragment"],))
    named = document.get("categories", document.get("category", "all"))
    categories = (named,) if isinstance(named, str) else tuple(named)
    return Shown(told.caller, told.kind, categories=tuple(one for one in categories if one != "all"))
