"""Hostile access tokens, and the honest ones beside them; a hostile one differs from an honest one once."""

import json
from collections.abc import Callable

from tests.support.proving import b64
from tests.unit.token_mint import AUDIENCE, ISSUER, NOW_S, OTHER, Mint

Case = Callable[[Mint], str]

HONEST: dict[str, Case] = {
    "ES256": lambda m: m.token(),
    "PS256": lambda m: m.token(m.header(alg="PS256", kid="rsa"), key=m.rsa, alg="PS256"),
    "EdDSA": lambda m: m.token(m.header(alg="EdDSA", kid="ed"), key=m.ed, alg="EdDSA"),
    "the other issuer, without kid": lambda m: m.token(
        {"alg": "ES256", "typ": "at+jwt"}, m.claims(iss=OTHER), key=m.other
    ),
    "the long form of typ": lambda m: m.with_header(typ="application/at+jwt"),
    "several audiences": lambda m: m.with_claims(aud=["https://elsewhere.example", AUDIENCE]),
    "issued 5 s ahead": lambda m: m.with_claims(iat=NOW_S + 5),
    "not before 10 s ahead": lambda m: m.with_claims(nbf=NOW_S + 10),
    "one second left": lambda m: m.with_claims(exp=NOW_S + 1),
    "fifteen minutes": lambda m: m.with_claims(iat=NOW_S, exp=NOW_S + 900),
    "the longest sub": lambda m: m.with_claims(sub="w" * 255),
    "unknown claims": lambda m: m.with_claims(scope="releases", groups=["a"], extra={"deep": [1]}),
}

_TWICE = b'{"alg":"ES256","alg":"ES256","typ":"at+jwt","kid":"ec"}'


def _claims_text(m: Mint, addition: str) -> bytes:
    return json.dumps(m.claims()).encode()[:-1] + addition.encode() + b"}"


def _cut(token: str, part: int, change: Callable[[str], str]) -> str:
    parts = token.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def _other_spelling(text: str) -> str:
    # The last character of a 64-byte signature carries four unused bits.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return text[:-1] + letters[letters.index(text[-1]) ^ 1]


def _flip(text: str) -> str:
    return ("B" if text[0] == "A" else "A") + text[1:]


ALGORITHMS: dict[str, Case] = {
    "alg none, no signature": lambda m: m.with_header(alg="none").rsplit(".", 1)[0] + ".",
    "alg none, signed": lambda m: m.with_header(alg="none"),
    "alg None": lambda m: m.with_header(alg="None"),
    "alg missing": lambda m: m.without_header("alg"),
    "alg empty": lambda m: m.with_header(alg=""),
    "alg null": lambda m: m.with_header(alg=None),
    "alg a list": lambda m: m.with_header(alg=["ES256"]),
    "alg lower case": lambda m: m.with_header(alg="es256"),
    "alg with a space": lambda m: m.with_header(alg="ES256 "),
    "HS256 with the public key": lambda m: m.hmac_token("HS256", m.ec.as_pem(private=False)),
    "HS256 with the JWK": lambda m: m.hmac_token("HS256", json.dumps(m.ec.as_dict(private=False)).encode()),
    "HS256 with the empty key": lambda m: m.hmac_token("HS256", b""),
    "RS256": lambda m: m.token(m.header(alg="RS256", kid="rsa"), key=m.rsa, alg="RS256"),
    "RS256 called PS256": lambda m: m.token(m.header(alg="PS256", kid="rsa"), key=m.rsa, alg="RS256"),
    "PS512": lambda m: m.token(m.header(alg="PS512", kid="rsa"), key=m.rsa, alg="PS512"),
    "ES256K": lambda m: m.with_header(alg="ES256K"),
    "ES256 under the RSA kid": lambda m: m.with_header(kid="rsa"),
    "PS256 under the EC kid": lambda m: m.token(m.header(alg="PS256"), key=m.rsa, alg="PS256"),
    "EdDSA under the EC kid": lambda m: m.token(m.header(alg="EdDSA"), key=m.ed, alg="EdDSA"),
    "an algorithm only the other key fits": lambda m: m.token(
        m.header(alg="EdDSA", kid="other"), m.claims(iss=OTHER), key=m.ed, alg="EdDSA"
    ),
}

