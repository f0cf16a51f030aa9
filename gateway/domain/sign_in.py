"""A sign-in: a person or a worker in a browser, known by a cookie instead of an access token.

Source of the limits: OWASP ASVS 5.0, chapters 3, 6 and 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.domain.caller import Caller
from gateway.domain.ids import ClientId, SignInId
from gateway.domain.instants import HOUR_US, MINUTE_US, Instant
from gateway.domain.registry import Identity
from gateway.domain.way import Way

IDLE_US = 15 * MINUTE_US
"""Nobody has used it for so long: it is over."""
WHOLE_US = 8 * HOUR_US
"""However much it is used, it is over."""
STEP_UP_US = 15 * MINUTE_US
"""What shows content or opens a door needs an authentication not older than this; what narrows never does."""
TOUCH_US = MINUTE_US
"""When it was last used is written this coarsely: an idle sign-in ends up to a minute early, never late."""

PAGES_CLIENT = ClientId("gateway:pages")
"""The client that every sign-in acts through: built in, and the network can disable it."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a way in found out.

    Args:
        account: Id of the worker's or the person's account.
        strong: Whether it was a strong authentication: an `acr` of the issuer's `strong_acr`, a passkey that
            verified its holder; a code on paper never is.
        enrolment: The passkey or the paper code that was used.
        authenticated_at: When she proved who she is, where that was earlier than now.
        flow: What only one sign-in may come of, such as the `state` of a request to a provider.
    """

    account: str
    way: Way
    strong: bool
    enrolment: str | None = None
    authenticated_at: Instant | None = None
    flow: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class NewSignIn:
    """What is about to be written; `replaces` is the cookie that the browser held until now, if any."""

    id: SignInId
    value: str = field(repr=False)
    signed_in: SignedIn
    replaces: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One sign-in as it is kept: everything but the value that its cookie holds."""

    id: SignInId
    account: str
    way: Way
    strong: bool
    enrolment: str | None
    opened_at: Instant
    used_at: Instant
    authenticated_at: Instant
    ended_at: Instant | None = None

    @property
    def ends_at(self) -> Instant:
        """The first instant at which it is over, if nobody uses it any more."""
        if self.ended_at is not None:
            return self.ended_at
        return Instant(min(self.used_at + IDLE_US, self.opened_at + WHOLE_US))

    def lives(self, at: Instant) -> bool:
        return at < self.ends_at

    def is_fresh(self, at: Instant) -> bool:
        """Whether its authentication is recent enough for what shows content or opens a door."""
        return at < self.authenticated_at + STEP_UP_US

    def is_due(self, at: Instant) -> bool:
        """Whether it is time to write that it was used."""
        return at >= self.used_at + TOUCH_US


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who stands behind a cookie, and the token that her forms must carry."""

    caller: Caller
    sign_in: SignIn
    csrf: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Account:
    """One account of somebody who may have several: what she chooses by."""

    id: str
    agency: str | None
    agency_names: Mapping[str, str]
    """By language; none of a family member, who has no agency."""
    roles: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a browser is sent to prove who it is, and what must be remembered until it is back."""

    address: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a provider says of who came back; `authenticated_at` None where it does not say when."""

    identity: Identity
    strong: bool
    authenticated_at: Instant | None


__all__ = [
    "IDLE_US",
    "PAGES_CLIENT",
    "STEP_UP_US",
    "TOUCH_US",
    "WHOLE_US",
    "Account",
    "Admitted",
    "Begun",
    "NewSignIn",
    "SignIn",
    "SignedIn",
    "Vouched",
    "Way",
]
