"""Assertions signed by a client's key (RFC 7523), read and verified in one strict order.

Order: size, three canonical base64url parts, header members, `typ`, the client's registered key under `kid`
and its algorithm, signature, then the claims. Whose key to look for is read before the signature is, from a
text that is bounded in size and depth by then; nothing else of it is believed before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.adapters.identity.claims import Times, read_text, read_times, split
from gateway.adapters.identity.jwks import ALGORITHMS, PublicKey
from gateway.domain.bearer import Proof
from gateway.domain.errors import MalformedError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.strict_json import parse_json_object

MAX_ASSERTION_BYTES = 8 * 1024
MAX_LIFETIME_S = 60
MAX_AHEAD_S = 10
"""How far a client's clock may run ahead of ours, for `iat` and `nbf`; `exp` has no indulgence."""

CLIENT_TYPES = frozenset({"JWT", "client-authentication+jwt"})
WORKER_TYPES = frozenset({"JWT", "authorization-grant+jwt"})
"""What `typ` may say where it says anything (draft-ietf-oauth-rfc7523bis); each kind refuses the other's."""

_HEADER = frozenset({"alg", "kid", "typ"})
_CLAIMS_DEPTH = 4
_REPLAY_DIGITS = 32


class AssertionRefusedError(Exception):
    """The assertion counts for nothing; `why` is a word for the ledger, never for who sent it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion that has the shape of one; nothing of it is believed before `verify`."""

    alg: str
    kid: str
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    def verify(self, key: PublicKey) -> None:
        """Return if this key made the signature.

        Raises:
            AssertionRefusedError: Another algorithm than the key's, or another signature.
        """
        if ALGORITHMS.get(self.alg) != key.algorithm or not key.verifies(self.signed, self.signature):
            raise AssertionRefusedError("signature")

    def require_times(self, now: Instant) -> None:
        """Return if it is believed now: for a minute at most, and not from the future.

        Raises:
            AssertionRefusedError: It is not, or says so in another way than whole seconds.
        """
        times = self._times()
        if not times.cover(now, ahead_s=MAX_AHEAD_S):
            raise AssertionRefusedError("time")
        if not times.last(MAX_LIFETIME_S):
            raise AssertionRefusedError("lifetime")

    def require_audience(self, issuer: str) -> None:
        """Return if it is made for this endpoint and for no other: the issuer as one text, never a list."""
        if self.claims.get("aud") != issuer:
            raise AssertionRefusedError("audience")

    def once(self, kind: str, client: str) -> Proof:
        """Name it so that it is used once: whatever its signature, by client and `jti`.

        Raises:
            AssertionRefusedError: It has no `jti`.
        """
        used = sha256(f"{kind}\n{client}\n{self.text('jti')}".encode()).hexdigest()[:_REPLAY_DIGITS]
        return Proof(used, Instant(self._times().exp * SECOND_US))

    def text(self, name: str) -> str:
        """Give a claim that is a short text.

        Raises:
            AssertionRefusedError: It is missing, or anything else.
        """
        try:
            return read_text(self.claims, name)
        except MalformedError:
            raise AssertionRefusedError(name) from None

    def _times(self) -> Times:
        try:
            return read_times(self.claims)
        except MalformedError as error:
            raise AssertionRefusedError(error.field or "time") from None


def read_assertion(text: str, types: frozenset[str]) -> Assertion:
    """Read an assertion's shape.

    Raises:
        AssertionRefusedError: Too large, not three canonical parts, an unknown header member, no `kid`,
            another `typ`, or anything but strict and shallow JSON.
    """
    if len(text) > MAX_ASSERTION_BYTES:
        raise AssertionRefusedError("shape")
    try:
        parts = split(text)
        header = parse_json_object(parts.header, depth=1)
        claims = parse_json_object(parts.payload, depth=_CLAIMS_DEPTH)
    except MalformedError:
        raise AssertionRefusedError("shape") from None
    if header.keys() - _HEADER or header.get("typ", "JWT") not in types:
        raise AssertionRefusedError("header")
    try:
        alg, kid = read_text(header, "alg"), read_text(header, "kid")
    except MalformedError as error:
        raise AssertionRefusedError(error.field or "header") from None
    return Assertion(alg, kid, claims, parts.signed, parts.signature)
