"""Proofs of possession (DPoP, RFC 9449), verified in one strict order; used once, which the store sees to.

Order: size, three canonical base64url parts, header members, `typ`, the key in the header, its algorithm,
signature, strict JSON, `htm`, `htu`, `ath`, `iat`, `nonce`. What follows from the header alone is kept for
the next proof of the same key; the signature never is.
"""

import hmac
from collections import OrderedDict
from hashlib import sha256
from typing import NamedTuple

from gateway.adapters.identity.claims import read_seconds, read_text
from gateway.adapters.identity.jwks import ALGORITHMS, PublicKey, parse_key
from gateway.domain.base64url import decode_canonical, encode
from gateway.domain.bearer import Proof
from gateway.domain.errors import MalformedError, NonceRefusedError, ProofRefusedError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.strict_json import parse_json_object

MAX_PROOF_BYTES = 4 * 1024
AGE_S = 60
"""How far `iat` may be from our clock, on either side."""

BUCKET_S = 60
"""A nonce is answered for this long, and taken for as long again."""

_PARTS = 3
_HEADER = frozenset({"typ", "alg", "jwk"})
_TYPE = "dpop+jwt"
_HEADER_DEPTH = 3
_CLAIMS_DEPTH = 4
_MAX_URL = 2048
_REPLAY_DIGITS = 32


class Nonces:
    """The server's nonces: an HMAC of the minute under a key that every worker has: none is stored."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._bucket = -1
        self._current = ""
        self._before = ""

    def current(self, now: Instant) -> str:
        """The nonce to use from now on."""
        self._turn(now)
        return self._current

    def knows(self, nonce: str, now: Instant) -> bool:
        """Whether it is this minute's, or the last one's."""
        self._turn(now)
        # No secret is compared: a nonce is told to whoever asks.
        return nonce in (self._current, self._before)

    def _turn(self, now: Instant) -> None:
        bucket = now // (BUCKET_S * SECOND_US)
        if bucket != self._bucket:
            self._bucket = bucket
            self._current, self._before = self._of(bucket), self._of(bucket - 1)

    def _of(self, bucket: int) -> str:
        return encode(hmac.digest(self._key, b"dpop-nonce\0" + str(bucket).encode(), "sha256")[:16])


class _Use(NamedTuple):
    """What a proof must have been made for: this method, this address (base and raw path), this token."""

    method: str
    url: str
    token: str | None
    """Base64url of its SHA-256; None where there is none yet."""


class Proved(NamedTuple):
    """The thumbprint of the key that signed (RFC 7638), and what to take so that nobody uses it again."""

    thumbprint: str
    proof: Proof


class _Holder(NamedTuple):
    key: PublicKey
    thumbprint: str


class ProofVerifier:
    """Turns a presented proof into the key that it proves.

    Args:
        nonces: The server's; a proof without one is turned away with the one to use.
        remembered: How many headers, thus keys, are kept; the oldest gives way.
    """

    def __init__(self, nonces: Nonces, *, remembered: int = 4096) -> None:
        self._nonces = nonces
        self._remembered = remembered
        self._holders: OrderedDict[str, _Holder] = OrderedDict()

    def nonce(self, now: Instant) -> str:
        """What the next proof must carry."""
        return self._nonces.current(now)

    def prove(self, proof: str, method: str, url: str, token: str | None, now: Instant) -> Proved:
        """Answer whose key made this proof, for this method, address (base and raw path) and token.

        `token` is the base64url of its SHA-256, None at the endpoint where tokens are had.

        Raises:
            NonceRefusedError: All is well but the nonce: it is missing, or too old.
            ProofRefusedError: Anything else; it never says what.
        """
        try:
            return self._prove(proof, _Use(method, url, token), now)
        except MalformedError:
            raise _refusal() from None

    def _prove(self, proof: str, use: _Use, now: Instant) -> Proved:
        if len(proof) > MAX_PROOF_BYTES or proof.count(".") != _PARTS - 1:
            raise _refusal()
        signed, _, signature = proof.rpartition(".")
        head, _, payload = signed.partition(".")
        holder = self._holders.get(head) or self._read_holder(head)
        raw = decode_canonical(payload)
        if not holder.key.verifies(signed.encode("ascii"), decode_canonical(signature)):
            raise _refusal()
        self._keep(head, holder)
        claims = parse_json_object(raw, depth=_CLAIMS_DEPTH)
        jti, iat = read_text(claims, "jti"), read_seconds(claims, "iat")
        if read_text(claims, "htm") != use.method or read_text(claims, "htu", _MAX_URL) != use.url:
            raise _refusal()
        if use.token is not None and claims.get("ath") != use.token:
            raise _refusal()
        if abs(iat * SECOND_US - now) > AGE_S * SECOND_US:
            raise _refusal()
        if "nonce" not in claims or not self._nonces.knows(read_text(claims, "nonce"), now):
            raise NonceRefusedError("the proof carries no nonce of ours, or an old one")
        used = sha256(f"{holder.thumbprint}\n{jti}".encode()).hexdigest()[:_REPLAY_DIGITS]
        return Proved(holder.thumbprint, Proof(used, Instant((iat + AGE_S) * SECOND_US)))

    def _keep(self, head: str, holder: _Holder) -> None:
        """Keep a header whose key has just signed: a stranger's headers push nobody's out unsigned."""
        if head in self._holders:
            return
        self._holders[head] = holder
        if len(self._holders) > self._remembered:
            self._holders.popitem(last=False)

    def _read_holder(self, head: str) -> _Holder:
        header = parse_json_object(decode_canonical(head), depth=_HEADER_DEPTH)
        alg, jwk = header.get("alg"), header.get("jwk")
        if header.keys() != _HEADER or header["typ"] != _TYPE or not isinstance(alg, str):
            raise _refusal()
        try:
            key = parse_key(jwk)
        except ValueError:
            raise _refusal() from None
        if ALGORITHMS.get(alg) != key.algorithm:
            raise _refusal()
        return _Holder(key, key.thumbprint)


def _refusal() -> ProofRefusedError:
    return ProofRefusedError("the proof of possession is not accepted")
