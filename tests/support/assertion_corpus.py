"""Hostile requests for a token: each differs from an honest one once, and says what must come of it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.support.proving import Holder, b64, sign
from tests.support.token_asking import ASSERTION_TYPE, BASE, JWT_BEARER, URL, Software

CLIENT, GRANT, PROOF, REQUEST = "invalid_client", "invalid_grant", "invalid_dpop_proof", "invalid_request"


@dataclass(frozen=True)
class Cast:
    """Who takes part: the client, another one, one that is disabled, one of a suspended agency, a thief."""

    honest: Software
    other: Software
    disabled: Software
    suspended: Software
    portal: Software
    retired: Holder
    second: Holder
    thief: Holder


@dataclass(frozen=True)
class Tried:
    """A form (None: a body of its own), a proof ("" for an honest one, None for none), and other headers."""

    form: dict[str, Any]
    proof: str | None = ""


Case = tuple[str, Callable[[Cast], Tried]]


def _client(error: str = CLIENT, **changes: object) -> Case:
    return error, lambda c: Tried(c.honest.form(client_assertion=c.honest.assertion(**changes)))


def _header(**changes: object) -> Case:
    def make(c: Cast) -> Tried:
        text = c.honest.key.sign(c.honest.header(**changes), c.honest.claims())
        return Tried(c.honest.form(client_assertion=text))

    return CLIENT, make


def _raw(make: Callable[[Software], str]) -> Case:
    return CLIENT, lambda c: Tried(c.honest.form(client_assertion=make(c.honest)))


def _worker(worker: object = "w:bob", **changes: object) -> Case:
    def make(c: Cast) -> Tried:
        return Tried(c.honest.form(str(worker), assertion=c.honest.assertion(**{"sub": worker, **changes})))

    return GRANT, make


def _grant(make: Callable[[Cast], str]) -> Case:
    return GRANT, lambda c: Tried(c.honest.form("w:bob", assertion=make(c)))


def _proof(make: Callable[[Cast], str | None], error: str = PROOF) -> Case:
    return error, lambda c: Tried(c.honest.form(), make(c))


def _form(error: str, **changes: object) -> Case:
    return error, lambda c: Tried(c.honest.form(**changes))


def _now() -> int:
    return int(time.time())


def _signed_by(key: Holder, software: Software, **changes: object) -> str:
    header = {**software.header(alg=key.alg), **changes}
    return key.sign(header, software.claims())


def _hmac(software: Software) -> str:
    secret = OctKey.import_key(json.dumps(software.public()).encode())
    parts = (software.header(alg="HS256"), software.claims())
    signed = ".".join(b64(json.dumps(part).encode()) for part in parts)
    return f"{signed}.{b64(sign('HS256', signed.encode(), secret))}"  # type: ignore[arg-type] # on purpose


def _claims_text(software: Software, addition: str) -> str:
    text = json.dumps(software.claims()).encode()[:-1] + addition.encode() + b"}"
    return software.key.sign(software.header(), text)


def _cut(text: str, part: int, change: Callable[[str], str]) -> str:
    parts = text.split(".")
    parts[part] = change(parts[part])
    return ".".join(parts)


def _twice(c: Cast) -> Tried:
    text = c.honest.assertion()
    return Tried(c.honest.form("w:bob", client_assertion=text, assertion=text))


_TWICE = b'{"alg":"ES256","alg":"ES256","kid":"%s"}'

CLIENTS: dict[str, Case] = {
    "nothing": _form(CLIENT, client_assertion=...),
    "another assertion type": _form(CLIENT, client_assertion_type="urn:ietf:params:oauth:saml2-bearer"),
    "no assertion type": _form(CLIENT, client_assertion_type=...),
    "a secret": _form(CLIENT, client_assertion=..., client_id="client:clinic", client_secret="x"),
    "alg none": _raw(lambda s: _cut(s.key.sign(s.header(alg="none"), s.claims()), 2, lambda _: "")),
    "alg none, signed": _header(alg="none"),
    "alg missing": _header(alg=...),
    "alg RS256": _header(alg="RS256"),
    "alg of another key": _header(alg="PS256"),
    "alg a list": _header(alg=["ES256"]),
    "HS256 with the public key": _raw(_hmac),
    "kid missing": _header(kid=...),
    "kid unknown": _header(kid="A" * 43),
    "kid null": _header(kid=None),
    "kid a statement": _header(kid="x' OR '1'='1"),
    "kid of another client's key": (
        CLIENT,
        lambda c: Tried(c.honest.form(client_assertion=_signed_by(c.other.key, c.honest, kid=c.other.kid))),
    ),
    "typ of an access token": _header(typ="at+jwt"),
    "typ of a proof": _header(typ="dpop+jwt"),
    "typ of a worker's assertion": _header(typ="authorization-grant+jwt"),
    "typ empty": _header(typ=""),
    "crit": _header(crit=["exp"]),
    "crit empty": _header(crit=[]),
    "b64": _header(b64=False, crit=["b64"]),
    "jku": _header(jku="https://thief.example/jwks"),
    "x5u": _header(x5u="https://thief.example/cert"),
    "jwk of the thief": (
        CLIENT,
        lambda c: Tried(
            c.honest.form(client_assertion=_signed_by(c.thief, c.honest, jwk=c.thief.header()["jwk"]))
        ),
    ),
    "a member twice": _raw(lambda s: s.key.sign(_TWICE % s.kid.encode(), s.claims())),
    "signed by a thief": (
        CLIENT,
        lambda c: Tried(c.honest.form(client_assertion=_signed_by(c.thief, c.honest))),
    ),
    "another payload": _raw(
        lambda s: _cut(s.assertion(), 1, lambda _: b64(json.dumps(s.claims(jti="other")).encode()))
    ),
    "padding": _raw(lambda s: s.assertion() + "=="),
    "a short signature": _raw(lambda s: _cut(s.assertion(), 2, lambda one: one[:40])),
    "two parts": _raw(lambda s: s.assertion().rsplit(".", 1)[0]),
    "four parts": _raw(lambda s: s.assertion() + ".AAAA"),
    "larger than 8 KiB": _client(x="x" * 8192),
    "deep claims": _raw(lambda s: _claims_text(s, ',"x":' + "[" * 2500 + "]" * 2500)),
    "deep claims, unsigned": _raw(lambda _: f"{b64(b'{}')}.{b64(b'[' * 2500 + b']' * 2500)}.{b64(b'x')}"),
    "a claim twice": _raw(lambda s: _claims_text(s, ',"sub":"client:house"')),
    "NaN": _raw(lambda s: _claims_text(s, ',"x":NaN')),
    "iss of another client": _client(iss="client:house"),
    "iss missing": _client(iss=...),
    "iss a list": _client(iss=["client:clinic"]),
    "sub of another client": _client(sub="client:house"),
    "sub missing": _client(sub=...),
    "sub unknown": _client(iss="client:nobody", sub="client:nobody"),
    "sub of the wrong shape": _client(iss="a/../b", sub="a/../b"),
    "aud a list": _client(aud=[BASE]),
    "aud the endpoint's address": _client(aud=URL),
    "aud with a slash more": _client(aud=BASE + "/"),
    "aud another": _client(aud="https://elsewhere.example"),
    "aud missing": _client(aud=...),
    "expired": (
        CLIENT,
        lambda c: Tried(c.honest.form(client_assertion=c.honest.assertion(iat=_now() - 60, exp=_now() - 1))),
    ),
    "exp missing": _client(exp=...),
    "exp a text": (
        CLIENT,
        lambda c: Tried(c.honest.form(client_assertion=c.honest.assertion(exp=str(_now() + 30)))),
    ),
    "a year": (
        CLIENT,
        lambda c: Tried(c.honest.form(client_assertion=c.honest.assertion(exp=_now() + 31_536_000))),
    ),
    "61 seconds": (
        CLIENT,
        lambda c: Tried(c.honest.form(client_assertion=c.honest.assertion(iat=_now(), exp=_now() + 61))),
    ),
    "iat missing": _client(iat=...),
    "iat a minute ahead": (
        CLIENT,
        lambda c: Tried(c.honest.form(client_assertion=c.honest.assertion(iat=_now() + 60, exp=_now() + 90))),
    ),
    "nbf ahead": (
        CLIENT,
        lambda c: Tried(c.honest.form(client_assertion=c.honest.assertion(nbf=_now() + 30))),
    ),
    "jti missing": _client(jti=...),
    "jti empty": _client(jti=""),
    "jti a number": _client(jti=7),
    "client_id of another": _form(CLIENT, client_id="client:house"),
    "a retired key": (
        CLIENT,
        lambda c: Tried(
            c.honest.form(client_assertion=_signed_by(c.retired, c.honest, kid=c.retired.thumbprint))
        ),
    ),
    "a disabled client": (CLIENT, lambda c: Tried(c.disabled.form())),
    "a client of a suspended agency": (CLIENT, lambda c: Tried(c.suspended.form())),
    "the family portal": ("unauthorized_client", lambda c: Tried(c.portal.form())),
    "the family portal for a person": ("unauthorized_client", lambda c: Tried(c.portal.form("p:parent"))),
}

GRANTS: dict[str, Case] = {
    "no assertion": (REQUEST, lambda c: Tried(c.honest.form("w:bob", assertion=...))),
    "not an assertion": _grant(lambda _: "abc"),
    "a worker of another agency": _worker("w:ada"),
    "a worker whom nobody has": _worker("w:nobody"),
    "a worker who is disabled": _worker("w:cam"),
    "a person": _worker("p:parent"),
    "the client itself": _worker("client:clinic"),
    "sub missing": _worker("w:bob", sub=...),
    "sub a list": _worker("w:bob", sub=["w:bob"]),
    "iss of another client": _worker(iss="client:house"),
    "signed by another client": _grant(
        lambda c: c.other.key.sign(c.other.header(), c.honest.claims(sub="w:bob"))
    ),
    "signed by a thief": _grant(lambda c: c.thief.sign(c.honest.header(), c.honest.claims(sub="w:bob"))),
    "signed by a retired key": _grant(
        lambda c: c.retired.sign(c.honest.header(kid=c.retired.thumbprint), c.honest.claims(sub="w:bob"))
    ),
    "unsigned": _grant(lambda c: _cut(c.honest.assertion(sub="w:bob"), 2, lambda _: "")),
    "typ of a client's assertion": _grant(
        lambda c: c.honest.key.sign(
            c.honest.header(typ="client-authentication+jwt"), c.honest.claims(sub="w:bob")
        )
    ),
    "aud a list": _worker(aud=[BASE]),
    "aud the endpoint's address": _worker(aud=URL),
    "two minutes": _grant(lambda c: c.honest.assertion(sub="w:bob", exp=_now() + 120)),
    "expired": _grant(lambda c: c.honest.assertion(sub="w:bob", iat=_now() - 60, exp=_now() - 1)),
    "jti missing": _worker(jti=...),
    "acr unknown": _worker(acr="gold"),
    "acr a list": _worker(acr=["strong"]),
    "acr empty": _worker(acr=""),
    "deep": _grant(lambda c: _claims_text(c.honest, ',"x":' + "[" * 2500 + "]" * 2500)),
    "larger than 8 KiB": _worker(x="x" * 8192),
    "the client's own assertion again": (GRANT, _twice),
}

PROOFS: dict[str, Case] = {
    "no proof": _proof(lambda _: None),
    "no nonce": _proof(lambda c: c.honest.proof(nonce=...), "use_dpop_nonce"),
    "a nonce of nobody's": _proof(lambda c: c.honest.proof(nonce="x"), "use_dpop_nonce"),
    "not a proof": _proof(lambda _: "x.y.z"),
    "for another method": _proof(lambda c: c.honest.proof(htm="GET")),
    "for another address": _proof(lambda c: c.honest.proof(htu=BASE + "/v1/me")),
    "made an hour ago": _proof(lambda c: c.honest.proof(iat=_now() - 3600)),
    "without jti": _proof(lambda c: c.honest.proof(jti=...)),
    "of a private key": _proof(
        lambda c: c.honest.proofs.sign(
            c.honest.proofs.header(jwk=c.honest.proofs.key.as_dict(private=True)),
            c.honest.proofs.claims(URL, _now(), nonce=c.honest.nonce),
        )
    ),
    "signed by another key": _proof(
        lambda c: c.thief.sign(
            c.honest.proofs.header(), c.honest.proofs.claims(URL, _now(), nonce=c.honest.nonce)
        )
    ),
    "an assertion in its place": _proof(lambda c: c.honest.assertion()),
}

FORMS: dict[str, Case] = {
    "no grant type": _form(REQUEST, grant_type=...),
    "an empty grant type": _form(REQUEST, grant_type=""),
    "a password": _form("unsupported_grant_type", grant_type="password", username="a", password="b"),
    "a refresh token": _form("unsupported_grant_type", grant_type="refresh_token", refresh_token="x"),
    "a code": _form("unsupported_grant_type", grant_type="authorization_code", code="x"),
    "token exchange": _form(
        "unsupported_grant_type", grant_type="urn:ietf:params:oauth:grant-type:token-exchange"
    ),
    "a scope": _form("invalid_scope", scope="everything"),
    "another resource": _form("invalid_target", resource="https://elsewhere.example"),
    "a name twice": (
        REQUEST,
        lambda c: Tried({**c.honest.form(), "grant_type": ["client_credentials", JWT_BEARER]}),
    ),
    "an assertion twice": (
        REQUEST,
        lambda c: Tried(
            {**c.honest.form(), "client_assertion": [c.honest.assertion(), c.honest.assertion()]}
        ),
    ),
    "more than 64 KiB": _form(REQUEST, filler="x" * 70_000),
    "a hundred names": _form(REQUEST, **{f"x{n}": "1" for n in range(100)}),
}

HOSTILE: dict[str, Case] = {
    f"{kind}: {name}": case
    for kind, cases in (("client", CLIENTS), ("grant", GRANTS), ("proof", PROOFS), ("form", FORMS))
    for name, case in cases.items()
}

HONEST: dict[str, Callable[[Cast], Tried]] = {
    "itself": lambda c: Tried(c.honest.form()),
    "a worker": lambda c: Tried(c.honest.form("w:bob")),
    "a worker, strongly": lambda c: Tried(
        c.honest.form("w:bob", assertion=c.honest.assertion(sub="w:bob", acr="strong"))
    ),
    "no typ": lambda c: Tried(
        c.honest.form(client_assertion=c.honest.key.sign(c.honest.header(typ=...), c.honest.claims()))
    ),
    "the new typ": lambda c: Tried(
        c.honest.form(
            client_assertion=c.honest.key.sign(
                c.honest.header(typ="client-authentication+jwt"), c.honest.claims()
            )
        )
    ),
    "another of its keys": lambda c: Tried(
        c.honest.form(client_assertion=_signed_by(c.second, c.honest, kid=c.second.thumbprint))
    ),
    "its own client_id": lambda c: Tried(c.honest.form(client_id=c.honest.id)),
    "this resource": lambda c: Tried(c.honest.form(resource=BASE)),
    "an unknown name": lambda c: Tried(c.honest.form(unknown="x")),
    "an empty scope": lambda c: Tried(c.honest.form(scope="")),
    "a claim that we do not know": lambda c: Tried(
        c.honest.form(client_assertion=c.honest.assertion(extra={"a": 1}))
    ),
    "5 s ahead": lambda c: Tried(
        c.honest.form(client_assertion=c.honest.assertion(iat=_now() + 5, exp=_now() + 60))
    ),
}


def make_cast(honest: Software) -> Cast:
    """Make everybody but the honest client, whose second key signs PS256."""
    return Cast(
        honest=honest,
        other=Software("client:house"),
        disabled=Software("client:gone"),
        suspended=Software("client:out"),
        portal=Software("client:family"),
        retired=Holder(),
        second=Holder(RSAKey.generate_key(2048), "PS256"),
        thief=Holder(ECKey.generate_key("P-256")),
    )


__all__ = ["ASSERTION_TYPE", "HONEST", "HOSTILE", "Cast", "Tried", "make_cast"]
