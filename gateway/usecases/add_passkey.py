"""Add a passkey to one's own account."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.asking import Refuse, Tried, denied, own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note
from gateway.domain.caller import Caller
from gateway.domain.enrolments import CHALLENGE_US, EnrolmentId, NewPasskey
from gateway.domain.errors import UnauthenticatedError
from gateway.domain.ids import DecisionId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.sign_in import Way
from gateway.domain.vocabulary import EnforcementReason
from gateway.ports import Authenticators, Clock, EnrolmentStore, Ids, Policy, RecordKeys
from gateway.reading import inactive


@dataclass(frozen=True, slots=True)
class AddPasskey:
    """After a strong authentication, or by a code on paper; never by a token that is bound to no key.

    Whoever has copied such a token would keep for good what the token opens for minutes.

    One that is added by a code is as doubtful as the code for its first day, and ends with it: else whoever
    has the paper would be rid of the wait at once. She is told of either.
    """

    enrolments: EnrolmentStore
    authenticators: Authenticators
    keys: RecordKeys
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def begin(self, caller: Caller, label: str) -> Mapping[str, Any] | Refused:
        """Answer what `navigator.credentials.create` is to be given."""
        no = await self._refused(caller)
        if no is not None:
            return no
        challenge = self.authenticators.new_challenge()
        until = Instant(self.clock.now() + CHALLENGE_US)
        await self.enrolments.put_challenge(challenge, caller.account, until)
        # An opaque handle: what an authenticator keeps names nobody.
        account = self.keys.handle("passkey_user", caller.account)
        return self.authenticators.to_register(challenge, account, label)

    async def __call__(self, caller: Caller, answer: str, label: str) -> Done | Refused:
        """Keep the key that an authenticator made; `reference` is `{enrolment, waits_until}`.

        Raises:
            MalformedError: The answer is none.
            UnauthenticatedError: It is to no challenge of hers, or its holder was not verified.
            ConflictError: The key is known already.
        """
        no = await self._refused(caller)
        if no is not None:
            return no
        challenge = self.authenticators.challenge_of(answer)
        if not await self.enrolments.take_challenge(challenge, caller.account, self.clock.now()):
            raise UnauthenticatedError("no such challenge")
        credential, public_key, count = self.authenticators.registered(answer, challenge)
        new = NewPasskey(EnrolmentId(self.ids.new("enr")), credential, public_key, count, label)
        by = None if caller.enrolment is None else EnrolmentId(caller.enrolment)
        known = None if by is None else await self.enrolments.enrolment(by)
        return await self.enrolments.add_passkey(self._note(caller, new), new, known)

    async def _refused(self, caller: Caller) -> Refused | None:
        tried = Tried("add_passkey", caller)
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        if caller.is_stale:
            return await self.refuse(tried, denied(self.policy.digest, EnforcementReason.STEP_UP_REQUIRED))
        if not caller.bearer.strong and caller.way is not Way.CODE:
            return await self.refuse(tried, denied(self.policy.digest, "STRONG_AUTH_REQUIRED"))
        if caller.way is None and caller.bearer.confirmation is None and not caller.bearer.insecure:
            return await self.refuse(tried, denied(self.policy.digest, EnforcementReason.TOKEN_UNBOUND))
        return None

    def _note(self, caller: Caller, new: NewPasskey) -> Note:
        return Note(
            kind=EntryKind.PASSKEY_ADDED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"added": new.id},
            person=caller.person,
            views=own_view(caller.person),
            epochs=caller.epochs,
        )