HEADERS: dict[str, Case] = {
    "typ missing": lambda m: m.without_header("typ"),
    "typ empty": lambda m: m.with_header(typ=""),
    "typ JWT": lambda m: m.with_header(typ="JWT"),
    "typ null": lambda m: m.with_header(typ=None),
    "typ a list": lambda m: m.with_header(typ=["at+jwt"]),
    "typ in capitals": lambda m: m.with_header(typ="AT+JWT"),
    "typ of a DPoP proof": lambda m: m.with_header(typ="dpop+jwt"),
    "typ of a logout token": lambda m: m.with_header(typ="logout+jwt"),
    "kid unknown": lambda m: m.with_header(kid="nobody"),
    "kid empty": lambda m: m.with_header(kid=""),
    "kid null": lambda m: m.with_header(kid=None),
    "kid a number": lambda m: m.with_header(kid=1),
    "kid a path": lambda m: m.with_header(kid="../../dev/null"),
    "kid a statement": lambda m: m.with_header(kid="ec' OR '1'='1"),
    "kid missing, several keys": lambda m: m.without_header("kid"),
    "jwk of the thief": lambda m: m.token(m.header(jwk=m.thief.as_dict(private=False)), key=m.thief),
    "jwk of the issuer": lambda m: m.with_header(jwk=m.ec.as_dict(private=False)),
    "jku": lambda m: m.with_header(jku="https://thief.example/jwks"),
    "x5u": lambda m: m.with_header(x5u="https://thief.example/cert"),
    "x5c": lambda m: m.with_header(x5c=["AAAA"]),
    "x5t": lambda m: m.with_header(x5t="AAAA"),
    "crit empty": lambda m: m.with_header(crit=[]),
    "crit exp": lambda m: m.with_header(crit=["exp"], exp=NOW_S),
    "b64 false": lambda m: m.with_header(b64=False, crit=["b64"]),
    "cty": lambda m: m.with_header(cty="JWT"),
    "zip": lambda m: m.with_header(zip="DEF"),
    "iss in the header": lambda m: m.with_header(iss=ISSUER),
    "an unknown member": lambda m: m.with_header(x=1),
    "a member twice": lambda m: m.token(_TWICE),
    "an array": lambda m: m.token(b'["ES256"]'),
    "not JSON": lambda m: m.token(b"ES256"),
    "not UTF-8": lambda m: m.token(b'{"alg":"\xff"}'),
    "a byte order mark": lambda m: m.token(b"\xef\xbb\xbf" + json.dumps(m.header()).encode()),
    "deep": lambda m: m.token(b'{"kid":' + b"[" * 2000 + b"]" * 2000 + b"}"),
}

SHAPES: dict[str, Case] = {
    "nothing": lambda _: "",
    "two dots": lambda _: "..",
    "one part": lambda m: m.token().split(".")[0],
    "two parts": lambda m: m.token().rsplit(".", 1)[0],
    "four parts": lambda m: m.token() + ".AAAA",
    "five parts": lambda m: m.token() + ".AAAA.AAAA",
    "no signature": lambda m: _cut(m.token(), 2, lambda _: ""),
    "another signature": lambda m: _cut(m.token(), 2, _flip),
    "a short signature": lambda m: _cut(m.token(), 2, lambda text: text[:40]),
    "a zero signature": lambda m: _cut(m.token(), 2, lambda _: b64(bytes(64))),
    "a DER signature": lambda m: _cut(m.token(), 2, lambda _: b64(b"0D\x02 " + bytes(68))),
    "padding": lambda m: m.token() + "==",
    "unused bits": lambda m: _cut(m.token(), 2, _other_spelling),
    "the other alphabet": lambda m: _cut(m.token(), 2, lambda text: "+" + text[1:]),
    "a space in front": lambda m: " " + m.token(),
    "a new line behind": lambda m: m.token() + "\n",
    "a letter outside ASCII": lambda m: _cut(m.token(), 2, lambda text: "é" + text[1:]),
    "half a surrogate pair": lambda m: _cut(m.token(), 2, lambda text: "\ud800" + text[1:]),
    "another payload": lambda m: _cut(m.token(), 1, lambda _: b64(json.dumps(m.claims(sub="boss")).encode())),
    "larger than 8 KiB": lambda m: m.with_claims(padding="x" * 8192),
    "a JSON serialisation": lambda m: json.dumps({"payload": m.token().split(".")[1], "signatures": []}),
}

