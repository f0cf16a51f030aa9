"""Approve or decline what somebody else has asked for: what is approved takes effect at once."""

from dataclasses import dataclass

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.approving import Answer
from gateway.domain.caller import Caller
from gateway.domain.ids import ApprovalId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.ports import RegistryStore
from gateway.registering import Errand, Registrar, known_in_network

_KINDS = {Answer.APPROVED: EntryKind.APPROVED, Answer.DECLINED: EntryKind.DECLINED}


@dataclass(frozen=True, slots=True)
class AnswerApproval:
    """By a privacy officer of the agency that asked, or a network-wide one.

    Never by who asked, nor by the same human behind another account, nor by who would benefit: that is
    checked under the lock that the entry is written under.
    """

    registrar: Registrar
    registry: RegistryStore

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
        return await self.registrar(
            errand, lambda note: self.registrar.acts.answer_approval(note, approval, answer)
        )
