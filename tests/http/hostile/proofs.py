"""A good token, and a proof that was not made for this request, by this key, now."""

import json
from collections.abc import Callable, Mapping

from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.http.hostile.forger import LETTER, Forger, Sent, cut, next_letter, sent
from tests.support.proving import Holder, b64

Proof = Callable[[Forger, str], str]
"""Makes a proof for this token."""


def _jwk(f: Forger, token: str, **changes: object) -> str:
    jwk = {**f.holder.header()["jwk"], **changes}
    return f.proof_headed(token, jwk={name: value for name, value in jwk.items() if value is not ...})


def _url(change: Callable[[str], str]) -> Proof:
    return lambda f, token: f.proof(token, htu=change(f.base + LETTER))


def _bound(holder: Callable[[], Holder]) -> Callable[[Forger], Sent]:
    """A token bound to a key of this kind, with that key's proof."""

    def make(f: Forger) -> Sent:
        other = holder()
        token = f.said(cnf={"jkt": other.thumbprint})
        return f.asked(token, f.proof(token, holder=other))

    return make


KEYS_KNOWN: Mapping[str, Callable[[Forger], Sent]] = {
    "by a P-256 key": _bound(Holder),
    "by an RSA key": _bound(lambda: Holder(RSAKey.generate_key(2048), "PS256")),
    "by an Ed25519 key": _bound(lambda: Holder(OKPKey.generate_key("Ed25519"), "EdDSA")),
}
PROOFS_KNOWN: Mapping[str, Proof] = {
    "half a minute old": lambda f, t: f.proof(t, iat=f.now - 30),
    "from a clock that is half a minute ahead": lambda f, t: f.proof(t, iat=f.now + 30),
    "with the longest jti": lambda f, t: f.proof(t, jti="j" * 240 + t[-15:]),
    "with claims that we do not know": lambda f, t: f.proof(t, x={"y": 1}),
}
PROOFS: Mapping[str, Proof] = {
    # The key.
    "by a thief's key": lambda f, t: f.proof(t, holder=f.thief),
    "that names the key and is signed by a thief": lambda f, t: f.thief.sign(
        f.holder.header(), f.proof_claims(t)
    ),
    "that names a thief and is signed by the key": lambda f, t: f.holder.sign(
        f.thief.header(), f.proof_claims(t)
    ),
    "without jwk": lambda f, t: f.proof_headed(t, jwk=...),
    "with jwk null": lambda f, t: f.proof_headed(t, jwk=None),
    "with a text for jwk": lambda f, t: f.proof_headed(t, jwk="key"),
    "with a list for jwk": lambda f, t: f.proof_headed(t, jwk=[f.holder.header()["jwk"]]),
    "with the private key in jwk": lambda f, t: f.proof_headed(t, jwk=f.holder.key.as_dict(private=True)),
    "with a symmetric key in jwk": lambda f, t: f.proof_headed(t, jwk={"kty": "oct", "k": "c2VjcmV0"}),
    "with a key off the curve": lambda f, t: _jwk(f, t, x=b64(bytes(32))),
    "with a key without y": lambda f, t: _jwk(f, t, y=...),
    "with a key that is meant for encryption": lambda f, t: _jwk(f, t, use="enc"),
    "with a P-384 key": lambda f, t: f.proof(t, holder=Holder(ECKey.generate_key("P-384"), "ES384")),
    "with a short RSA key": lambda f, t: f.proof_headed(
        t, jwk={"kty": "RSA", "n": b64(b"\xff" * 128), "e": "AQAB"}
    ),
    "with kid instead of jwk": lambda f, t: f.proof_headed(t, jwk=..., kid="ec"),
    "with kid beside jwk": lambda f, t: f.proof_headed(t, kid="ec"),
    "with jku beside jwk": lambda f, t: f.proof_headed(t, jku="https://thief.example/jwks"),
    "with x5c beside jwk": lambda f, t: f.proof_headed(t, x5c=["AAAA"]),
    # The algorithm.
    "with alg none and no signature": lambda f, t: f.proof_headed(t, alg="none").rpartition(".")[0] + ".",
    "with alg none and a signature": lambda f, t: f.proof_headed(t, alg="none"),
    "with HS256": lambda f, t: f.proof_headed(t, alg="HS256"),
    "with RS256": lambda f, t: Holder(f.rsa, "RS256").sign(
        Holder(f.rsa, "RS256").header(), f.proof_claims(t)
    ),
    "with another key type's algorithm": lambda f, t: f.proof_headed(t, alg="PS256"),
    "with alg in small letters": lambda f, t: f.proof_headed(t, alg="es256"),
    "without alg": lambda f, t: f.proof_headed(t, alg=...),
    "with a list for alg": lambda f, t: f.proof_headed(t, alg=["ES256"]),
    # The header.
    "without typ": lambda f, t: f.proof_headed(t, typ=...),
    "with an empty typ": lambda f, t: f.proof_headed(t, typ=""),
    "with typ JWT": lambda f, t: f.proof_headed(t, typ="JWT"),
    "with typ at+jwt": lambda f, t: f.proof_headed(t, typ="at+jwt"),
    "with typ in capitals": lambda f, t: f.proof_headed(t, typ="DPOP+JWT"),
    "with an empty crit": lambda f, t: f.proof_headed(t, crit=[]),
    "with b64 false": lambda f, t: f.proof_headed(t, b64=False, crit=["b64"]),
    "whose header is a list": lambda f, t: f.holder.sign(b"[1]", f.proof_claims(t)),
    "whose header says typ twice": lambda f, t: f.holder.sign(
        json.dumps(f.holder.header()).encode()[:-1] + b',"typ":"dpop+jwt"}', f.proof_claims(t)
    ),
    # What it was made for.
    "without htm": lambda f, t: f.proof(t, htm=...),
    "for another method": lambda f, t: f.proof(t, htm="GET"),
    "for the method in small letters": lambda f, t: f.proof(t, htm="post"),
    "for a list of methods": lambda f, t: f.proof(t, htm=["POST"]),
    "without htu": lambda f, t: f.proof(t, htu=...),
    "with an empty htu": lambda f, t: f.proof(t, htu=""),
    "for another host": _url(lambda url: url.replace("127.0.0.1", "thief.example")),
    "for the host's other name": _url(lambda url: url.replace("127.0.0.1", "localhost")),
    "for another scheme": _url(lambda url: url.replace("http:", "https:")),
    "for another port": _url(lambda url: url.replace("/v1/", "0/v1/", 1)),
    "for no port": lambda f, t: f.proof(t, htu="http://127.0.0.1" + LETTER),
    "for another fragment": _url(lambda url: url.replace("frg_letter", "frg_marks")),
    "for the fragment in capitals": _url(lambda url: url.replace("frg_letter", "FRG_LETTER")),
    "for the address in capitals": _url(str.upper),
    "for the scheme in capitals": _url(lambda url: url.replace("http:", "HTTP:")),
    "for the address and a slash": _url(lambda url: url + "/"),
    "for the address and a query": _url(lambda url: url + "?x=1"),
    "for the address and an empty query": _url(lambda url: url + "?"),
    "for the address and a fragment sign": _url(lambda url: url + "#x"),
    "for the address with an encoded letter": _url(lambda url: url.replace("frg", "%66rg")),
    "for the address with an encoded slash": _url(lambda url: url.replace("/releases", "%2Freleases")),
    "for the address by a detour": _url(lambda url: url.replace("/v1/", "/v1/../v1/")),
    "for the address with two slashes": _url(lambda url: url.replace("/v1/", "//v1/")),
    "for the address with a user": _url(lambda url: url.replace("http://", "http://bob@")),
    "for the address after a space": _url(lambda url: " " + url),
    "for the address and a NUL": _url(lambda url: url + "\0"),
    "for the path alone": lambda f, t: f.proof(t, htu=LETTER),
    "for a list of addresses": lambda f, t: f.proof(t, htu=[f.base + LETTER]),
    "without ath": lambda f, t: f.proof(t, ath=...),
    "with an empty ath": lambda f, t: f.proof(t, ath=""),
    "with ath null": lambda f, t: f.proof(t, ath=None),
    "for another token": lambda f, _: f.proof(f.token()),
    "with a padded ath": lambda f, t: f.proof(t, ath=f"{f.proof_claims(t)['ath']}="),
    "with ath in hexadecimal": lambda f, t: f.proof(t, ath="a" * 64),
    # Once, and now.
    "without jti": lambda f, t: f.proof(t, jti=...),
    "with an empty jti": lambda f, t: f.proof(t, jti=""),
    "with a number for jti": lambda f, t: f.proof(t, jti=7),
    "with a jti of three hundred letters": lambda f, t: f.proof(t, jti="j" * 300),
    "with a NUL in jti": lambda f, t: f.proof(t, jti="a\0b"),
    "with jti twice": lambda f, t: f.holder.sign(
        f.holder.header(), json.dumps(f.proof_claims(t)).encode()[:-1] + b',"jti":"x"}'
    ),
    "without iat": lambda f, t: f.proof(t, iat=...),
    "two minutes old": lambda f, t: f.proof(t, iat=f.now - 120),
    "made two minutes from now": lambda f, t: f.proof(t, iat=f.now + 120),
    "with iat as text": lambda f, t: f.proof(t, iat=str(f.now)),
    "with iat as a fraction": lambda f, t: f.proof(t, iat=f.now + 0.5),
    "with iat true": lambda f, t: f.proof(t, iat=True),
    "with a negative iat": lambda f, t: f.proof(t, iat=-1),
    "with an enormous iat": lambda f, t: f.proof(t, iat=10**17),
    "with a number for nonce": lambda f, t: f.proof(t, nonce=7),
    "with an empty nonce": lambda f, t: f.proof(t, nonce=""),
    "with a list for nonce": lambda f, t: f.proof(t, nonce=[f.nonce]),
    # The shape.
    "of two parts": lambda f, t: f.proof(t).rpartition(".")[0],
    "of four parts": lambda f, t: f.proof(t) + ".e30",
    "without its signature": lambda f, t: cut(f.proof(t), 2, lambda _: ""),
    "with padding": lambda f, t: f.proof(t) + "==",
    "with unused bits in the signature": lambda f, t: cut(f.proof(t), 2, next_letter),
    "with a signature of zeros": lambda f, t: cut(f.proof(t), 2, lambda _: b64(bytes(64))),
    "with the claims of another proof": lambda f, t: cut(f.proof(t), 1, lambda _: f.proof(t).split(".")[1]),
    "of more than 4 KiB": lambda f, t: f.proof(t, filling="x" * 4096),
    "with claims nested nine deep": lambda f, t: f.proof(t, x=[[[[[[[[[1]]]]]]]]]),
    "whose claims are a list": lambda f, _: f.holder.sign(f.holder.header(), b"[]"),
    "whose claims are no JSON": lambda f, _: f.holder.sign(f.holder.header(), b"{"),
    "in JSON serialisation": lambda f, t: json.dumps({"payload": f.proof(t)}),
}

