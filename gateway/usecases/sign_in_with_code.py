"""Sign in with a code on paper and the day that one was born."""

from dataclasses import dataclass

from gateway.asking import own_view
from gateway.domain.acting import Note
from gateway.domain.enrolments import Enrolment, Named
from gateway.domain.errors import RateLimitedError
from gateway.domain.ids import DecisionId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.sign_in import SignedIn, Way
from gateway.domain.tries import OF_A_CODE, OF_AN_ADDRESS
from gateway.ports import ActStore, Clock, EnrolmentStore, Ids


@dataclass(frozen=True, slots=True)
class SignInWithCode:
    """A code that nobody has and a wrong day are one answer, after the same work.

    The try is counted before it is judged, against what was typed and where it came from, so that neither
    many at once nor a wait tells more.
    """

    enrolments: EnrolmentStore
    acts: ActStore
    clock: Clock
    ids: Ids

    async def __call__(self, named: Named, address: str) -> SignedIn | None:
        """Answer who has come in; None where the two do not go together, which is recorded.

        Raises:
            RateLimitedError: Too many tries with this code, or from this address.
            LedgerUnavailableError: A refusal could not be recorded.
        """
        # 1. Count the try, whatever is behind what was typed.
        now = self.clock.now()
        of_code, of_address = ("code", named.code.signs), ("address", address)
        wait = await self.enrolments.take_try([(of_code, OF_A_CODE), (of_address, OF_AN_ADDRESS)], now)
        if wait:
            raise RateLimitedError.after(wait, "too many tries")
        # 2. Look both up, in any case.
        found = await self.enrolments.code(named.code)
        is_open = found is not None and found.is_open(now)
        is_open &= await self.enrolments.is_account_open("" if found is None else found.account)
        holder = PersonId(found.account) if found is not None and is_open else None
        is_born = await self.enrolments.is_born(holder, named.born_on)
        # 3. Say no, in an entry that the code's owner sees, or begin her count again.
        if found is None or holder is None or not is_born:
            await self.acts.refuse_act(self._note(found))
            return None
        await self.enrolments.settle_try(of_code, (of_address, OF_AN_ADDRESS))
        return SignedIn(found.account, Way.CODE, strong=False, enrolment=found.id)

    def _note(self, found: Enrolment | None) -> Note:
        """An entry of nobody's, or of hers whose code it is: neither it nor its size is told to who tried."""
        return Note(
            kind=EntryKind.SIGN_IN_REFUSED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=None,
            detail={"way": str(Way.CODE), "enrolment": None if found is None else found.id},
            outcome="deny",
            person=None if found is None else found.person,
            views=own_view(None if found is None else PersonId(found.account)),
            tells={"way": str(Way.CODE)},
        )
