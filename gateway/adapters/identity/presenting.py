"""The other side of the door: what a client signs to be given a token, and to use it."""

import secrets
from hashlib import sha256
from typing import Any

from gateway.adapters.identity.assertions import MAX_LIFETIME_S
from gateway.adapters.identity.key_making import PrivateKey
from gateway.domain.base64url import encode
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.issuing import ASSERTION_TYPE, CLIENT_CREDENTIALS, JWT_BEARER, STRONG_ACR


def make_form(
    key: PrivateKey,
    client: str,
    issuer: str,
    now: Instant,
    *,
    worker: str | None = None,
    strong: bool = False,
) -> dict[str, str]:
    """Make what is posted to the token endpoint, to be used once, within a minute.

    Args:
        key: One of the client's registered keys.
        client: The client's id.
        issuer: The endpoint's name, as its description says it.
        now: The client's own time.
        worker: For whom the agency vouches; None asks for the client itself.
        strong: Whether the agency has strongly authenticated her.
    """
    form = {
        "grant_type": CLIENT_CREDENTIALS if worker is None else JWT_BEARER,
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": _assert(key, client, client, issuer, now),
    }
    if worker is not None:
        acr = {"acr": STRONG_ACR} if strong else {}
        form["assertion"] = _assert(key, client, worker, issuer, now, **acr)
    return form


def make_proof(
    key: PrivateKey,
    method: str,
    url: str,
    now: Instant,
    *,
    nonce: str | None = None,
    token: str | None = None,
) -> str:
    """Prove that the sender of this request has the key (RFC 9449 section 4); `url` is without a query."""
    claims: dict[str, Any] = {
        "jti": secrets.token_urlsafe(16),
        "htm": method,
        "htu": url,
        "iat": now // SECOND_US,
    }
    if nonce is not None:
        claims["nonce"] = nonce
    if token is not None:
        claims["ath"] = encode(sha256(token.encode("ascii")).digest())
    return key.sign({"typ": "dpop+jwt", "jwk": key.public}, claims)


def _assert(key: PrivateKey, client: str, subject: str, issuer: str, now: Instant, **more: str) -> str:
    issued = now // SECOND_US
    claims = {
        "iss": client,
        "sub": subject,
        "aud": issuer,
        "iat": issued,
        "exp": issued + MAX_LIFETIME_S,
        "jti": secrets.token_urlsafe(16),
        **more,
    }
    return key.sign({"typ": "JWT", "kid": key.kid}, claims)
