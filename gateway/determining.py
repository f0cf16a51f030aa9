"""How a worker records what she found about a person: linked, judged by the table of acts, then written.

Shared by the use cases that keep findings, which differ in what they find and who may.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gateway.asking import own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once, Stand
from gateway.domain.acts import INACTIVE, Act, Objection, objection_to
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError, MalformedError, NotVisibleError
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import AgencyId, FindingId, PersonId
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.ledger import EntryKind
from gateway.knowing import Knowing
from gateway.ports import ActStore, Clock, LedgerStore, RegistryStore
from gateway.registering import Errand, Registrar, acknowledged
from gateway.showing import Show, Shown

Build = Callable[[Stand], Awaitable[Finding]]
"""Makes the revision that is to be written; it may still find the request malformed or in conflict."""

Write = Callable[[Note, Finding], Awaitable[Done]]


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be recorded, as its entry tells it, and what that concerns.

    `stand` is how the person stands; None where the caller is not to know of her. `over` is whose record it
    is that changes; None for a new one, and for one that names the caller herself: her own agency's.
    """

    act: Act
    told: Shown
    stand: Stand | None
    detail: Mapping[str, Any]
    once: Once | None = None
    over: AgencyId | None = None

    @property
    def caller(self) -> Caller:
        return self.told.caller


@dataclass(frozen=True, slots=True)
class Determine:
    """One attempt, one entry: the record's own, or that of its refusal."""

    registrar: Registrar
    registry: RegistryStore
    ledger: LedgerStore
    show: Show
    clock: Clock
    knowing: Knowing

    @property
    def acts(self) -> ActStore:
        return self.registrar.acts

    async def stand_of(self, caller: Caller, person: PersonId | None) -> Stand | None:
        """How the person stands, whoever asks."""
        return None if person is None else await self.registry.stand(caller, person, self.clock.now())

    async def working_with(self, caller: Caller, person: PersonId | None) -> Stand | None:
        """The same, for a worker who is assigned to her now; None for anybody else."""
        stand = await self.stand_of(caller, person)
        return stand if stand is not None and stand.actor.get("assigned") else None

    async def of_handle(self, caller: Caller, handle: str) -> Stand | None:
        """The same, for the person behind the agency's handle."""
        return await self.working_with(caller, await self.registry.person_of_handle(caller.agency, handle))

    async def find(self, finding: FindingId, kind: FindingKind) -> Finding | None:
        """The last revision of a record of this kind; another kind's id is nobody's here."""
        found = await self.registry.finding(finding)
        return found if found is not None and found.kind is kind else None

    async def add(self, task: Task, build: Build, *, narrows: bool) -> Done | Refused:
        """Write a first revision, if what it rests on still stands; `reference` is `{finding, revision}`.

        Raises:
            ContendedError: Something about the person or the caller changed meanwhile; it may be sent again.
        """

        async def write(note: Note, finding: Finding) -> Done:
            return await self.acts.add_finding(_resting(note, task), finding, narrows=narrows)

        return await self._record(task, build, write, proven=narrows)

    async def change(self, task: Task, build: Build) -> Done | Refused:
        """Write the next revision of a record, where that opens something; raises as `add`."""

        async def write(note: Note, finding: Finding) -> Done:
            return await self.acts.change_finding(_resting(note, task), finding, narrows=False)

        return await self._record(task, build, write, proven=False)

    async def narrow(self, task: Task, build: Build) -> Done | Refused:
        """Write the next revision, where that takes access away: it waits for nothing else that may move."""

        async def write(note: Note, finding: Finding) -> Done:
            return await self.acts.change_finding(note, finding, narrows=True)

        return await self._record(task, build, write, proven=True)

    async def sign(self, task: Task, build: Build) -> Done | Refused:
        """Write the next revision of a transfer that is signed off, with the end of an assignment if any."""
        return await self._record(task, build, self.acts.sign_transfer, proven=True)

    async def _record(self, task: Task, build: Build, write: Write, *, proven: bool) -> Done | Refused:
        stand = task.stand
        if stand is None:
            return await self.registrar(_errand(task, narrows=proven), self.acts.note_act)

        async def do(note: Note) -> Done:
            try:
                finding = await build(stand)
            except (ConflictError, MalformedError) as error:
                # It has become so by this very request, maybe: its idempotency key brings that back.
                return await self.acts.object_to(note, error)
            return await write(await self._shown(note, task, stand, finding), finding)

        done = await self.registrar(_errand(task, narrows=proven), do)
        return await acknowledged(done, self.ledger) if proven else done

    async def _shown(self, note: Note, task: Task, stand: Stand, finding: Finding) -> Note:
        """Judge who sees it as things stand once it is written: a harm that is found hides its own entry."""
        if finding.revision == 1:
            new = replace(finding, recorded_at=FAR_FUTURE, from_at=None)
            stand = replace(stand, findings=(*stand.findings, new))
        return await self.show(note, task.told, stand)

    async def look(
        self, caller: Caller, asked: tuple[FindingId, FindingKind], act: Act, parties: Collection[str]
    ) -> Finding | Refused:
        """Give a record to who is named in one of these fields of it, or may know of the person's dossier.

        The reading is an entry; whoever may not see it is answered as if there were none. While the policy is
        silent, a family member whom it alone could let in is told that this cannot be said now.
        """
        name, kind = asked
        found = await self.find(name, kind)
        objection = await self._objection(caller, found, parties)
        person = None if found is None else found.person
        refused = await self.read(caller, act, {"act": f"read_{kind}", "asked": name}, person, objection)
        if refused is not None:
            return refused
        if found is None:
            raise NotVisibleError("no such record")
        return found

    async def _objection(
        self, caller: Caller, found: Finding | None, parties: Collection[str]
    ) -> Objection | None:
        named = [] if found is None else [found.document[field] for field in parties]
        if caller.account in {one for each in named for one in ([each] if isinstance(each, str) else each)}:
            return None
        return await self.knowing.objection(caller, None if found is None else found.person)

    async def read(
        self,
        caller: Caller,
        act: Act,
        detail: Mapping[str, Any],
        person: PersonId | None,
        objection: Objection | None,
    ) -> Refused | None:
        """Record a reading before it is shown, or the refusal of one to which there is an objection."""
        objection = objection if caller.active else INACTIVE
        about = person if objection is None else None
        errand = Errand(caller, act, EntryKind.LISTED, None, detail, about)
        answer = await self.registrar.judged(errand, objection, self._note_own)
        return answer if isinstance(answer, Refused) else None

    async def _note_own(self, note: Note) -> Done:
        """A reading by a family member is her own act: she alone sees it (domain rules A1 and A2)."""
        person = None if note.caller is None else note.caller.person
        return await self.acts.note_act(replace(note, views=own_view(person)))


def _resting(note: Note, task: Task) -> Note:
    stands = () if task.stand is None else task.stand.epochs
    return replace(note, epochs=tuple(sorted({*task.caller.epochs, *stands})))


def _errand(task: Task, *, narrows: bool) -> Errand:
    stand, caller = task.stand, task.caller
    over = None if stand is None else caller.agency
    person = None if stand is None else stand.person
    # After the agency's standing: a suspended agency is told nothing of what there is.
    other = None if task.over is None else objection_to(caller, task.act, task.over)
    kind, detail = task.told.kind, task.detail
    return Errand(caller, task.act, kind, over, detail, person, task.once, other, narrows)
