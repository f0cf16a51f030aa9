"""Approve or decline what somebody else has asked for: what is approved takes effect at once."""

from dataclasses import dataclass, replace

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.approving import Answer, ApprovalKind
from gateway.domain.caller import Caller
from gateway.domain.ids import ApprovalId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.ports import RegistryStore
from gateway.registering import Errand, Registrar, known_in_network
from gateway.showing import Show, Shown

_KINDS = {Answer.APPROVED: EntryKind.APPROVED, Answer.DECLINED: EntryKind.DECLINED}


@dataclass(frozen=True, slots=True)
class AnswerApproval:
    """By a privacy officer of the agency that asked, or a network-wide one.

    Never by who asked, nor by who would benefit, nor by the family of whom it is about, whichever account the
    same human answers with: that is checked under the lock that the entry is written under.

    The family sees that somebody may decide for the person from now on (domain rule A9). What waits for an
    answer, or is declined, and instruments as records are administration (A3).
    """

    registrar: Registrar
    registry: RegistryStore
    show: Show

    async def __call__(
        self, caller: Caller, approval: ApprovalId, answer: Answer, words: str, *, once: Once | None = None
    ) -> Done | Refused:
        """Answer it; `words` say why and stay sealed in the entry.

        Raises:
            ConflictError: It has been answered by somebody else, or otherwise.
        """
        row = await self.registry.approval(approval)
        over = known_in_network(caller, Act.ANSWER_APPROVAL, row)
        of_person = None if row is None or over is None else row["person"]
        errand = Errand(
            caller,
            Act.ANSWER_APPROVAL,
            _KINDS[answer],
            over,
            {"approval": approval, "answer": str(answer), "words": words},
            None if of_person is None else PersonId(of_person),
            once,
        )
        is_authority = row is not None and row["kind"] == ApprovalKind.AUTHORITY

        async def do(note: Note) -> Done:
            if is_authority and answer is Answer.APPROVED:
                note = replace(note, tells={"kind": str(EntryKind.AUTHORITY_RECORDED)})
                note = await self.show(note, Shown(caller, EntryKind.AUTHORITY_RECORDED))
            return await self.registrar.acts.answer_approval(note, approval, answer)

        return await self.registrar(errand, do)
