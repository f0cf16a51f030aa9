"""From a request's credentials to a verified bearer; who that is in our records comes afterwards.

A token that is bound to a key is worth nothing without that key: a DPoP proof (RFC 9449), or the certificate
of the connection to a TLS proxy that speaks to us over a socket of its own (RFC 8705, RFC 9440).
"""

import base64
import binascii
from hashlib import sha256
from typing import NamedTuple, Protocol

from fastapi.security import HTTPBearer
from starlette.types import Scope

from gateway.domain.base64url import encode
from gateway.domain.bearer import Bearer, Binding, Proof
from gateway.domain.errors import MalformedError, ProofRefusedError, UnauthenticatedError
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role
from gateway.http.edge import HEADERS, NONCE, came_over, find_header
from gateway.ports import Clock

_MAX_HEADER = 9 * 1024
_MAX_CERTIFICATE = 16 * 1024
_BEARER, _DPOP = "bearer", "dpop"


class Tokens(Protocol):
    async def verify(self, token: str, now: Instant) -> Bearer:
        """Answer who the token vouches for, or raise UnauthenticatedError."""


class Proven(Protocol):
    @property
    def thumbprint(self) -> str:
        """Of the key that made the proof (RFC 7638)."""

    @property
    def proof(self) -> Proof: ...


class Proofs(Protocol):
    def nonce(self, now: Instant) -> str:
        """What the next proof must carry."""

    def prove(self, proof: str, method: str, url: str, token: str | None, now: Instant) -> Proven:
        """Answer whose key made this proof for exactly this use; `token` is a bearer's `hash`.

        Raises:
            NonceRefusedError: Only the nonce is missing or old.
            ProofRefusedError: Anything else.
        """


class Presented(NamedTuple):
    """What a request showed of its caller: a verified token, the role it chose if it chose one, its proof."""

    bearer: Bearer
    role: Role | None
    proof: Proof | None = None
    """To be used up before anything is done for this request, or in the transaction that does it."""


class Authenticator:
    """Reads a request's credentials; shared by the FastAPI dependency and the routes mounted ahead of it.

    Args:
        tokens: Verifies access tokens.
        proofs: Verifies proofs of possession.
        clock: The process's.
        public_base: Where callers reach the gateway: what a proof names, and never the request's own host.
        proxy_socket: The path of the socket on which a TLS proxy's word about certificates counts.
    """

    def __init__(
        self, tokens: Tokens, proofs: Proofs, clock: Clock, public_base: str, proxy_socket: str | None = None
    ) -> None:
        self._tokens = tokens
        self._proofs = proofs
        self._clock = clock
        self._base = public_base.rstrip("/")
        self._proxy_socket = proxy_socket

    async def authenticate(self, scope: Scope) -> Presented:
        """Verify the token of a plain ASGI scope, and that its holder has the key that it is bound to.

        Raises:
            UnauthenticatedError: No credentials, several, a token that is not accepted, or one that is bound
                and came as a plain bearer's.
            ProofRefusedError: The proof of a bound token is missing or wrong; NonceRefusedError: its nonce.
            MalformedError: `Gateway-Role` names no role; only told to an authenticated caller.
        """
        now = self._clock.now()
        scope[NONCE] = self._proofs.nonce(now)
        scheme, token = _read_credentials(scope)
        bearer = await self._tokens.verify(token, now)
        if scheme == _DPOP:
            proof = self._prove(scope, bearer, now)
            return Presented(bearer, read_role(scope), proof)
        if bearer.confirmation is not None and not self._is_certified(scope, bearer):
            raise UnauthenticatedError("a bound token without its key")
        return Presented(bearer, read_role(scope))

    def _prove(self, scope: Scope, bearer: Bearer, now: Instant) -> Proof:
        proof = find_header(scope, b"dpop")
        if proof is None or bearer.confirmation is None or bearer.confirmation.kind is not Binding.JKT:
            raise ProofRefusedError("no proof, several, or a token that no such key is bound to")
        url = f"{self._base}{scope['raw_path'].decode('latin-1')}"
        proven = self._proofs.prove(proof, scope["method"], url, bearer.hash, now)
        if proven.thumbprint != bearer.confirmation.thumbprint:
            raise ProofRefusedError("the proof is of another key")
        return proven.proof

    def _is_certified(self, scope: Scope, bearer: Bearer) -> bool:
        """Whether this came over the proxy's socket, with the certificate that the token is bound to.

        Whoever else connects may send the header as well: it counts on that socket alone.
        """
        if not came_over(scope, self._proxy_socket):
            return False
        certificate = _read_certificate(find_header(scope, b"client-cert"))
        if certificate is None or bearer.confirmation is None:
            return False
        thumbprint = encode(sha256(certificate).digest())
        return bearer.confirmation == (Binding.X5T, thumbprint)


def _read_credentials(scope: Scope) -> tuple[str, str]:
    credentials = find_header(scope, b"authorization")
    if credentials is None or len(credentials) > _MAX_HEADER or not credentials.isascii():
        raise UnauthenticatedError("no credentials, or several")
    scheme, _, token = credentials.partition(" ")
    scheme = scheme.lower()
    if scheme not in {_BEARER, _DPOP}:
        raise UnauthenticatedError("another scheme")
    return scheme, token


def _read_certificate(header: str | None) -> bytes | None:
    """Read `Client-Cert: :base64 of DER:` (RFC 9440 section 2.1)."""
    if header is None or len(header) > _MAX_CERTIFICATE or not (header[:1] == header[-1:] == ":"):
        return None
    try:
        return base64.b64decode(header[1:-1], validate=True) or None
    except (binascii.Error, ValueError):
        return None


def read_role(scope: Scope) -> Role | None:
    """Answer the role that the request chose, None where it chose none.

    Raises:
        MalformedError: `Gateway-Role` names no role.
    """
    headers = scope[HEADERS]
    if b"gateway-role" not in headers:
        return None
    try:
        return Role((headers[b"gateway-role"] or b"").decode("ascii"))
    except ValueError:
        raise MalformedError("no such role", field="Gateway-Role") from None


ACCESS_TOKEN = HTTPBearer(
    bearerFormat="RFC 9068",
    scheme_name="accessToken",
    description="An access token of a trusted issuer, bound to a key: `Authorization: DPoP` with a proof in "
    "`DPoP` (RFC 9449), made with the nonce of the last answer's `DPoP-Nonce`. A token of the family portal "
    "may be unbound: `Authorization: Bearer`. A caller with several roles names one: `Gateway-Role`.",
    auto_error=False,
)
