"""End one's own sign-ins: one, such as the one that is asking, or all of them."""

from dataclasses import dataclass

from gateway.asking import own_view
from gateway.domain.acting import Done, Note
from gateway.domain.caller import Caller
from gateway.domain.ids import DecisionId, SignInId
from gateway.domain.ledger import EntryKind
from gateway.ports import Ids, LedgerStore, SignInStore
from gateway.registering import proven


@dataclass(frozen=True, slots=True)
class EndSignIns:
    """Rests on nothing but whose they are: it also works in quarantine, and for who may do nothing else."""

    sign_ins: SignInStore
    ledger: LedgerStore
    ids: Ids

    async def __call__(self, caller: Caller, sign_in: SignInId | None) -> Done:
        """End one of the caller's, or all (None): no release that rests on it is recorded afterwards.

        Raises:
            NotVisibleError: None of hers.
        """
        note = Note(
            kind=EntryKind.SIGNED_OUT,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"asked": sign_in},
            person=caller.person,
            views=own_view(caller.person),
        )
        return await proven(await self.sign_ins.end(note, caller.account, sign_in), self.ledger)
