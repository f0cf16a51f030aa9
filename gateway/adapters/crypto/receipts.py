"""The key that signs receipts, and how anybody verifies them: JWS compact, EdDSA on Ed25519.

    BASE64URL(header) . BASE64URL(record) . BASE64URL(signature over the first two, 64 bytes)

    header = {"alg": "EdDSA", "kid": <RFC 7638 thumbprint>, "typ": "consent-receipt"}

The header says `EdDSA` (RFC 8037), which every JOSE library reads; RFC 9864 names the same signature
`Ed25519`. Verified strictly: three canonical parts, exactly these header members, a key that is held.
"""

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from gateway.domain.base64url import decode_canonical, encode
from gateway.domain.errors import MalformedError, TamperedError
from gateway.domain.strict_json import parse_json_object

MAX_BYTES: Final = 1024 * 1024
PURPOSE: Final = "receipts"
_TYPE: Final = "consent-receipt"
_PARTS: Final = 3
_PUBLIC_BYTES: Final = 32
_ALGORITHM: Final = JWSRegistry(algorithms=["Ed25519"]).get_alg("Ed25519")


class ReceiptKey:
    """Signs receipts; made once from a derived sub-key of 32 bytes, the same in every worker."""

    def __init__(self, seed: bytes) -> None:
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
        self.public = encode(public)
        self._key = OKPKey.import_key({**_bare(self.public), "d": encode(seed)})

    def __repr__(self) -> str:
        return f"ReceiptKey({self.kid})"

    @cached_property
    def kid(self) -> str:
        """The key's RFC 7638 thumbprint."""
        return self._key.thumbprint()

    @property
    def jwk(self) -> dict[str, str]:
        """The public half, as a JOSE library reads it."""
        return {**_bare(self.public), "kid": self.kid, "alg": "EdDSA", "use": "sig"}

    def sign(self, record: bytes) -> str:
        """Sign a record; calls no provider and takes about a tenth of a millisecond."""
        header = {"alg": "EdDSA", "kid": self.kid, "typ": _TYPE}
        signed = f"{encode(json.dumps(header, separators=(',', ':')).encode())}.{encode(record)}"
        return f"{signed}.{encode(_ALGORITHM.sign(signed.encode(), self._key))}"


def jwk_of(name: str, public: bytes) -> dict[str, str]:
    """Describe another Ed25519 key of the deployment as a JWK, for no algorithm of JOSE."""
    return {**_bare(encode(public)), "kid": name, "use": "sig"}


class ReceiptVerifier:
    """Verifies receipts with public keys alone, offline."""

    def __init__(self, publics: Mapping[str, OKPKey]) -> None:
        self._publics = publics

    @classmethod
    def of_document(cls, document: object) -> "ReceiptVerifier":
        """Hold the Ed25519 keys of a JWK set, or one JWK; keys for another purpose are left out.

        Args:
            document: What `/.well-known/gateway-keys` answers, or one of its keys.

        Raises:
            MalformedError: No key that verifies receipts is in it.
        """
        listed = document.get("keys", [document]) if isinstance(document, dict) else None
        held = [one for one in listed if _is_ours(one)] if isinstance(listed, list) else []
        if not held:
            raise MalformedError("no key for receipts is in it", field="keys")
        return cls(dict(_read_public(str(one["x"])) for one in held))

    @classmethod
    def of_public(cls, text: str) -> "ReceiptVerifier":
        """Hold one key, by its `x`: 32 bytes as base64url without padding.

        Raises:
            MalformedError: Another shape.
        """
        return cls(dict([_read_public(text)]))

    def open(self, receipt: str) -> dict[str, Any]:
        """Give the record of a receipt whose signature holds.

        Raises:
            TamperedError: Another shape, another algorithm, an unknown key, or an altered byte.
        """
        parts = receipt.split(".")
        if len(parts) != _PARTS or len(receipt) > MAX_BYTES:
            raise TamperedError("not a signed receipt")
        try:
            header, record, signature = (decode_canonical(part) for part in parts)
            said = parse_json_object(header)
        except MalformedError:
            raise TamperedError("not a signed receipt") from None
        if said.keys() != {"alg", "kid", "typ"} or (said["alg"], said["typ"]) != ("EdDSA", _TYPE):
            raise TamperedError("signed in another way than receipts are")
        key = self._publics.get(said["kid"]) if isinstance(said["kid"], str) else None
        if key is None:
            raise TamperedError("signed with a key that was not given")
        if not _holds(f"{parts[0]}.{parts[1]}".encode("ascii"), signature, key):
            raise TamperedError("the signature does not hold")
        try:
            return parse_json_object(record)
        except MalformedError:
            raise TamperedError("the record cannot be read") from None


def _holds(message: bytes, signature: bytes, key: OKPKey) -> bool:
    try:
        return bool(_ALGORITHM.verify(message, signature, key))
    except (JoseError, ValueError):
        return False


def _is_ours(jwk: object) -> bool:
    if not isinstance(jwk, dict) or (jwk.get("kty"), jwk.get("crv")) != ("OKP", "Ed25519"):
        return False
    return jwk.get("purpose", PURPOSE) == PURPOSE and isinstance(jwk.get("x"), str)


def _read_public(text: str) -> tuple[str, OKPKey]:
    # The id is made anew: a file may give a key any name.
    if len(decode_canonical(text)) != _PUBLIC_BYTES:
        raise MalformedError("a public key has 32 bytes", field="public_key")
    key = OKPKey.import_key({**_bare(text)})
    return key.thumbprint(), key


def _bare(public: str) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": public}
