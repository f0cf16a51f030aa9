"""Print a code on paper for somebody of a person's family: it is shown once, and kept nowhere."""

from dataclasses import dataclass, field, replace

from gateway.asking import own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.enrolments import EnrolmentId, NewCode, PaperCode
from gateway.domain.ledger import EntryKind
from gateway.ports import Codes, EnrolmentStore, Ids, RegistryStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class Printing:
    """`person` is whose dossier it is for; `holder` who is to come in by it, the person herself if None.

    Both are handles of the caller's agency.
    """

    caller: Caller
    person: str
    holder: str | None = None


@dataclass(frozen=True, slots=True)
class Printed:
    """`done.reference` is `{enrolment, expires_at}`; the code is nowhere else."""

    done: Done
    code: PaperCode = field(repr=False)


@dataclass(frozen=True, slots=True)
class PrintCode:
    """One code at a time: a new print takes the place of the one before, and ends what was signed in by it.

    The two are one act: there is no instant without a code, and no new one without the end of the old.

    She whose way in it is sees the entry, by whose agency it is, and is told; nobody else of her family is,
    for a child's own way in is not her parents' to know of (domain rules A1, A2).
    """

    registrar: Registrar
    registry: RegistryStore
    enrolments: EnrolmentStore
    codes: Codes
    ids: Ids

    async def __call__(self, asked: Printing) -> Printed | Refused:
        """Print it, for the person or for somebody who holds authority over her.

        Raises:
            ConflictError: The account is closed.
            ContendedError: What it rests on has just changed; it may be sent again.
            QuarantinedError: Nothing is recorded now; nothing was printed, and the code before still opens.
        """
        caller = asked.caller
        person = await self.registry.person_of_handle(caller.agency, asked.person)
        holder = person
        if asked.holder is not None:
            holder = await self.registry.person_of_handle(caller.agency, asked.holder)
        name, code = EnrolmentId(self.ids.new("enr")), self.codes.new()
        errand = Errand(
            caller,
            Act.PRINT_CODE,
            EntryKind.CODE_PRINTED,
            caller.agency if person is not None and holder is not None else None,
            {"enrolment": name, "holder": holder},
            person=person,
        )
        if person is None or holder is None:
            done = await self.registrar(errand, self.registrar.acts.note_act)
            assert isinstance(done, Refused)  # Nobody by this handle is an objection of the table.
            return done
        new = NewCode(name, code, holder, person)
        done = await self.registrar(
            errand, lambda note: self.enrolments.print_code(replace(note, views=own_view(new.holder)), new)
        )
        return done if isinstance(done, Refused) else Printed(done, code)
