"""Tokens that no issuer of ours made as they are: algorithms, headers and shapes."""

import json
from collections.abc import Callable

from joserfc.jwk import ECKey

from tests.http.hostile.forger import GIL, OTHER, Forger, cut, next_letter
from tests.support.proving import b64
from tests.support.stack import ISSUER

Token = Callable[[Forger], str]

ALGORITHMS_KNOWN: dict[str, Token] = {
    "signed with ES256": lambda f: f.token(),
    "signed with PS256": lambda f: f.token(f.header(alg="PS256", kid="rsa"), key=f.rsa, alg="PS256"),
    "signed with EdDSA": lambda f: f.token(f.header(alg="EdDSA", kid="ed"), key=f.ed, alg="EdDSA"),
    "of the other issuer, for its own worker": lambda f: f.token(
        f.header(kid="other"), f.claims(iss=OTHER, sub=GIL), key=f.other
    ),
}
ALGORITHMS: dict[str, Token] = {
    "with alg none and no signature": lambda f: f.headed(alg="none").rpartition(".")[0] + ".",
    "with alg none and a signature": lambda f: f.headed(alg="none"),
    "with alg None": lambda f: f.headed(alg="None").rpartition(".")[0] + ".",
    "with alg NONE": lambda f: f.headed(alg="NONE").rpartition(".")[0] + ".",
    "with alg nOnE": lambda f: f.headed(alg="nOnE"),
    "without alg": lambda f: f.headed(alg=...),
    "with an empty alg": lambda f: f.headed(alg=""),
    "with alg null": lambda f: f.headed(alg=None),
    "with a list for alg": lambda f: f.headed(alg=["ES256"]),
    "with a number for alg": lambda f: f.headed(alg=256),
    "with alg in small letters": lambda f: f.headed(alg="es256"),
    "with a space after alg": lambda f: f.headed(alg="ES256 "),
    "with a NUL after alg": lambda f: f.headed(alg="ES256\0"),
    "with alg in wide letters": lambda f: f.headed(alg="\uff25\uff33256"),
    "with HS256 over the issuer's public key in PEM": lambda f: f.hmac(f.ec.as_pem(private=False)),
    "with HS256 over the issuer's public key in DER": lambda f: f.hmac(f.ec.as_der(private=False)),
    "with HS256 over the issuer's JWK": lambda f: f.hmac(json.dumps(f.ec.as_dict(private=False)).encode()),
    "with HS256 over the empty key": lambda f: f.hmac(b""),
    "with HS256 over the key's name": lambda f: f.hmac(b"ec"),
    "with RS256": lambda f: f.token(f.header(alg="RS256", kid="rsa"), key=f.rsa, alg="RS256"),
    "signed with RS256 and called PS256": lambda f: f.token(
        f.header(alg="PS256", kid="rsa"), key=f.rsa, alg="RS256"
    ),
    "with PS384": lambda f: f.token(f.header(alg="PS384", kid="rsa"), key=f.rsa, alg="PS384"),
    "with PS512": lambda f: f.token(f.header(alg="PS512", kid="rsa"), key=f.rsa, alg="PS512"),
    "with ES384": lambda f: f.token(f.header(alg="ES384"), key=ECKey.generate_key("P-384"), alg="ES384"),
    "with ES256K": lambda f: f.headed(alg="ES256K"),
    "with ES256 under the RSA key's name": lambda f: f.headed(kid="rsa"),
    "with PS256 under the EC key's name": lambda f: f.token(f.header(alg="PS256"), key=f.rsa, alg="PS256"),
    "with EdDSA under the EC key's name": lambda f: f.token(f.header(alg="EdDSA"), key=f.ed, alg="EdDSA"),
    "with EdDSA under the RSA key's name": lambda f: f.token(
        f.header(alg="EdDSA", kid="rsa"), key=f.ed, alg="EdDSA"
    ),
    "of the other issuer with an algorithm that only the first one uses": lambda f: f.token(
        f.header(alg="EdDSA", kid="other"), f.claims(iss=OTHER, sub=GIL), key=f.ed, alg="EdDSA"
    ),
    "of the first issuer signed by the other": lambda f: f.token(f.header(kid="other"), key=f.other),
    "of the first issuer signed by the other under the first one's key name": lambda f: f.token(key=f.other),
    "of the other issuer signed by the first": lambda f: f.said(iss=OTHER, sub=GIL),
    "signed by a thief": lambda f: f.token(key=f.thief.key),
    "signed by the key that it is bound to": lambda f: f.token(key=f.holder.key),
}

