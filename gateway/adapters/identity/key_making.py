"""Keys that a client or the token endpoint holds: made, read, used to sign; the private half has no face."""

import json
from collections.abc import Mapping
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

from gateway.adapters.identity.jwks import ALGORITHMS, parse_key
from gateway.domain.base64url import encode
from gateway.domain.errors import MalformedError
from gateway.domain.issuer_keys import NewIssuerKey, SigningKey
from gateway.domain.issuing import ClientKey
from gateway.domain.strict_json import parse_json_object

ALGORITHM = "ES256"
"""Of every key that is made here."""

_PUBLIC = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e"), "OKP": ("kty", "crv", "x")}


class PrivateKey:
    """A private key that signs ES256, PS256 or EdDSA; `kid` is its thumbprint (RFC 7638)."""

    def __init__(self, jwk: Mapping[str, Any]) -> None:
        """Read a private JWK.

        Raises:
            ValueError: No private half, or none of P-256, RSA and Ed25519.
        """
        self._key, self.algorithm = _import(jwk)
        self.kid = self._key.thumbprint()

    def __repr__(self) -> str:
        return f"PrivateKey({self.kid})"

    @property
    def public(self) -> dict[str, str]:
        """The public JWK, without anything optional."""
        return _bare(self._key.as_dict(private=False))

    def sign(self, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
        """Sign claims; `alg` is put in the header here."""
        parts = ({"alg": self.algorithm, **header}, dict(claims))
        message = ".".join(encode(json.dumps(one, separators=(",", ":")).encode()) for one in parts)
        # Verifiers know the header's EdDSA; the library warns of it, and wants Ed25519 (RFC 9864).
        name = ALGORITHMS[self.algorithm]
        signature: bytes = JWSRegistry(algorithms=[name]).get_alg(name).sign(message.encode(), self._key)
        return f"{message}.{encode(signature)}"

    def to_json(self) -> bytes:
        """Write the private JWK, for a file that nobody else reads."""
        return json.dumps(self._key.as_dict(private=True), sort_keys=True).encode()

    @classmethod
    def of_json(cls, text: bytes) -> "PrivateKey":
        """Read what `to_json` wrote.

        Raises:
            ValueError: It is no private JWK.
        """
        try:
            document = parse_json_object(text, depth=1)
        except MalformedError:
            raise ValueError("not a private key: no JWK") from None
        return cls(document)


def make_key() -> PrivateKey:
    """Make a P-256 key."""
    return PrivateKey(ECKey.generate_key("P-256").as_dict(private=True))


def make_issuer_key() -> NewIssuerKey:
    """Make a key for the token endpoint."""
    made = make_key()
    return NewIssuerKey(made.kid, made.public, made.to_json())


def open_key(key: SigningKey) -> PrivateKey:
    """Read the private half as it was stored."""
    return PrivateKey.of_json(key.secret)


def read_client_key(jwk: object, *, field: str) -> ClientKey:
    """Read a client's public key; whatever is optional in it is dropped.

    Raises:
        MalformedError: Private, weak, for another use, or none of P-256, RSA from 2048 bits and Ed25519.
    """
    try:
        key = parse_key(jwk)
    except ValueError as error:
        raise MalformedError(f"{error}", field=field) from None
    return ClientKey(key.thumbprint, key.algorithm, _bare(key.key.as_dict(private=False)))


def _bare(jwk: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(jwk[name]) for name in _PUBLIC[str(jwk["kty"])]}


def _import(jwk: Mapping[str, Any]) -> tuple[ECKey | RSAKey | OKPKey, str]:
    kinds: dict[str, tuple[type[ECKey | RSAKey | OKPKey], str]] = {
        "EC": (ECKey, "ES256"),
        "RSA": (RSAKey, "PS256"),
        "OKP": (OKPKey, "EdDSA"),
    }
    try:
        kind, algorithm = kinds[str(jwk["kty"])]
        key = kind.import_key(dict(jwk))
        if not key.is_private:
            raise ValueError("the private half is missing")
        # Whoever would refuse the public half refuses it here, before anything is signed.
        parse_key(_bare(key.as_dict(private=False)))
    except (JoseError, KeyError, TypeError) as error:
        raise ValueError(f"not a private key that can be used ({type(error).__name__})") from None
    return key, algorithm
