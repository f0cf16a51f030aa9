"""Who presented a token: what an issuer vouches for, before anything is looked up in our records."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from gateway.domain.instants import Instant


class Binding(StrEnum):
    """How a token says whose key must be shown with it, in the words of its `cnf` claim."""

    JKT = "jkt"
    """A DPoP key: RFC 9449 section 6.1."""
    X5T = "x5t#S256"
    """A client certificate: RFC 8705 section 3.1."""


class Confirmation(NamedTuple):
    """The key that a token is bound to; `thumbprint` is base64url of 32 bytes."""

    kind: Binding
    thumbprint: str


class Proof(NamedTuple):
    """A DPoP proof that was verified and may be used once: `replay` names it, until `until` it is believed.

    `replay` is 32 hexadecimal digits of the SHA-256 over key and `jti`: it says nothing of either.
    """

    replay: str
    until: Instant


@dataclass(frozen=True, slots=True)
class Bearer:
    """A verified access token, less the token itself.

    (`issuer`, `subject`) names a worker or a person, `client_id` a registered client; `token_id` is the
    SHA-256 of the token's `jti`; `strong` says that the issuer calls this a strong authentication.
    `confirmation` is the key that the token is bound to, None for a token bound to none; `insecure` is a
    token of the development issuer. `client_keys` is of a token of the gateway's own endpoint, None of any
    other: the keys of the client that vouched for it.
    """

    issuer: str
    subject: str = field(repr=False)
    client_id: str = field(repr=False)
    token_id: bytes = field(repr=False)
    expires_at: Instant
    strong: bool
    confirmation: Confirmation | None = field(default=None, repr=False)
    insecure: bool = False
    hash: str = field(default="", repr=False)
    """Of the token itself, as a proof must name it: base64url of its SHA-256 (RFC 9449, `ath`)."""
    client_keys: tuple[str, ...] | None = None
