"""How the gateway proves to a provider's token endpoint which client it is."""

import base64
import json
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gateway.adapters.identity.sign_in_entry import SignInEntry
from gateway.domain.instants import Instant

LIFETIME_S = 60
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SECOND = 1_000_000
_ALGORITHMS = {"P-256": "ES256", "Ed25519": "EdDSA"}


class ClientProof:
    """A secret (RFC 6749, section 2.3.1) or a signed assertion (RFC 7523), read once at start.

    Raises:
        ValueError: The file is missing, open to others, empty, or no private key that we sign with.
    """

    def __init__(self, entry: SignInEntry, issuer: str) -> None:
        self._client_id = entry.client_id
        self._issuer = issuer
        self._secret: str | None = None
        self._key: ECKey | OKPKey | RSAKey | None = None
        if entry.client_secret_file is not None:
            self._secret = _read_private(entry.client_secret_file).strip()
            if not self._secret:
                raise ValueError("sign_in: the client secret is empty")
        elif entry.private_key_file is not None:
            self._key, self._algorithm, self._kid = _import(_read_private(entry.private_key_file))

    def __repr__(self) -> str:
        return f"ClientProof({self._client_id})"

    def headers(self) -> Mapping[str, str]:
        """Give the request's own headers."""
        if self._secret is None:
            return {}
        pair = f"{quote_plus(self._client_id)}:{quote_plus(self._secret)}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}

    def fields(self, now: Instant) -> Mapping[str, str]:
        """Give the form's own fields."""
        if self._key is None:
            return {}
        issued = now // _SECOND
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._issuer,
            "iat": issued,
            "exp": issued + LIFETIME_S,
            "jti": secrets.token_urlsafe(16),
        }
        header = {"alg": self._algorithm, "typ": "JWT"} | ({"kid": self._kid} if self._kid else {})
        signed = _sign(header, claims, self._key)
        return {
            "client_id": self._client_id,
            "client_assertion_type": _ASSERTION,
            "client_assertion": signed,
        }


def _sign(header: Mapping[str, str], claims: Mapping[str, Any], key: ECKey | OKPKey | RSAKey) -> str:
    """Sign as the header says; what providers call EdDSA is Ed25519 in full (RFC 9864)."""
    parts = (json.dumps(part).encode() for part in (header, claims))
    message = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    name = "Ed25519" if header["alg"] == "EdDSA" else header["alg"]
    signature: bytes = JWSRegistry(algorithms=[name]).get_alg(name).sign(message, key)
    return b".".join((message, base64.urlsafe_b64encode(signature).rstrip(b"="))).decode()


def _read_private(path: Path) -> str:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ValueError("sign_in: a secret's file can be read by others")
        return path.read_text(encoding="utf-8")
    except OSError:
        raise ValueError("sign_in: a secret's file is missing") from None


def _import(text: str) -> tuple[ECKey | OKPKey | RSAKey, str, str | None]:
    try:
        jwk: dict[str, Any] = json.loads(text)
        kid = str(jwk["kid"]) if "kid" in jwk else None
        jwk["d"]  # Without it, the key is a public one.
        if jwk.get("kty") == "RSA":
            return RSAKey.import_key(jwk), "PS256", kid
        algorithm = _ALGORITHMS[jwk["crv"]]
        if jwk.get("kty") == "EC":
            return ECKey.import_key(jwk), algorithm, kid
        return OKPKey.import_key(jwk), algorithm, kid
    except (JoseError, ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("sign_in: the private key is not a P-256, Ed25519 or RSA key as JWK") from None
