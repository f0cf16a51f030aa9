"""Hostile proofs of possession, each different from an honest one once; and the honest ones beside them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.support.proving import Holder, b64

NOW_S = 1_800_000_000
URL = "https://gateway.example/v1/fragments/frg_1/releases"
TOKEN = "token.of.somebody"
NONCE = "nonce-of-this-minute"


@dataclass
class Bench:
    """The keys that a corpus needs, made once."""

    holder: Holder = field(default_factory=Holder)
    rsa: Holder = field(default_factory=lambda: Holder(RSAKey.generate_key(2048), "PS256"))
    ed: Holder = field(default_factory=lambda: Holder(OKPKey.generate_key("Ed25519"), "EdDSA"))
    thief: Holder = field(default_factory=Holder)
    nonce: str = NONCE

    def proof(self, holder: Holder | None = None, **changes: object) -> str:
        claims = {"token": TOKEN, "nonce": self.nonce, **changes}
        return (holder or self.holder).proof(URL, NOW_S, **claims)  # type: ignore[arg-type] # members of a claim set

    def headed(self, holder: Holder | None = None, **changes: object) -> str:
        holder = holder or self.holder
        return holder.sign(holder.header(**changes), self.claims())

    def claims(self, **changes: object) -> dict[str, object]:
        claims = {"token": TOKEN, "nonce": self.nonce, **changes}
        return self.holder.claims(URL, NOW_S, **claims)  # type: ignore[arg-type] # members of a claim set

    def claimed(self, **changes: object) -> str:
        """Change a claim as it is, after the honest ones were made."""
        claims = {**self.claims(), **changes}
        return self.holder.sign(
            self.holder.header(), {name: value for name, value in claims.items() if value is not ...}
        )


Case = Callable[[Bench], str]

HONEST: dict[str, Case] = {
    "ES256": lambda b: b.proof(),
    "PS256": lambda b: b.proof(b.rsa),
    "EdDSA": lambda b: b.proof(b.ed),
    "a minute old": lambda b: b.claimed(iat=NOW_S - 60),
    "from a clock that is a minute ahead": lambda b: b.claimed(iat=NOW_S + 60),
    "more claims": lambda b: b.claimed(exp=NOW_S + 5, extra={"a": [1]}),
    "a key that says what it is for": lambda b: b.headed(
        jwk={**b.holder.header()["jwk"], "use": "sig", "alg": "ES256"}
    ),
    "the longest jti": lambda b: b.claimed(jti="j" * 255),
}


def _cut(text: str, part: int, change: Callable[[str], str]) -> str:
    parts = text.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def _jwk(b: Bench, **changes: object) -> str:
    return b.headed(jwk={k: v for k, v in {**b.holder.header()["jwk"], **changes}.items() if v is not ...})


def _private(b: Bench) -> str:
    return b.headed(jwk=b.holder.key.as_dict(private=True))


def _twice(b: Bench, name: str) -> str:
    raw = json.dumps(b.claims()).encode()[:-1] + f', "{name}": "x"}}'.encode()
    return b.holder.sign(b.holder.header(), raw)


def _p384() -> ECKey:
    return ECKey.generate_key("P-384")


HEADERS: dict[str, Case] = {
    "typ missing": lambda b: b.headed(typ=...),
    "typ empty": lambda b: b.headed(typ=""),
    "typ JWT": lambda b: b.headed(typ="JWT"),
    "typ of an access token": lambda b: b.headed(typ="at+jwt"),
    "typ in capitals": lambda b: b.headed(typ="DPOP+JWT"),
    "alg none": lambda b: b.headed(alg="none"),
    "alg none, unsigned": lambda b: b.headed(alg="none").rpartition(".")[0] + ".",
    "alg missing": lambda b: b.headed(alg=...),
    "alg of another key type": lambda b: b.headed(alg="PS256"),
    "alg RS256": lambda b: b.headed(b.rsa, alg="RS256"),
    "alg HS256": lambda b: b.headed(alg="HS256"),
    "alg in small letters": lambda b: b.headed(alg="es256"),
    "alg a list": lambda b: b.headed(alg=["ES256"]),
    "alg ES384": lambda b: b.headed(alg="ES384", jwk=_p384().as_dict(private=False)),
    "jwk missing": lambda b: b.headed(jwk=...),
    "jwk a text": lambda b: b.headed(jwk="key"),
    "jwk a list": lambda b: b.headed(jwk=[b.holder.header()["jwk"]]),
    "jwk private": _private,
    "jwk symmetric": lambda b: b.headed(jwk={"kty": "oct", "k": "c2VjcmV0"}),
    "jwk off the curve": lambda b: _jwk(b, x=b64(bytes(32))),
    "jwk without y": lambda b: _jwk(b, y=...),
    "jwk for encryption": lambda b: _jwk(b, use="enc"),
    "jwk of a short RSA key": lambda b: b.headed(jwk={"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB"}),
    "kid beside the key": lambda b: b.headed(kid="one"),
    "jku beside the key": lambda b: b.headed(jku="https://thief.example/jwks"),
    "x5u beside the key": lambda b: b.headed(x5u="https://thief.example/c"),
    "x5c beside the key": lambda b: b.headed(x5c=["AAAA"]),
    "crit": lambda b: b.headed(crit=["exp"]),
    "crit empty": lambda b: b.headed(crit=[]),
    "b64 false": lambda b: b.headed(b64=False),
    "nested deeply": lambda b: b.headed(jwk={"a": {"b": {"c": {"d": 1}}}}),
    "a header that is a list": lambda b: b.holder.sign(b"[1]", b.claims()),
    "a header with a key twice": lambda b: b.holder.sign(
        json.dumps(b.holder.header()).encode()[:-1] + b', "typ": "dpop+jwt"}', b.claims()
    ),
}
CLAIMS: dict[str, Case] = {
    "htm missing": lambda b: b.claimed(htm=...),
    "htm of another method": lambda b: b.claimed(htm="GET"),
    "htm in small letters": lambda b: b.claimed(htm="post"),
    "htm a list": lambda b: b.claimed(htm=["POST"]),
    "htu missing": lambda b: b.claimed(htu=...),
    "htu of another host": lambda b: b.claimed(htu=URL.replace("gateway.example", "thief.example")),
    "htu over http": lambda b: b.claimed(htu=URL.replace("https:", "http:")),
    "htu with another port": lambda b: b.claimed(htu=URL.replace(".example/", ".example:8443/")),
    "htu of another path": lambda b: b.claimed(htu=URL.replace("frg_1", "frg_2")),
    "htu with a slash more": lambda b: b.claimed(htu=URL + "/"),
    "htu with a query": lambda b: b.claimed(htu=URL + "?x=1"),
    "htu with a fragment": lambda b: b.claimed(htu=URL + "#x"),
    "htu with an encoded letter": lambda b: b.claimed(htu=URL.replace("frg", "%66rg")),
    "htu with dots": lambda b: b.claimed(htu=URL.replace("/v1/", "/v1/../v1/")),
    "htu in capitals": lambda b: b.claimed(htu=URL.upper()),
    "htu with a user": lambda b: b.claimed(htu=URL.replace("https://", "https://a@")),
    "htu empty": lambda b: b.claimed(htu=""),
    "htu the path alone": lambda b: b.claimed(htu="/v1/fragments/frg_1/releases"),
    "ath missing": lambda b: b.claimed(ath=...),
    "ath of another token": lambda b: b.claimed(ath=b64(bytes(32))),
    "ath padded": lambda b: b.claimed(ath=str(b.claims()["ath"]) + "="),
    "ath empty": lambda b: b.claimed(ath=""),
    "ath null": lambda b: b.claimed(ath=None),
    "jti missing": lambda b: b.claimed(jti=...),
    "jti empty": lambda b: b.claimed(jti=""),
    "jti a number": lambda b: b.claimed(jti=7),
    "jti too long": lambda b: b.claimed(jti="j" * 256),
    "jti with a NUL": lambda b: b.claimed(jti="a\0b"),
    "jti with a line break": lambda b: b.claimed(jti="a\nb"),
    "iat missing": lambda b: b.claimed(iat=...),
    "iat 61 s ago": lambda b: b.claimed(iat=NOW_S - 61),
    "iat 61 s ahead": lambda b: b.claimed(iat=NOW_S + 61),
    "iat a text": lambda b: b.claimed(iat=str(NOW_S)),
    "iat a fraction": lambda b: b.claimed(iat=NOW_S + 0.5),
    "iat true": lambda b: b.claimed(iat=True),
    "iat negative": lambda b: b.claimed(iat=-1),
    "iat huge": lambda b: b.claimed(iat=10**17),
    "jti twice": lambda b: _twice(b, "jti"),
    "ath twice": lambda b: _twice(b, "ath"),
    "claims that are a list": lambda b: b.holder.sign(b.holder.header(), b"[]"),
    "claims that are no JSON": lambda b: b.holder.sign(b.holder.header(), b"{"),
    "claims nested deeply": lambda b: b.claimed(deep={"a": {"b": {"c": {"d": 1}}}}),
    "claims with NaN": lambda b: b.holder.sign(
        b.holder.header(), json.dumps(b.claims())[:-1].encode() + b', "n": NaN}'
    ),
}
SHAPES: dict[str, Case] = {
    "empty": lambda _: "",
    "one part": lambda b: b.proof().split(".")[0],
    "two parts": lambda b: b.proof().rpartition(".")[0],
    "four parts": lambda b: b.proof() + ".e30",
    "padded": lambda b: b.proof() + "=",
    "two spellings of a signature": lambda b: b.proof()[:-1] + _next(b.proof()[-1]),
    "a signature of zeros": lambda b: _cut(b.proof(), 2, lambda _: b64(bytes(64))),
    "a signature too short": lambda b: _cut(b.proof(), 2, lambda text: text[:40]),
    "a signature in DER": lambda b: _cut(b.proof(), 2, lambda _: b64(b"\x30\x06\x02\x01\x01\x02\x01\x01")),
    "no signature": lambda b: _cut(b.proof(), 2, lambda _: ""),
    "signed by another key": lambda b: b.thief.sign(b.holder.header(), b.claims()),
    "another's header": lambda b: b.holder.sign(b.thief.header(), b.claims()),
    "another payload": lambda b: _cut(b.proof(), 1, lambda _: b64(json.dumps(b.claims()).encode())),
    "too large": lambda b: b.claimed(fill="x" * 4096),
    "with spaces": lambda b: b.proof().replace(".", " ."),
    "letters of another alphabet": lambda b: b.proof() + "é",
    "JSON serialisation": lambda b: json.dumps({"payload": b.proof()}),
    "two proofs": lambda b: f"{b.proof()}, {b.proof()}",
}
HOSTILE: dict[str, Case] = {**HEADERS, **CLAIMS, **SHAPES}


def _next(letter: str) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return letters[letters.index(letter) ^ 1]
