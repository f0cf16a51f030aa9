"""The holder of a DPoP key: makes proofs, honest or not."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

Key = ECKey | RSAKey | OKPKey


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def sign(alg: str, message: bytes, key: Key) -> bytes:
    signature = JWSRegistry.algorithms["Ed25519" if alg == "EdDSA" else alg].sign(message, key)
    assert isinstance(signature, bytes)
    return signature


@dataclass
class Holder:
    """One key; `...` for a member leaves it out."""

    key: Key = field(default_factory=lambda: ECKey.generate_key("P-256"))
    alg: str = "ES256"

    @property
    def thumbprint(self) -> str:
        return self.key.thumbprint()

    def header(self, **changes: object) -> dict[str, Any]:
        jwk = {k: v for k, v in self.key.as_dict(private=False).items() if k != "kid"}
        return _less({"typ": "dpop+jwt", "alg": self.alg, "jwk": jwk, **changes})

    def claims(self, url: str, at_s: int, *, method: str = "POST", **changes: object) -> dict[str, Any]:
        """The claims of a proof; `token` and `nonce` among the changes as what they are about."""
        token = changes.pop("token", None)
        ath = {"ath": b64(hashlib.sha256(str(token).encode()).digest())} if token is not None else {}
        return _less({"jti": uuid4().hex, "htm": method, "htu": url, "iat": at_s, **ath, **changes})

    def sign(self, header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes) -> str:
        head, body = (one if isinstance(one, bytes) else json.dumps(one).encode() for one in (header, claims))
        signed = f"{b64(head)}.{b64(body)}"
        return f"{signed}.{b64(sign(self.alg, signed.encode(), self.key))}"

    def proof(self, url: str, at_s: int, *, method: str = "POST", **changes: object) -> str:
        return self.sign(self.header(), self.claims(url, at_s, method=method, **changes))


def _less(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ...}
