"""Assign a worker to a person: from then on the policy sees a relationship."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import NOT_FOR_ROLE, Act
from gateway.domain.caller import Caller
from gateway.domain.ids import AssignmentId, WorkerId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import NewAssignment
from gateway.ports import Ids, RegistryStore
from gateway.registering import Errand, Registrar, known_to
from gateway.showing import Show, Shown


@dataclass(frozen=True, slots=True)
class AssignWorker:
    """An agency assigns its own worker: it holds a fragment of the person, or is named, or has accepted her.

    Named by a consent in force; accepted in a personalised transfer.

    Nobody assigns herself. The link is checked by the store, under the lock that the entry is written under.
    """

    registrar: Registrar
    registry: RegistryStore
    show: Show
    ids: Ids

    async def __call__(
        self,
        caller: Caller,
        worker: WorkerId,
        handle: str,
        *,
        until_at: Instant | None = None,
        once: Once | None = None,
    ) -> Done | Refused:
        """Assign her to the person behind this agency's handle, from the act's own instant on.

        Raises:
            MalformedError: The end is not after the start.
        """
        person = await self.registry.person_of_handle(caller.agency, handle)
        over = known_to(caller, Act.ASSIGN, await self.registry.row("workers", worker))
        assignment = AssignmentId(self.ids.new("asg"))
        errand = Errand(
            caller,
            Act.ASSIGN,
            EntryKind.ASSIGNED,
            over if person is not None else None,
            {"worker": worker, "assignment": assignment, "until": until_at},
            person=person,
            once=once,
            besides=NOT_FOR_ROLE if worker == caller.worker else None,
        )
        if person is None:
            return await self.registrar(errand, self.registrar.acts.note_act)
        new = NewAssignment(assignment, worker, person, until_at=until_at)

        async def do(note: Note) -> Done:
            told = await self.show(note, Shown(caller, EntryKind.ASSIGNED))
            return await self.registrar.acts.assign(told, new)

        return await self.registrar(errand, do)