HEADERS_KNOWN: dict[str, Token] = {
    "with typ at+jwt": lambda f: f.headed(typ="at+jwt"),
    "with typ application/at+jwt": lambda f: f.headed(typ="application/at+jwt"),
    "without kid, of an issuer with one key": lambda f: f.token(
        f.header(kid=...), f.claims(iss=OTHER, sub=GIL), key=f.other
    ),
}
HEADERS: dict[str, Token] = {
    "without typ": lambda f: f.headed(typ=...),
    "with an empty typ": lambda f: f.headed(typ=""),
    "with typ null": lambda f: f.headed(typ=None),
    "with a list for typ": lambda f: f.headed(typ=["at+jwt"]),
    "with typ JWT": lambda f: f.headed(typ="JWT"),
    "with typ id+jwt": lambda f: f.headed(typ="id+jwt"),
    "with typ dpop+jwt": lambda f: f.headed(typ="dpop+jwt"),
    "with typ logout+jwt": lambda f: f.headed(typ="logout+jwt"),
    "with typ secevent+jwt": lambda f: f.headed(typ="secevent+jwt"),
    "with typ in capitals": lambda f: f.headed(typ="AT+JWT"),
    "with a space after typ": lambda f: f.headed(typ="at+jwt "),
    "with a parameter after typ": lambda f: f.headed(typ="at+jwt; v=1"),
    "without kid, of an issuer with three keys": lambda f: f.headed(kid=...),
    "with a kid that nobody has": lambda f: f.headed(kid="nobody"),
    "with an empty kid": lambda f: f.headed(kid=""),
    "with kid null": lambda f: f.headed(kid=None),
    "with a number for kid": lambda f: f.headed(kid=1),
    "with an object for kid": lambda f: f.headed(kid={"kid": "ec"}),
    "with a path for kid": lambda f: f.headed(kid="../../../../dev/null"),
    "with an SQL statement for kid": lambda f: f.headed(kid="ec' OR '1'='1"),
    "with a shell command for kid": lambda f: f.headed(kid="ec|/bin/true"),
    "with an address for kid": lambda f: f.headed(kid="https://thief.example/jwks"),
    "with a NUL in kid": lambda f: f.headed(kid="ec\0"),
    "with kid in capitals": lambda f: f.headed(kid="EC"),
    "with a kid of four thousand letters": lambda f: f.headed(kid="k" * 4000),
    "with the thief's key in jwk": lambda f: f.token(
        f.header(jwk=f.thief.header()["jwk"], kid=...), key=f.thief.key
    ),
    "with the issuer's own key in jwk": lambda f: f.headed(jwk=f.ec.as_dict(private=False)),
    "with jku": lambda f: f.token(f.header(jku="https://thief.example/jwks"), key=f.thief.key),
    "with a jku of the issuer's": lambda f: f.headed(jku=f"{ISSUER}/jwks"),
    "with x5u": lambda f: f.token(f.header(x5u="https://thief.example/certificate"), key=f.thief.key),
    "with x5c": lambda f: f.headed(x5c=["AAAA"]),
    "with x5t": lambda f: f.headed(x5t="AAAA"),
    "with x5t#S256": lambda f: f.headed(**{"x5t#S256": "A" * 43}),
    "with an empty crit": lambda f: f.headed(crit=[]),
    "with crit exp": lambda f: f.headed(crit=["exp"], exp=f.now + 100),
    "with a crit that nobody knows": lambda f: f.headed(crit=["https://thief.example/x"]),
    "with b64 false": lambda f: f.headed(b64=False, crit=["b64"]),
    "with b64 true": lambda f: f.headed(b64=True),
    "with cty": lambda f: f.headed(cty="JWT"),
    "with zip": lambda f: f.headed(zip="DEF"),
    "with enc": lambda f: f.headed(enc="A256GCM"),
    "with iss in the header": lambda f: f.headed(iss=ISSUER),
    "with cnf in the header": lambda f: f.headed(cnf={"jkt": f.holder.thumbprint}),
    "with a header member that nobody knows": lambda f: f.headed(x=1),
    "with alg twice": lambda f: f.token(b'{"alg":"none","alg":"ES256","typ":"at+jwt","kid":"ec"}'),
    "with typ twice": lambda f: f.token(b'{"alg":"ES256","typ":"JWT","typ":"at+jwt","kid":"ec"}'),
    "whose header is a list": lambda f: f.token(b'["ES256"]'),
    "whose header is empty": lambda f: f.token(b"{}"),
    "whose header is no JSON": lambda f: f.token(b"ES256"),
    "whose header is no UTF-8": lambda f: f.token(b'{"alg":"\xff"}'),
    "whose header is UTF-16": lambda f: f.token(json.dumps(f.header()).encode("utf-16")),
    "whose header begins with a byte order mark": lambda f: f.token(
        b"\xef\xbb\xbf" + json.dumps(f.header()).encode()
    ),
    "whose header goes on after its end": lambda f: f.token(json.dumps(f.header()).encode() + b" {}"),
    "whose header is nested two thousand deep": lambda f: f.token(
        b'{"alg":"ES256","typ":"at+jwt","kid":' + b"[" * 2000 + b"]" * 2000 + b"}"
    ),
}

