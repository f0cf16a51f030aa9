"""A sign-in: a person or a worker in a browser, known by a cookie instead of an access token."""

from dataclasses import dataclass
from enum import StrEnum


class Way(StrEnum):
    """How somebody proved who she is."""

    OIDC = "oidc"
    PASSKEY = "passkey"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a way in found out.

    Args:
        account: Id of the worker's or the person's account.
        strong: Whether it was a strong authentication: an `acr` of the issuer's `strong_acr`, a passkey that
            verified its holder; a code on paper never is.
        enrolment: The passkey or the paper code that was used.
    """

    account: str
    way: Way
    strong: bool
    enrolment: str | None = None
