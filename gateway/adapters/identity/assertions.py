"""Assertions signed by a client's key (RFC 7523), read and verified in one strict order.

Order: size, three canonical base64url parts, header members, `typ`, the client's registered key under `kid`
and its algorithm, signature, then the claims. Whose key to look for is read before the signature is, from a
text that is bounded in size and depth by then; nothing else of it is believed before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from gateway.adapters.identity.jwks import ALGORITHMS, PublicKey
from gateway.domain.base64url import decode_canonical
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

_PARTS = 3
_HEADER = frozenset({"alg", "kid", "typ"})
_CLAIMS_DEPTH = 4
_MAX_TEXT = 255
_LAST_S = 2**40
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
        exp, iat = self._seconds("exp"), self._seconds("iat")
        nbf = self._seconds("nbf") if "nbf" in self.claims else iat
        if now >= exp * SECOND_US or max(iat, nbf) * SECOND_US > now + MAX_AHEAD_S * SECOND_US:
            raise AssertionRefusedError("time")
        if not 0 < exp - iat <= MAX_LIFETIME_S or nbf >= exp:
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
        return Proof(used, Instant(self._seconds("exp") * SECOND_US))

    def text(self, name: str) -> str:
        """Give a claim that is a short text.

        Raises:
            AssertionRefusedError: It is missing, or anything else.
        """
        return _text(self.claims, name)

    def _seconds(self, name: str) -> int:
        value = self.claims.get(name)
        # `type` and not `isinstance`: true is an int in Python.
        if type(value) is not int or not 0 <= value < _LAST_S:
            raise AssertionRefusedError(name)
        return value


def read_assertion(text: str, types: frozenset[str]) -> Assertion:
    """Read an assertion's shape.

    Raises:
        AssertionRefusedError: Too large, not three canonical parts, an unknown header member, no `kid`,
            another `typ`, or anything but strict and shallow JSON.
    """
    if len(text) > MAX_ASSERTION_BYTES or text.count(".") != _PARTS - 1:
        raise AssertionRefusedError("shape")
    signed, _, signature = text.rpartition(".")
    head, _, payload = signed.partition(".")
    try:
        header = parse_json_object(decode_canonical(head), depth=1)
        claims = parse_json_object(decode_canonical(payload), depth=_CLAIMS_DEPTH)
        raw = decode_canonical(signature)
    except MalformedError:
        raise AssertionRefusedError("shape") from None
    if header.keys() - _HEADER or ("typ" in header and _text(header, "typ") not in types):
        raise AssertionRefusedError("header")
    return Assertion(_text(header, "alg"), _text(header, "kid"), claims, signed.encode("ascii"), raw)


def _text(members: Mapping[str, Any], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT or not value.isprintable():
        raise AssertionRefusedError(name)
    return value
