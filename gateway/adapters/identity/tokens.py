"""Access tokens (RFC 9068) verified in one strict order; any doubt is the same silent refusal.

Order: size, three canonical base64url parts, header members, `typ`, the issuer's own key and algorithm,
signature, strict JSON, `iss`, `aud`, `exp`/`nbf`/`iat`, lifetime, the remaining claims, the binding.
Nothing that a token says leads to a key, an address or a library's choice before its signature holds.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Protocol

from gateway.adapters.identity.claims import read_text, read_times, split
from gateway.adapters.identity.issuers import Issuer
from gateway.adapters.identity.jwks import PublicKey
from gateway.domain.base64url import encode
from gateway.domain.bearer import Bearer, Binding, Confirmation
from gateway.domain.errors import MalformedError, UnauthenticatedError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.strict_json import parse_json_object

MAX_TOKEN_BYTES = 8 * 1024
MAX_LIFETIME_S = 15 * 60
MAX_AHEAD_S = 10
"""How far an issuer's clock may run ahead of ours, for `iat` and `nbf`; `exp` has no indulgence."""

_HEADER = frozenset({"alg", "kid", "typ"})
_TYPES = frozenset({"at+jwt", "application/at+jwt"})
_CLAIMS_DEPTH = 8
_MAX_AUDIENCES = 16
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{43}\Z")


class Keys(Protocol):
    """One trusted issuer and where its keys are."""

    @property
    def issuer(self) -> Issuer: ...

    async def find_key(self, kid: str | None, alg: str, now: Instant) -> PublicKey | None: ...


class TokenVerifier:
    """Turns a presented token into a `Bearer`, and remembers it until it ends.

    Args:
        keyrings: One for each trusted issuer.
        remembered: How many verified tokens are held; the oldest gives way.
    """

    def __init__(self, keyrings: Sequence[Keys], *, remembered: int = 4096) -> None:
        self._keyrings = tuple(keyrings)
        self._remembered = remembered
        self._verified: dict[bytes, Bearer] = {}

    async def verify(self, token: str, now: Instant) -> Bearer:
        """Answer who the token vouches for; whether its key was shown with it is for the caller to see to.

        Raises:
            UnauthenticatedError: Anything at all is wrong; it never says what.
        """
        if len(token) > MAX_TOKEN_BYTES:
            raise _refusal()
        # The hash and not the text is remembered: the memory of the process holds no usable token.
        key = sha256(token.encode("utf-8", "surrogatepass")).digest()
        bearer = self._verified.get(key)
        if bearer is None or now >= bearer.expires_at:
            bearer = replace(await self._verify_anew(token, now), hash=encode(key))
            self._remember(key, bearer)
        return bearer

    async def _verify_anew(self, token: str, now: Instant) -> Bearer:
        try:
            parts = split(token)
            alg, kid = _read_header(parts.header)
            for keyring in self._keyrings:
                key = await keyring.find_key(kid, alg, now)
                if key is not None and key.verifies(parts.signed, parts.signature):
                    return _read_claims(parts.payload, keyring.issuer, now)
        except MalformedError:
            raise _refusal() from None
        raise _refusal()

    def _remember(self, key: bytes, bearer: Bearer) -> None:
        self._verified.pop(key, None)
        while len(self._verified) >= self._remembered:
            del self._verified[next(iter(self._verified))]
        self._verified[key] = bearer


def _refusal() -> UnauthenticatedError:
    return UnauthenticatedError("the access token is not accepted")


def _read_header(raw: bytes) -> tuple[str, str | None]:
    header = parse_json_object(raw, depth=1)
    if header.keys() - _HEADER or header.get("typ") not in _TYPES:
        raise _refusal()
    alg = read_text(header, "alg")
    return alg, read_text(header, "kid") if "kid" in header else None


def _read_claims(raw: bytes, issuer: Issuer, now: Instant) -> Bearer:
    claims = parse_json_object(raw, depth=_CLAIMS_DEPTH)
    # The key that verified belongs to exactly one issuer, and the token must be that issuer's.
    if claims.get("iss") != issuer.name or not _is_for(claims.get("aud"), issuer.audience):
        raise _refusal()
    expires_at = _read_times(claims, now)
    acr = read_text(claims, "acr") if "acr" in claims else None
    return Bearer(
        issuer=issuer.name,
        subject=read_text(claims, "sub"),
        client_id=read_text(claims, "client_id"),
        token_id=sha256(read_text(claims, "jti").encode()).digest(),
        expires_at=expires_at,
        strong=acr in issuer.strong_acr,
        confirmation=_read_confirmation(claims["cnf"]) if "cnf" in claims else None,
        insecure=issuer.insecure,
        client_keys=_read_client_keys(claims) if issuer.own else None,
    )


def _read_client_keys(claims: dict[str, Any]) -> tuple[str, ...]:
    kids = claims.get("client_keys")
    if not isinstance(kids, list) or not kids or not all(isinstance(kid, str) for kid in kids):
        raise _refusal()
    return tuple(kids)


def _is_for(aud: object, audience: str) -> bool:
    if isinstance(aud, str):
        return aud == audience
    if not isinstance(aud, list) or len(aud) > _MAX_AUDIENCES:
        return False
    return all(isinstance(one, str) for one in aud) and audience in aud


def _read_times(claims: dict[str, Any], now: Instant) -> Instant:
    times = read_times(claims)
    if not times.cover(now, ahead_s=MAX_AHEAD_S) or not times.last(MAX_LIFETIME_S):
        raise _refusal()
    return Instant(times.exp * SECOND_US)


def _read_confirmation(cnf: object) -> Confirmation:
    if not isinstance(cnf, dict) or len(cnf) != 1:
        raise _refusal()
    ((kind, thumbprint),) = cnf.items()
    if not isinstance(thumbprint, str) or not _THUMBPRINT.match(thumbprint):
        raise _refusal()
    try:
        return Confirmation(Binding(kind), thumbprint)
    except ValueError:
        raise _refusal() from None
