"""Who presented a token: what an issuer vouches for, before anything is looked up in our records."""

from dataclasses import dataclass, field

from gateway.domain.instants import Instant


@dataclass(frozen=True, slots=True)
class Bearer:
    """A verified access token, less the token itself.

    (`issuer`, `subject`) names a worker or a person, `client_id` a registered client; `token_id` is the
    SHA-256 of the token's `jti`; `strong` says that the issuer calls this a strong authentication.
    `confirmation` is the thumbprint of the key that the token is bound to, None for a token bound to none.
    """

    issuer: str
    subject: str = field(repr=False)
    client_id: str = field(repr=False)
    token_id: bytes = field(repr=False)
    expires_at: Instant
    strong: bool
    confirmation: str | None = field(default=None, repr=False)
