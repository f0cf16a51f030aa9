"""Whoever tries to get in, with the keys of two trusted issuers and of a thief.

Every maker begins with what an honest worker would send; `...` for a member leaves it out.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import uuid4

from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support.proving import Holder, Key, b64, sign
from tests.support.stack import ISSUER, network

OTHER = "https://other.example"
BOB, GIL = "bob", "gil"
LETTER = "/v1/fragments/frg_letter/releases"
ASKED = b'{"purpose":"coordination"}'


class Sent(NamedTuple):
    """One request, as it goes over the wire."""

    headers: tuple[tuple[str, bytes], ...]
    path: str = LETTER
    content: bytes = ASKED
    media_type: str = "application/json"
    method: str = "POST"


@dataclass
class Forger:
    """Speaks to the gateway of this address."""

    base: str
    nonce: str = ""
    old_nonce: str = ""
    ec: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    rsa: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048))
    ed: OKPKey = field(default_factory=lambda: OKPKey.generate_key("Ed25519"))
    other: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    holder: Holder = field(default_factory=Holder)
    thief: Holder = field(default_factory=Holder)

    def trusted(self) -> list[dict[str, Any]]:
        """Two entries of the trusted issuers file: three keys of one issuer, one of the other."""

        def public(key: Key, kid: str) -> dict[str, Any]:
            return {**key.as_dict(private=False), "kid": kid}

        ours = [public(self.ec, "ec"), public(self.rsa, "rsa"), public(self.ed, "ed")]
        return [
            {
                "issuer": ISSUER,
                "audience": self.base,
                "algorithms": ["ES256", "PS256", "EdDSA"],
                "jwks": {"keys": ours},
            },
            {
                "issuer": OTHER,
                "audience": self.base,
                "algorithms": ["ES256"],
                "jwks": {"keys": [public(self.other, "other")]},
            },
        ]

    # --- Tokens ----------------------------------------------------------------------------------

    @property
    def now(self) -> int:
        return int(time.time())

    def header(self, **changes: object) -> dict[str, Any]:
        return _less({"alg": "ES256", "typ": "at+jwt", "kid": "ec", **changes})

    def claims(self, **changes: object) -> dict[str, Any]:
        claims = {
            "iss": ISSUER,
            "aud": self.base,
            "sub": BOB,
            "client_id": "client:clinic",
            "jti": uuid4().hex,
            "iat": self.now - 10,
            "exp": self.now + 290,
            "cnf": {"jkt": self.holder.thumbprint},
        }
        return _less({**claims, **changes})

    def token(
        self,
        header: dict[str, Any] | bytes | None = None,
        claims: dict[str, Any] | bytes | None = None,
        *,
        key: Key | None = None,
        alg: str = "ES256",
    ) -> str:
        """Sign with `alg` whatever the header says."""
        signed = f"{_part(self.header() if header is None else header)}.{_part(claims or self.claims())}"
        return f"{signed}.{b64(sign(alg, signed.encode(), key or self.ec))}"

    def headed(self, **changes: object) -> str:
        return self.token(self.header(**changes))

    def said(self, **changes: object) -> str:
        return self.token(claims=self.claims(**changes))

    def more(self, text: str) -> str:
        """A token whose claims end with this text, put in as it is."""
        return self.token(claims=json.dumps(self.claims()).encode()[:-1] + text.encode() + b"}")

    def hmac(self, secret: bytes) -> str:
        signed = f"{_part(self.header(alg='HS256'))}.{_part(self.claims())}"
        return f"{signed}.{b64(hmac.digest(secret, signed.encode(), hashlib.sha256))}"

    # --- Requests --------------------------------------------------------------------------------

    def proof(self, token: str, *, holder: Holder | None = None, **changes: object) -> str:
        """An honest proof for this token at the release, or one with other claims."""
        claims = {**self.proof_claims(token), **changes}
        return (holder or self.holder).sign((holder or self.holder).header(), _less(claims))

    def proof_claims(self, token: str) -> dict[str, Any]:
        return self.holder.claims(self.base + LETTER, self.now, token=token, nonce=self.nonce)

    def proof_headed(self, token: str, *, holder: Holder | None = None, **changes: object) -> str:
        holder = holder or self.holder
        return holder.sign(holder.header(**changes), self.proof_claims(token))

    def asked(self, token: str, proof: str | None = None, scheme: str = "DPoP") -> Sent:
        """The release, asked for with this token and an honest proof (or the given one)."""
        proof = self.proof(token) if proof is None else proof
        return sent(("Authorization", f"{scheme} {token}"), ("DPoP", proof))


def sent(*headers: tuple[str, str | bytes]) -> Sent:
    return Sent(tuple((name, text if isinstance(text, bytes) else text.encode()) for name, text in headers))


def cut(text: str, part: int, change: Callable[[str], str]) -> str:
    """Change one of the parts between the dots."""
    parts = text.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def next_letter(text: str) -> str:
    """The same bytes in another spelling, where the last letter has bits that mean nothing."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + letters[letters.index(text[-1]) ^ 1]


def hostile_network() -> dict[str, Any]:
    """The small network, and a colleague of Bob's for whom the other issuer vouches."""
    seed = network()
    (bob,) = (worker for worker in seed["workers"] if worker["id"] == "w:bob")
    seed["workers"].append({**bob, "id": "w:gil", "identity": {"iss": OTHER, "sub": GIL}})
    seed["assignments"].append({"id": "asg_gil", "worker": "w:gil", "person": "p:child", "from": "now-30d"})
    return seed


def _part(members: dict[str, Any] | bytes) -> str:
    return b64(members if isinstance(members, bytes) else json.dumps(members).encode())


def _less(members: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ...}
