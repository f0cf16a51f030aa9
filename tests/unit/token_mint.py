"""Mints access tokens, honest or not, for the suites that verify them."""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support.proving import Key, b64, sign

NOW_S = 1_800_000_000
NOW = NOW_S * 1_000_000
ISSUER, OTHER = "https://issuer.example", "https://other.example"
AUDIENCE = "https://gateway.example"


@dataclass
class Mint:
    """The keys of two issuers and of a thief, and honest tokens to start from."""

    ec: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    rsa: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048))
    ed: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519"))
    other: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    thief: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))

    def issuers_file(self) -> bytes:
        def public(key: Key, kid: str) -> dict[str, Any]:
            return {**key.as_dict(private=False), "kid": kid}

        ours = {
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "algorithms": ["ES256", "PS256", "EdDSA"],
            "jwks": {"keys": [public(self.ec, "ec"), public(self.rsa, "rsa"), public(self.ed, "ed")]},
            "strong_acr": ["gold"],
        }
        theirs = {
            "issuer": OTHER,
            "audience": AUDIENCE,
            "algorithms": ["ES256"],
            "jwks": {"keys": [public(self.other, "other")]},
        }
        return json.dumps({"issuers": [ours, theirs]}).encode()

    def header(self, **changes: object) -> dict[str, Any]:
        return {"alg": "ES256", "typ": "at+jwt", "kid": "ec", **changes}

    def claims(self, **changes: object) -> dict[str, Any]:
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "worker-1",
            "client_id": "client-1",
            "jti": "token-1",
            "iat": NOW_S - 10,
            "exp": NOW_S + 290,
            **changes,
        }
        return {name: value for name, value in claims.items() if value is not ...}

    def token(
        self,
        header: dict[str, Any] | bytes | None = None,
        claims: dict[str, Any] | bytes | None = None,
        *,
        key: Key | None = None,
        alg: str = "ES256",
    ) -> str:
        header = self.header() if header is None else header
        claims = self.claims() if claims is None else claims
        raw_header = header if isinstance(header, bytes) else json.dumps(header).encode()
        raw_claims = claims if isinstance(claims, bytes) else json.dumps(claims).encode()
        signed = f"{b64(raw_header)}.{b64(raw_claims)}"
        return f"{signed}.{b64(sign(alg, signed.encode(), key or self.ec))}"

    def with_header(self, **changes: object) -> str:
        return self.token(self.header(**changes))

    def with_claims(self, **changes: object) -> str:
        return self.token(claims=self.claims(**changes))

    def without_header(self, name: str) -> str:
        return self.token({key: value for key, value in self.header().items() if key != name})

    def hmac_token(self, alg: str, secret: bytes) -> str:
        signed = f"{b64(json.dumps(self.header(alg=alg)).encode())}.{b64(json.dumps(self.claims()).encode())}"
        return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"
