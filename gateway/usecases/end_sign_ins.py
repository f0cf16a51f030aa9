"""End one's own sign-ins: one, such as the one that is asking, or all of them."""

from dataclasses import dataclass

from gateway.asking import Refuse, Tried, hidden, own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note
from gateway.domain.caller import Caller
from gateway.domain.errors import NotVisibleError
from gateway.domain.ids import DecisionId, SignInId
from gateway.domain.ledger import EntryKind
from gateway.ports import Ids, LedgerStore, Policy, SignInStore
from gateway.registering import proven


@dataclass(frozen=True, slots=True)
class EndSignIns:
    """Rests on nothing but whose they are: it also works in quarantine, and for who may do nothing else."""

    sign_ins: SignInStore
    ledger: LedgerStore
    refuse: Refuse
    policy: Policy
    ids: Ids

    async def __call__(self, caller: Caller, sign_in: SignInId | None) -> Done | Refused:
        """End one of the caller's, or all (None): no release that rests on it is recorded afterwards.

        Another's is refused as one that is not there.
        """
        note = Note(
            kind=EntryKind.SIGNED_OUT,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"asked": sign_in},
            person=caller.person,
            views=own_view(caller.person),
        )
        try:
            done = await self.sign_ins.end(note, caller.account, sign_in)
        except NotVisibleError:
            tried = Tried("end_sign_in", caller, {"asked": sign_in})
            return await self.refuse(tried, hidden(self.policy.digest))
        return await proven(done, self.ledger)
