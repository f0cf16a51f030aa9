"""Sign in with a passkey whose holder the authenticator has verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.asking import own_view
from gateway.domain.acting import Note
from gateway.domain.enrolments import CHALLENGE_US, KeptPasskey
from gateway.domain.errors import RateLimitedError, UnauthenticatedError
from gateway.domain.ids import DecisionId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.sign_in import SignedIn, Way
from gateway.domain.tries import OF_AN_ADDRESS, Rule
from gateway.ports import ActStore, Authenticators, Clock, EnrolmentStore, Ids


@dataclass(frozen=True, slots=True)
class SignInWithPasskey:
    """A challenge is answered once; a counter that went back is a copy of the key, and no way in."""

    enrolments: EnrolmentStore
    authenticators: Authenticators
    acts: ActStore
    clock: Clock
    ids: Ids

    def begin(self) -> Mapping[str, Any]:
        """Answer what `navigator.credentials.get` is to be given; it costs nobody a try, nor a row."""
        until = Instant(self.clock.now() + CHALLENGE_US)
        challenge = self.enrolments.challenge_to_all(self.authenticators.new_challenge(), until)
        return self.authenticators.to_sign_in(challenge)

    async def __call__(self, answer: str, address: str) -> SignedIn | None:
        """Answer who has come in; None where the answer does not hold, which is recorded.

        Raises:
            MalformedError: The answer is none.
            RateLimitedError: Too many failed from this address.
        """
        challenge = self.authenticators.challenge_of(answer)
        credential = self.authenticators.credential_of(answer)
        # 1. Count the try, and use the challenge up, whatever comes of it.
        await self._take(("address", address), OF_AN_ADDRESS)
        is_ours = await self.enrolments.use_challenge_to_all(challenge, self.clock.now())
        # 2. Whose key it is, whether it is open, and whether the signature holds.
        kept = await self.enrolments.passkey(credential)
        if kept is None or not is_ours or not await self._holds(kept, answer, challenge):
            await self.acts.refuse_act(self._note(kept))
            return None
        await self.enrolments.give_back(("address", address), OF_AN_ADDRESS)
        return SignedIn(kept.enrolment.account, Way.PASSKEY, strong=True, enrolment=kept.enrolment.id)

    async def _holds(self, kept: KeptPasskey, answer: str, challenge: bytes) -> bool:
        known = kept.enrolment
        if not known.is_open(self.clock.now()) or not await self.enrolments.is_account_open(known.account):
            return False
        try:
            count = self.authenticators.asserted(answer, challenge, kept)
        except UnauthenticatedError:
            return False
        # Of two assertions with one counter, the first counts. Many authenticators have none, and say 0.
        return count == kept.sign_count == 0 or await self.enrolments.count_use(
            known.id, kept.sign_count, count
        )

    async def _take(self, bucket: tuple[str, str], rule: Rule) -> None:
        wait = await self.enrolments.take_try([(bucket, rule)], self.clock.now())
        if wait:
            raise RateLimitedError.after(wait, "too many tries")

    def _note(self, kept: KeptPasskey | None) -> Note:
        known = None if kept is None else kept.enrolment
        is_familys = known is not None and known.person is not None
        return Note(
            kind=EntryKind.SIGN_IN_REFUSED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=None,
            detail={"way": str(Way.PASSKEY), "enrolment": None if known is None else known.id},
            outcome="deny",
            person=None if known is None else known.person,
            views=own_view(PersonId(known.account)) if known is not None and is_familys else {},
            tells={"way": str(Way.PASSKEY)},
        )
