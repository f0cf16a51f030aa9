"""Revoke a code by naming it: whoever has found, lost or fears it, without coming in."""

from dataclasses import dataclass

from gateway.asking import own_view
from gateway.domain.acting import Note
from gateway.domain.enrolments import PaperCode
from gateway.domain.errors import RateLimitedError
from gateway.domain.ids import DecisionId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.tries import OF_A_LOSS
from gateway.ports import Clock, EnrolmentStore, Ids


@dataclass(frozen=True, slots=True)
class RevokeNamedCode:
    """Who may name forty bits may end them. Nothing that is answered tells whether there was such a code.

    Its tries are counted by address alone, apart from those of coming in: whoever makes a code wait by
    guessing at it does not keep its owner from ending it.
    """

    enrolments: EnrolmentStore
    clock: Clock
    ids: Ids

    async def __call__(self, code: PaperCode, address: str) -> None:
        """End it, and all that came of it, if there is one; the same is answered where there is none.

        Raises:
            RateLimitedError: Too many were named from this address.
        """
        wait = await self.enrolments.take_try([(("loss", address), OF_A_LOSS)], self.clock.now())
        if wait:
            raise RateLimitedError.after(wait, "too many tries")
        found = await self.enrolments.code(code)
        # One that a new print has replaced, or that is over, may have left passkeys and sign-ins behind.
        if found is None or await self.enrolments.is_all_over(found.id):
            return
        note = Note(
            kind=EntryKind.CODE_REVOKED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=None,
            detail={"by": "who_named_it", "enrolment": found.id, "holder": found.account},
            person=found.person,
            views=own_view(PersonId(found.account)),
        )
        # In force once committed. The proof is not waited for: that takes longer than where there is none.
        await self.enrolments.revoke(note, found)