CLAIMS: dict[str, Case] = {
    "signed by a thief": lambda m: m.token(key=m.thief),
    "iss unknown": lambda m: m.with_claims(iss="https://thief.example"),
    "iss of the other issuer": lambda m: m.with_claims(iss=OTHER),
    "iss ours, key the other's": lambda m: m.token(m.header(kid="other"), key=m.other),
    "iss missing": lambda m: m.with_claims(iss=...),
    "iss with a slash more": lambda m: m.with_claims(iss=ISSUER + "/"),
    "iss in capitals": lambda m: m.with_claims(iss=ISSUER.upper()),
    "iss a list": lambda m: m.with_claims(iss=[ISSUER]),
    "aud another": lambda m: m.with_claims(aud="https://elsewhere.example"),
    "aud missing": lambda m: m.with_claims(aud=...),
    "aud null": lambda m: m.with_claims(aud=None),
    "aud empty": lambda m: m.with_claims(aud=[]),
    "aud a part of ours": lambda m: m.with_claims(aud=AUDIENCE[:-1]),
    "aud ours and more": lambda m: m.with_claims(aud=AUDIENCE + ".thief.example"),
    "aud nested": lambda m: m.with_claims(aud=[[AUDIENCE]]),
    "aud an object": lambda m: m.with_claims(aud={AUDIENCE: True}),
    "aud with a number": lambda m: m.with_claims(aud=[AUDIENCE, 1]),
    "expired": lambda m: m.with_claims(exp=NOW_S - 1),
    "expired at this instant": lambda m: m.with_claims(exp=NOW_S),
    "exp missing": lambda m: m.with_claims(exp=...),
    "exp null": lambda m: m.with_claims(exp=None),
    "exp a text": lambda m: m.with_claims(exp=str(NOW_S + 290)),
    "exp a float": lambda m: m.with_claims(exp=NOW_S + 290.5),
    "exp true": lambda m: m.with_claims(exp=True),
    "exp enormous": lambda m: m.with_claims(exp=10**17),
    "exp negative": lambda m: m.with_claims(exp=-1),
    "sixteen minutes": lambda m: m.with_claims(iat=NOW_S, exp=NOW_S + 901),
    "a year": lambda m: m.with_claims(exp=NOW_S + 31_536_000),
    "iat missing": lambda m: m.with_claims(iat=...),
    "iat 11 s ahead": lambda m: m.with_claims(iat=NOW_S + 11),
    "iat a text": lambda m: m.with_claims(iat="now"),
    "iat after exp": lambda m: m.with_claims(iat=NOW_S + 9, exp=NOW_S + 8),
    "nbf 11 s ahead": lambda m: m.with_claims(nbf=NOW_S + 11),
    "nbf at exp": lambda m: m.with_claims(nbf=NOW_S + 5, exp=NOW_S + 5),
    "nbf null": lambda m: m.with_claims(nbf=None),
    "nbf a float": lambda m: m.with_claims(nbf=1.5),
    "sub missing": lambda m: m.with_claims(sub=...),
    "sub empty": lambda m: m.with_claims(sub=""),
    "sub a number": lambda m: m.with_claims(sub=7),
    "sub with a NUL": lambda m: m.with_claims(sub="worker-1\0"),
    "sub with a new line": lambda m: m.with_claims(sub="worker-1\n"),
    "sub too long": lambda m: m.with_claims(sub="w" * 256),
    "client_id missing": lambda m: m.with_claims(client_id=...),
    "client_id a list": lambda m: m.with_claims(client_id=["client-1"]),
    "jti missing": lambda m: m.with_claims(jti=...),
    "jti empty": lambda m: m.with_claims(jti=""),
    "acr a list": lambda m: m.with_claims(acr=["gold"]),
    "cnf null": lambda m: m.with_claims(cnf=None),
    "cnf empty": lambda m: m.with_claims(cnf={}),
    "cnf unknown": lambda m: m.with_claims(cnf={"kid": "ec"}),
    "a claim twice": lambda m: m.token(claims=_claims_text(m, ',"sub":"boss"')),
    "NaN": lambda m: m.token(claims=_claims_text(m, ',"x":NaN')),
    "infinity": lambda m: m.token(claims=_claims_text(m, ',"x":1e999')),
    "a huge number": lambda m: m.token(claims=_claims_text(m, ',"x":' + "9" * 5000)),
    "deep claims": lambda m: m.token(claims=_claims_text(m, ',"x":' + "[" * 2500 + "]" * 2500)),
    "half a surrogate in sub": lambda m: m.token(claims=json.dumps(m.claims(sub="\ud800")).encode()),
    "claims an array": lambda m: m.token(claims=b"[]"),
    "claims empty": lambda m: m.token(claims=b"{}"),
    "something after the claims": lambda m: m.token(claims=json.dumps(m.claims()).encode() + b"{}"),
}

HOSTILE: dict[str, Case] = {
    f"{part}: {name}": case
    for part, cases in {"alg": ALGORITHMS, "header": HEADERS, "shape": SHAPES, "claims": CLAIMS}.items()
    for name, case in cases.items()
}
