"""The `sign_in` object of a trusted issuer, and the proof of which client the gateway is there."""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from gateway.adapters.identity.client_proof import ClientProof
from gateway.adapters.identity.issuers import parse_issuer
from gateway.adapters.identity.jwks import parse_key
from gateway.adapters.identity.sign_in_entry import SignInEntry, parse_sign_in
from gateway.domain.base64url import decode_canonical
from gateway.domain.instants import Instant
from tests.unit.token_mint import Mint

ISSUER = "https://issuer.example"
SIGN_IN: dict[str, Any] = {
    "client_id": "gateway-pages",
    "client_secret_file": "/run/secrets/client",
    "label": {"fr": "Mon organisme", "en": "My agency"},
}
WRONG: dict[str, dict[str, Any]] = {
    "an unknown field": {"scope": "openid"},
    "no client": {"client_id": None},
    "no label": {"label": None},
    "a label in one language": {"label": {"fr": "Mon organisme"}},
    "a label of two lines": {"label": {"fr": "a\nb", "en": "a"}},
    "both files": {"private_key_file": "/run/secrets/key"},
    "neither file": {"client_secret_file": None},
    "a file beside us": {"client_secret_file": "client"},
    "one endpoint": {"token_endpoint": "https://issuer.example/token"},
    "endpoints and discovery": {
        "discovery": "https://issuer.example/d",
        "token_endpoint": "https://issuer.example/t",
        "authorization_endpoint": "https://issuer.example/a",
    },
    "discovery in the open": {"discovery": "http://issuer.example/d"},
    "discovery with a password": {"discovery": "https://a:b@issuer.example/d"},
    "an address of another kind": {"discovery": "file:///etc/passwd"},
}


def entry(**changes: object) -> dict[str, Any]:
    return {name: value for name, value in {**SIGN_IN, **changes}.items() if value is not None}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_an_entry_that_is_not_understood_whole_refuses_to_start(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"sign_in|discovery|endpoint"):
        parse_sign_in(entry(**changes), ISSUER)


def test_without_an_address_discovery_is_at_the_issuer_s_own() -> None:
    read = parse_sign_in(entry(), f"{ISSUER}/realm/")
    assert read.discovery == f"{ISSUER}/realm/.well-known/openid-configuration"


def test_an_issuer_without_the_object_is_believed_for_tokens_alone() -> None:
    ours = json.loads(Mint().issuers_file())["issuers"][0]
    assert parse_issuer(ours).sign_in is None
    found = parse_issuer({**ours, "sign_in": entry()}).sign_in
    assert found is not None
    assert found.client_id == "gateway-pages"


def secret_of(folder: Path, mode: int) -> SignInEntry:
    secret = folder / "secret"
    secret.write_text("invented")
    secret.chmod(mode)
    return parse_sign_in(entry(client_secret_file=str(secret)), ISSUER)


def test_a_secret_is_sent_as_the_standard_says(tmp_path: Path) -> None:
    proof = ClientProof(secret_of(tmp_path, 0o600), ISSUER)
    assert proof.headers()["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_a_secret_that_others_can_read_is_refused(mode: int, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can be read by others"):
        ClientProof(secret_of(tmp_path, mode), ISSUER)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ECKey.generate_key("P-256"), "ES256"),
        (OKPKey.generate_key("Ed25519"), "EdDSA"),
        (RSAKey.generate_key(2048), "PS256"),
    ],
    ids=["P-256", "Ed25519", "RSA"],
)
def test_a_key_signs_who_the_gateway_is_for_a_minute(
    key: ECKey | OKPKey | RSAKey, algorithm: str, tmp_path: Path
) -> None:
    path = tmp_path / "key.jwk"
    path.write_text(json.dumps({**key.as_dict(private=True), "kid": "one"}))
    path.chmod(0o600)
    read = parse_sign_in(entry(client_secret_file=None, private_key_file=str(path)), ISSUER)
    proof = ClientProof(read, ISSUER)
    now = Instant(1_800_000_000_000_000)
    first, second = (proof.fields(now)["client_assertion"].split(".") for _ in range(2))
    header, claims = (json.loads(decode_canonical(part)) for part in first[:2])
    assert (header["alg"], header["kid"]) == (algorithm, "one")
    assert parse_key(key.as_dict(private=False)).verifies(
        ".".join(first[:2]).encode(), decode_canonical(first[2])
    )
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("gateway-pages", "gateway-pages", ISSUER)
    assert claims["exp"] - claims["iat"] == 60
    assert json.loads(decode_canonical(second[1]))["jti"] != claims["jti"]
    assert proof.headers() == {}


def test_what_is_no_private_key_of_ours_refuses_to_start(tmp_path: Path) -> None:
    path = tmp_path / "key.jwk"
    for text in (
        json.dumps(ECKey.generate_key("P-256").as_dict(private=False)),
        json.dumps(ECKey.generate_key("P-384").as_dict(private=True)),
        json.dumps(OctKey.generate_key(256).as_dict(private=True)),
        "{}",
        "[]",
        "not json",
    ):
        path.write_text(text)
        path.chmod(0o600)
        read = parse_sign_in(entry(client_secret_file=None, private_key_file=str(path)), ISSUER)
        with pytest.raises(ValueError, match="private key"):
            ClientProof(read, ISSUER)
