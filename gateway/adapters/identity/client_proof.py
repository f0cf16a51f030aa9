"""How the gateway proves to a provider's token endpoint which client it is."""

import base64
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote_plus

from gateway.adapters.identity.key_making import PrivateKey
from gateway.adapters.identity.sign_in_entry import SignInEntry
from gateway.domain.errors import MalformedError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.issuing import ASSERTION_TYPE
from gateway.domain.strict_json import parse_json_object

LIFETIME_S = 60
_OPTIONAL = frozenset({"kid", "alg", "use", "key_ops"})


class ClientProof:
    """A secret (RFC 6749, section 2.3.1) or a signed assertion (RFC 7523), read once at start.

    Raises:
        ValueError: The file is missing, open to others, empty, or no private key that we sign with.
    """

    def __init__(self, entry: SignInEntry, issuer: str) -> None:
        self._client_id = entry.client_id
        self._issuer = issuer
        self._secret: str | None = None
        self._key: PrivateKey | None = None
        if entry.client_secret_file is not None:
            self._secret = _read_private(entry.client_secret_file).strip()
            if not self._secret:
                raise ValueError("sign_in: the client secret is empty")
        elif entry.private_key_file is not None:
            self._key, self._kid = _read_key(_read_private(entry.private_key_file))

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
        issued = now // SECOND_US
        claims = {
            "iss": self._client_id,
            "sub": self._client_id,
            "aud": self._issuer,
            "iat": issued,
            "exp": issued + LIFETIME_S,
            "jti": secrets.token_urlsafe(16),
        }
        header = {"typ": "JWT"} | ({"kid": self._kid} if self._kid else {})
        return {
            "client_id": self._client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self._key.sign(header, claims),
        }


def _read_private(path: Path) -> str:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise ValueError("sign_in: a secret's file can be read by others")
        return path.read_text(encoding="utf-8")
    except OSError:
        raise ValueError("sign_in: a secret's file is missing") from None


def _read_key(text: str) -> tuple[PrivateKey, str | None]:
    """Read the private JWK, and the `kid` by which the provider may know it: its own name, if it says one."""
    try:
        jwk = parse_json_object(text.encode(), depth=2)
        # What else a provider wrote there of its use is the provider's; how we sign follows from the key.
        bare = {name: value for name, value in jwk.items() if name not in _OPTIONAL}
        return PrivateKey(bare), str(jwk["kid"]) if "kid" in jwk else None
    except (MalformedError, ValueError):
        raise ValueError("sign_in: the private key is not a P-256, Ed25519 or RSA key as JWK") from None
