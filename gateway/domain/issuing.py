"""A request for an access token: what is known of who asks, and what the endpoint makes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.domain.bearer import Proof
from gateway.domain.facts import Epochs
from gateway.domain.ids import AgencyId, ClientId, WorkerId

MAX_CLIENT_KEYS = 8
"""Keys that a client may have at once; retired ones are not counted."""

CLIENT_CREDENTIALS = "client_credentials"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GRANT_TYPES = (CLIENT_CREDENTIALS, JWT_BEARER)
"""How a token may be asked for: for the client itself, or for whom it vouches (RFC 6749, RFC 7523)."""

AUTH_METHOD = "private_key_jwt"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
"""How a client proves who it is: the method's name, and what a form says beside the assertion."""

STRONG_ACR = "strong"
"""What an agency says of a worker whom it has strongly authenticated itself."""


@dataclass(frozen=True, slots=True)
class ClientKey:
    """A client's public key: `kid` is its thumbprint (RFC 7638), `public` its JWK with nothing optional."""

    kid: str
    algorithm: str
    public: Mapping[str, str]


class RegisteredKey(NamedTuple):
    """A key as the endpoint finds it: a retired one still tells whose attempt it was."""

    public: Mapping[str, str]
    is_retired: bool


@dataclass(frozen=True, slots=True)
class KnownClient:
    """A registered client, with the worker whom the request names if she is one of its agency.

    `is_member` is of the agency with every body that it is a unit of. `epochs` are of everything here: the
    answer counts only while they stand.
    """

    id: ClientId
    agency: AgencyId | None
    is_active: bool
    is_member: bool
    keys: Mapping[str, RegisteredKey]
    worker: WorkerId | None
    worker_is_active: bool
    epochs: Epochs


class Shown(NamedTuple):
    """A verified proof of possession: the thumbprint that the token is bound to, and what uses it up."""

    thumbprint: str
    proof: Proof


class Names(NamedTuple):
    """Whom a request says it is from, and for; nothing of it is verified yet."""

    client: ClientId
    worker: WorkerId | None


@dataclass(frozen=True, slots=True)
class Granted:
    """A token, ready to be sent once its entry is durable; `spends` is used up with it."""

    token: str = field(repr=False)
    token_id: bytes = field(repr=False)
    client: ClientId
    worker: WorkerId | None
    is_strong: bool
    keys: tuple[str, ...]
    bound_to: str
    spends: tuple[Proof, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Objected:
    """No token: `error` is a code of RFC 6749 section 5.2 or 9449 section 5, `why` is for the ledger alone.

    `is_its_own` where a key of the client signed the request: only then is it the client's own attempt.
    """

    error: str
    why: str
    is_its_own: bool = False


@dataclass(frozen=True, slots=True)
class Issued:
    """What leaves: the token, for so many seconds."""

    token: str = field(repr=False)
    expires_in_s: int