SHAPES_KNOWN: dict[str, Token] = {
    "just below the largest size": lambda f: f.said(filling="x" * 5000),
}
SHAPES: dict[str, Token] = {
    "of nothing at all": lambda _: "",
    "of two dots": lambda _: "..",
    "of one word": lambda _: "token",
    "of one part": lambda f: f.token().partition(".")[0],
    "of two parts": lambda f: f.token().rpartition(".")[0],
    "of four parts": lambda f: f.token() + ".AAAA",
    "of five parts": lambda f: f.token() + ".AAAA.AAAA",
    "of a thousand dots": lambda _: "." * 1000,
    "encrypted, with five parts (JWE)": lambda _: ".".join(
        [
            b64(b'{"alg":"dir","enc":"A256GCM","typ":"at+jwt"}'),
            "",
            b64(bytes(12)),
            b64(bytes(64)),
            b64(bytes(16)),
        ]
    ),
    "without its signature": lambda f: cut(f.token(), 2, lambda _: ""),
    "without its header": lambda f: cut(f.token(), 0, lambda _: ""),
    "without its claims": lambda f: cut(f.token(), 1, lambda _: ""),
    "with another signature": lambda f: cut(f.token(), 2, lambda text: "A" * len(text)),
    "with the signature of another token": lambda f: (
        f.token().rpartition(".")[0] + "." + f.token().split(".")[2]
    ),
    "with half a signature": lambda f: cut(f.token(), 2, lambda text: text[:43]),
    "with a signature that is longer by a byte": lambda f: cut(f.token(), 2, lambda text: text[:-2] + "AAAA"),
    "with a signature of zeros": lambda f: cut(f.token(), 2, lambda _: b64(bytes(64))),
    "with a signature in DER": lambda f: cut(f.token(), 2, lambda _: b64(b"0D\x02 " + bytes(68))),
    "with padding after the signature": lambda f: f.token() + "==",
    "with one padding sign": lambda f: f.token() + "=",
    "with padding after the claims": lambda f: cut(f.token(), 1, lambda text: text + "="),
    "with unused bits in the signature": lambda f: cut(f.token(), 2, next_letter),
    "in the alphabet with plus and slash": lambda f: cut(f.token(), 2, lambda text: "+/" + text[2:]),
    "with a space before a dot": lambda f: f.token().replace(".", " .", 1),
    "with a line break inside": lambda f: cut(f.token(), 1, lambda text: text[:20] + "\n" + text[20:]),
    "with a NUL inside": lambda f: cut(f.token(), 1, lambda text: text[:20] + "\0" + text[20:]),
    "with a letter outside ASCII": lambda f: cut(f.token(), 2, lambda text: "\u00e9" + text[1:]),
    "with a wide letter": lambda f: cut(f.token(), 2, lambda text: "\uff21" + text[1:]),
    "with a zero-width space": lambda f: f.token() + "\u200b",
    "with claims of somebody else put in": lambda f: cut(
        f.token(), 1, lambda _: b64(json.dumps(f.claims(sub="eva")).encode())
    ),
    "of more than 8 KiB": lambda f: f.said(filling="x" * 6500),
    "of 60 KiB": lambda f: f.said(filling="x" * 45_000),
    "in flattened JSON": lambda f: json.dumps(_flattened(f.token())),
    "in general JSON": lambda f: json.dumps(_general(f.token())),
    "percent-encoded": lambda f: f.token().replace(".", "%2E"),
    "in quotation marks": lambda f: f'"{f.token()}"',
    "encoded once more": lambda f: b64(f.token().encode()),
    "that is its own proof": lambda f: f.proof(f.token()),
}


def _flattened(token: str) -> dict[str, str]:
    header, payload, signature = token.split(".")
    return {"protected": header, "payload": payload, "signature": signature}


def _general(token: str) -> dict[str, object]:
    header, payload, signature = token.split(".")
    return {"payload": payload, "signatures": [{"protected": header, "signature": signature}]}
