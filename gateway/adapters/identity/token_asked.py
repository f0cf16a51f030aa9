"""One request for a token with the rows that were loaded for it, and the token that comes of it."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from gateway.adapters.identity.assertions import Assertion, AssertionRefusedError
from gateway.adapters.identity.jwks import parse_key
from gateway.adapters.identity.key_making import open_key
from gateway.domain.bearer import Binding, Proof
from gateway.domain.ids import WorkerId
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.issuer_keys import TOKEN_LIFETIME_S, SigningKey
from gateway.domain.issuing import STRONG_ACR, Granted, KnownClient, Shown

KEYS_CLAIM = "client_keys"
"""Which of the client's keys vouched for the token: with any of them retired it is refused."""


@dataclass(slots=True)
class Asked:
    """What a request brought, what was loaded for it, and what was found out on the way."""

    issuer: str
    form: Mapping[str, str]
    shown: Shown | None
    known: KnownClient
    key: SigningKey
    now: Instant
    is_its_own: bool = False
    is_strong: bool = False
    worker: WorkerId | None = None
    keys: list[str] = field(default_factory=list)
    spends: list[Proof] = field(default_factory=list)
    granted: Granted | None = None

    def verify(self, assertion: Assertion, kind: str) -> None:
        """Return if one of the client's keys signed it for here and now, to be used once.

        Raises:
            AssertionRefusedError: None did; `is_its_own` tells whether one of them signed it at all.
        """
        registered = self.known.keys.get(assertion.kid)
        if registered is None:
            raise AssertionRefusedError("kid")
        assertion.verify(parse_key(dict(registered.public)))
        self.is_its_own = True
        if assertion.claims.get("iss") != self.known.id:
            raise AssertionRefusedError("iss")
        assertion.require_audience(self.issuer)
        assertion.require_times(self.now)
        if registered.is_retired:
            raise AssertionRefusedError("key_retired")
        self.spends.append(assertion.once(kind, self.known.id))
        self.keys.append(assertion.kid)


def mint(asked: Asked) -> Granted:
    """Sign the token (RFC 9068): five minutes, for this gateway alone, bound to the key that was shown."""
    assert asked.shown is not None
    issued, token_id = asked.now // SECOND_US, secrets.token_urlsafe(16)
    claims: dict[str, Any] = {
        "iss": asked.issuer,
        "aud": asked.issuer,
        "sub": asked.worker or asked.known.id,
        "client_id": asked.known.id,
        "iat": issued,
        "exp": issued + TOKEN_LIFETIME_S,
        "jti": token_id,
        "cnf": {str(Binding.JKT): asked.shown.thumbprint},
        KEYS_CLAIM: sorted(set(asked.keys)),
        **({"acr": STRONG_ACR} if asked.is_strong else {}),
    }
    return Granted(
        token=open_key(asked.key).sign({"typ": "at+jwt", "kid": asked.key.kid}, claims),
        token_id=sha256(token_id.encode()).digest(),
        client=asked.known.id,
        worker=asked.worker,
        is_strong=asked.is_strong,
        keys=tuple(sorted(set(asked.keys))),
        bound_to=asked.shown.thumbprint,
        spends=tuple(asked.spends),
    )
