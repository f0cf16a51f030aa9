"""An authenticator in software: ES256, attestation "none", one key; and all that may be wrong with it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.proving import b64, unb64

UP, UV, AT = 0x01, 0x04, 0x40


@dataclass
class Authenticator:
    """Answers as a browser's would; each field may be set wrong."""

    origin: str
    rp: str
    verifies: bool = True
    present: bool = True
    count: int = 0
    credential: bytes = b"\x07" * 32
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: bytes = b""

    def create(self, options: Mapping[str, Any], **wrong: Any) -> str:  # noqa: ANN401 - fields of any type
        """Answer `navigator.credentials.create`, as the JSON that a page sends."""
        self.handle = unb64(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.credential).to_bytes(2, "big") + self.credential + cbor2.dumps(cose)
        data = self._data(AT) + attested
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", options, wrong)
        return self._answer({"clientDataJSON": b64(client), "attestationObject": b64(made)})

    def get(self, options: Mapping[str, Any], **wrong: Any) -> str:  # noqa: ANN401 - fields of any type
        """Answer `navigator.credentials.get`."""
        self.count += 1
        client, data = self._client("webauthn.get", options, wrong), self._data(0)
        signed = data + hashlib.sha256(client).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        said = {"clientDataJSON": client, "authenticatorData": data, "signature": signature}
        return self._answer({name: b64(raw) for name, raw in said.items()} | {"userHandle": b64(self.handle)})

    def _data(self, more: int) -> bytes:
        flags = (UP if self.present else 0) | (UV if self.verifies else 0) | more
        return hashlib.sha256(self.rp.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _client(self, kind: str, options: Mapping[str, Any], wrong: Mapping[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps({**said, **wrong}).encode()

    def _answer(self, response: Mapping[str, str]) -> str:
        name = b64(self.credential)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": dict(response)})
