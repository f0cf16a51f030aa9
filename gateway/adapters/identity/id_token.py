"""ID tokens (OpenID Connect Core 1.0, section 3.1.3.7), read as strictly as access tokens.

Order: size, three canonical base64url parts, header members, `typ`, the issuer's own key and algorithm,
signature, strict JSON, `iss`, `aud` and `azp`, times, `nonce`, who and how.
"""

import hmac
from dataclasses import dataclass
from typing import Any

from gateway.adapters.identity.claims import read_seconds, read_text, read_times, split
from gateway.adapters.identity.keyring import Keyring
from gateway.domain.errors import MalformedError, UnauthenticatedError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.registry import Identity
from gateway.domain.sign_in import Vouched
from gateway.domain.strict_json import parse_json_object

MAX_BYTES = 16 * 1024
MAX_AGE_S = 10 * 60
"""The token was made for this very sign-in, so it is no older than one."""
MAX_LIFETIME_S = 24 * 3600
AHEAD_S = 10

_DEPTH = 8
_HEADER = frozenset({"alg", "kid", "typ"})


@dataclass(frozen=True, slots=True)
class Expected:
    """What the token must say: for whom it is, and of which request it is the answer."""

    client_id: str
    nonce: str
    longest_s: int
    """The `max_age` that was asked for."""
    at_once: bool
    """Whether she was asked to prove anew who she is: then the token must say when she did."""


async def verify_id_token(token: str, keyring: Keyring, expected: Expected, now: Instant) -> Vouched:
    """Answer whom the token vouches for.

    Raises:
        UnauthenticatedError: Anything at all is wrong; it never says what.
    """
    try:
        if len(token) > MAX_BYTES:
            raise _refusal()
        parts = split(token)
        alg, kid = _read_header(parts.header)
        key = await keyring.find_key(kid, alg, now)
        if key is None or not key.verifies(parts.signed, parts.signature):
            raise _refusal()
        return _read_claims(parts.payload, keyring, expected, now)
    except MalformedError:
        raise _refusal() from None


def _refusal() -> UnauthenticatedError:
    return UnauthenticatedError("the provider's answer is not accepted")


def _read_header(raw: bytes) -> tuple[str, str | None]:
    header = parse_json_object(raw, depth=1)
    # An access token says `at+jwt`, a logout token `logout+jwt`: neither is an ID token.
    if header.keys() - _HEADER or header.get("typ", "JWT") != "JWT":
        raise _refusal()
    return read_text(header, "alg"), read_text(header, "kid") if "kid" in header else None


def _read_claims(raw: bytes, keyring: Keyring, expected: Expected, now: Instant) -> Vouched:
    claims, issuer = parse_json_object(raw, depth=_DEPTH), keyring.issuer
    if claims.get("iss") != issuer.name or claims.get("aud") not in (
        expected.client_id,
        [expected.client_id],
    ):
        raise _refusal()
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise _refusal()
    _check_times(claims, now)
    if not hmac.compare_digest(read_text(claims, "nonce").encode(), expected.nonce.encode()):
        raise _refusal()
    acr = read_text(claims, "acr") if "acr" in claims else None
    return Vouched(
        Identity(issuer.name, read_text(claims, "sub")),
        strong=acr in issuer.strong_acr,
        authenticated_at=_authenticated_at(claims, expected, now),
    )


def _check_times(claims: dict[str, Any], now: Instant) -> None:
    times = read_times(claims)
    if not times.cover(now, ahead_s=AHEAD_S) or not times.last(MAX_LIFETIME_S):
        raise _refusal()
    if times.iat * SECOND_US < now - MAX_AGE_S * SECOND_US:
        raise _refusal()


def _authenticated_at(claims: dict[str, Any], expected: Expected, now: Instant) -> Instant | None:
    # Zero is 1970: what a server says that does not know (glewlwyd, in the code flow). It has said nothing.
    if "auth_time" not in claims or read_seconds(claims, "auth_time") == 0:
        if expected.at_once:
            raise _refusal()
        return None
    proved_at = read_seconds(claims, "auth_time") * SECOND_US
    longest = (expected.longest_s + AHEAD_S) * SECOND_US
    if proved_at > now + AHEAD_S * SECOND_US or now - proved_at > longest:
        raise _refusal()
    return Instant(min(proved_at, now))
