"""People in a browser: who stands behind a cookie, and the acts that open and end that."""

from collections.abc import Sequence
from typing import Protocol

from gateway.domain.acting import Done, Note
from gateway.domain.ids import SignInId
from gateway.domain.instants import Instant
from gateway.domain.registry import Identity
from gateway.domain.sign_in import Account, Admitted, NewSignIn, SignIn
from gateway.domain.vocabulary import Role


class SignInStore(Protocol):
    async def admit(self, value: str, role: Role | None, now: Instant) -> Admitted:
        """Who stands behind a cookie, and that it was used.

        Raises:
            UnauthenticatedError: No such sign-in, or it is over; or the network has disabled the pages.
            MalformedError: Several roles and none chosen, or a role that the account does not have.
        """

    async def admit_to_page(self, value: str, role: Role | None, now: Instant) -> Admitted:
        """The same; where no role is chosen, in one of hers: for a page that rests on none."""

    async def accounts_of(self, identity: Identity) -> Sequence[Account]:
        """Every account of whom an issuer names: of several agencies, or as worker and as family."""

    async def list_live(self, account: str, now: Instant) -> Sequence[SignIn]:
        """Those of an account that are not over, newest first."""

    async def open(self, note: Note, new: NewSignIn) -> Done:
        """Write a sign-in and end the one that it replaces; `reference` is `{sign_in}`.

        The note's caller and person become those of the account.

        Raises:
            UnauthenticatedError: The account is unknown or inactive, the network has disabled the pages, or a
                sign-in has come of the same flow already.
        """

    async def end(self, note: Note, account: str, sign_in: SignInId | None) -> Done:
        """End one, or all: nothing that rests on them is recorded afterwards. `reference` is `{ended}`.

        Raises:
            NotVisibleError: None of this account's.
        """
