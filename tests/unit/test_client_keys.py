"""Which public keys a client may have, and the private ones that are made and read."""

from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from gateway.adapters.identity.key_making import PrivateKey, make_issuer_key, make_key, read_client_key
from gateway.domain.errors import MalformedError
from gateway.domain.issuer_keys import SigningKey
from tests.support.proving import b64


def a_key() -> dict[str, Any]:
    return dict(ECKey.generate_key("P-256").as_dict(private=False))


def weak() -> dict[str, Any]:
    numbers = generate_private_key(65537, 1024).public_key().public_numbers()
    return {"kty": "RSA", "n": b64(numbers.n.to_bytes(128)), "e": b64(b"\x01\x00\x01")}


REFUSED: dict[str, Callable[[], object]] = {
    "private": lambda: ECKey.generate_key("P-256").as_dict(private=True),
    "private RSA": lambda: RSAKey.generate_key(2048).as_dict(private=True),
    "weak RSA": weak,
    "P-384": lambda: ECKey.generate_key("P-384").as_dict(private=False),
    "K-256": lambda: ECKey.generate_key("secp256k1").as_dict(private=False),
    "X25519": lambda: OKPKey.generate_key("X25519").as_dict(private=False),
    "octets": lambda: OctKey.generate_key(256).as_dict(private=True),
    "for encryption": lambda: {**a_key(), "use": "enc"},
    "another algorithm": lambda: {**a_key(), "alg": "RS256"},
    "no point of the curve": lambda: {**a_key(), "x": b64(bytes(32))},
    "nothing": dict,
    "a text": lambda: "key",
    "a list": lambda: [a_key()],
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_a_key_that_is_private_or_weak_is_refused(make: Callable[[], object]) -> None:
    with pytest.raises(MalformedError) as refused:
        read_client_key(make(), field="key")
    assert refused.value.field == "key"


@pytest.mark.parametrize(
    "key",
    [ECKey.generate_key("P-256"), RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519")],
    ids=["EC", "RSA", "OKP"],
)
def test_a_key_is_kept_under_its_thumbprint_without_what_is_optional(key: ECKey | RSAKey | OKPKey) -> None:
    jwk = {**key.as_dict(private=False), "kid": "mine", "use": "sig"}
    found = read_client_key(jwk, field="key")
    assert found.kid == key.thumbprint()
    assert {"kid", "use", "alg"}.isdisjoint(found.public)
    assert read_client_key(dict(found.public), field="key") == found


def test_a_private_key_is_written_and_read_and_has_no_face() -> None:
    key = make_key()
    again = PrivateKey.of_json(key.to_json())
    assert (again.kid, again.public) == (key.kid, key.public)
    assert "d" not in key.public
    made = make_issuer_key()
    assert made.secret.decode() not in repr(made) + repr(SigningKey(made.kid, made.secret)) + repr(key)


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'"x"', make_key().to_json()[:-20]])
def test_what_is_no_private_key_is_not_read(text: bytes) -> None:
    with pytest.raises(ValueError, match="not a private key"):
        PrivateKey.of_json(text)


def test_a_public_key_is_not_read_as_a_private_one() -> None:
    with pytest.raises(ValueError, match="private half"):
        PrivateKey(make_key().public)