NONCES: Mapping[str, Proof] = {
    "without a nonce": lambda f, t: f.proof(t, nonce=...),
    "with the nonce of ten minutes ago": lambda f, t: f.proof(t, nonce=f.old_nonce),
    "with a nonce of its own": lambda f, t: f.proof(t, nonce="made-up"),
    "with the nonce in another letter case": lambda f, t: f.proof(t, nonce=f.nonce.swapcase()),
    "with the nonce and a space": lambda f, t: f.proof(t, nonce=f.nonce + " "),
}
"""All is well but the nonce: the answer says which one to use."""


def _again(f: Forger) -> tuple[Sent, ...]:
    asked = f.asked(f.token())
    return asked, asked


def _signed_again(f: Forger) -> tuple[Sent, ...]:
    token = f.token()
    return f.asked(token, f.proof(token, jti="once" + token[-20:])), f.asked(
        token, f.proof(token, jti="once" + token[-20:], iat=f.now + 1)
    )


def _elsewhere(f: Forger) -> tuple[Sent, ...]:
    """The same `jti`, at another address first."""
    token = f.token()
    jti = "once" + token[-20:]
    first = f.proof(token, jti=jti, htm="GET", htu=f"{f.base}/v1/me")
    asked = sent(("Authorization", f"DPoP {token}"), ("DPoP", first))
    return asked._replace(path="/v1/me", method="GET", content=b""), f.asked(token, f.proof(token, jti=jti))


def _other_token(f: Forger) -> tuple[Sent, ...]:
    """The same `jti` under another token of the same key."""
    first, second = f.token(), f.token()
    jti = "once" + first[-20:]
    return f.asked(first, f.proof(first, jti=jti)), f.asked(second, f.proof(second, jti=jti))


REPLAYS: Mapping[str, tuple[Callable[[Forger], tuple[Sent, ...]], int]] = {
    "sent a second time": (_again, 1),
    "signed again with the jti of the first": (_signed_again, 1),
    "with a jti that another address had": (_elsewhere, 0),
    "with a jti that another token had": (_other_token, 1),
}
"""Every request but the last is an honest one; so many of them are releases."""
