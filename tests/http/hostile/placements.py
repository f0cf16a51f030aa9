"""Good tokens and proofs where they do not belong."""

import base64
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from tests.http.hostile.forger import LETTER, Forger, Sent, sent

Request = Callable[[Forger], Sent]

CERTIFICATE = base64.b64encode(b"an invented certificate").decode()


def _elsewhere(name: str, text: Callable[[str], str] = str) -> Request:
    """The token in another header than `Authorization`, with an honest proof."""

    def make(f: Forger) -> Sent:
        token = f.token()
        return sent((name, text(token)), ("DPoP", f.proof(token)))

    return make


def _said(text: Callable[[str], str]) -> Request:
    """`Authorization` with another text, made from the token."""
    return _elsewhere("Authorization", text)


def _twice(first: Callable[[str], str], second: Callable[[str], str]) -> Request:
    def make(f: Forger) -> Sent:
        token = f.token()
        both = (("Authorization", first(token)), ("Authorization", second(token)))
        return sent(*both, ("DPoP", f.proof(token)))

    return make


def _query(f: Forger, **asked: str) -> Sent:
    return f.asked(f.token())._replace(path=f"{LETTER}?{urlencode(asked)}")


def _in_query(f: Forger) -> Sent:
    token = f.token()
    return sent(("DPoP", f.proof(token)))._replace(path=f"{LETTER}?access_token={token}")


def _in_form(f: Forger) -> Sent:
    token = f.token()
    form = urlencode({"access_token": token, "purpose": "coordination"}).encode()
    asked = sent(("DPoP", f.proof(token)))
    return asked._replace(content=form, media_type="application/x-www-form-urlencoded")


def _in_body(f: Forger) -> Sent:
    token = f.token()
    body = f'{{"purpose":"coordination","access_token":"{token}"}}'.encode()
    return sent(("DPoP", f.proof(token)))._replace(content=body)


def dpop(token: str) -> str:
    return f"DPoP {token}"


PLACES_KNOWN: Mapping[str, Request] = {
    "in Authorization: DPoP": _said(dpop),
    "with the scheme in small letters": _said(lambda token: f"dpop {token}"),
    "with the scheme in capitals": _said(lambda token: f"DPOP {token}"),
    "beside a query that says nothing to us": lambda f: _query(f, x="1"),
    "beside another header that holds a token too": lambda f: _beside(f, "X-Access-Token"),
}
PLACES: Mapping[str, Request] = {
    "nowhere": lambda _: sent(),
    "nowhere, though a proof is there": lambda f: sent(("DPoP", f.proof(f.token()))),
    "in the query": _in_query,
    "in a form": _in_form,
    "in the JSON body": _in_body,
    "in a cookie": _elsewhere("Cookie", lambda token: f"access_token={token}"),
    "in a cookie called Authorization": _elsewhere("Cookie", lambda token: f"Authorization=DPoP {token}"),
    "in X-Authorization": _elsewhere("X-Authorization", dpop),
    "in X-Access-Token": _elsewhere("X-Access-Token"),
    "in X-Forwarded-Access-Token": _elsewhere("X-Forwarded-Access-Token"),
    "in X-Forwarded-User": lambda _: sent(("X-Forwarded-User", "bob"), ("X-Remote-User", "bob")),
    "in Proxy-Authorization": _elsewhere("Proxy-Authorization", dpop),
    "in two equal Authorization headers": _twice(dpop, dpop),
    "in the first of two Authorization headers": _twice(dpop, lambda _: "DPoP a.b.c"),
    "in the second of two Authorization headers": _twice(lambda _: "Basic Ym9iOmJvYg==", dpop),
    "twice in one header, with a comma": _said(lambda token: f"DPoP {token}, DPoP {token}"),
    "twice in one header, with a space": _said(lambda token: f"DPoP {token} {token}"),
    "before a comma": _said(lambda token: f"DPoP {token},"),
    "without a scheme": _said(str),
    "with a colon after the scheme": _said(lambda token: f"DPoP: {token}"),
    "with no space after the scheme": _said(lambda token: f"DPoP{token}"),
    "with two spaces after the scheme": _said(lambda token: f"DPoP  {token}"),
    "with a tab after the scheme": _said(lambda token: f"DPoP\t{token}"),
    "with a tab and a space after the scheme": _said(lambda token: f"DPoP \t{token}"),
    "with a no-break space after the scheme": _said(lambda token: f"DPoP\u00a0{token}"),
    "as a parameter": _said(lambda token: f"DPoP token={token}"),
    "as a quoted parameter": _said(lambda token: f'DPoP token="{token}"'),
    "under the scheme Token": _said(lambda token: f"Token {token}"),
    "under the scheme JWT": _said(lambda token: f"JWT {token}"),
    "under the scheme OAuth": _said(lambda token: f"OAuth {token}"),
    "under the scheme PoP": _said(lambda token: f"PoP {token}"),
    "under the scheme Basic": _said(
        lambda token: f"Basic {base64.b64encode(f'bob:{token}'.encode()).decode()}"
    ),
    "under the scheme DPoP in wide letters": _said(lambda token: f"\uff24PoP {token}"),
    "under two schemes": _said(lambda token: f"Bearer DPoP {token}"),
    "under the scheme DPoP without a token": _said(lambda _: "DPoP"),
    "under the scheme DPoP with an empty token": _said(lambda _: "DPoP "),
    "as a plain bearer's though it is bound": _said(lambda token: f"Bearer {token}"),
    "as a plain bearer's though it is bound, and without the proof": lambda f: sent(
        ("Authorization", f"Bearer {f.token()}")
    ),
    "as an agency's that is bound to nothing": lambda f: sent(("Authorization", f"Bearer {f.said(cnf=...)}")),
    "bound to a certificate, which a header shows": lambda f: sent(
        ("Authorization", f"Bearer {f.said(cnf={'x5t#S256': 'A' * 43})}"), ("Client-Cert", f":{CERTIFICATE}:")
    ),
    "bound to a certificate, which other headers show": lambda f: sent(
        ("Authorization", f"Bearer {f.said(cnf={'x5t#S256': 'A' * 43})}"),
        ("X-SSL-Client-Cert", CERTIFICATE),
        ("X-Forwarded-Client-Cert", CERTIFICATE),
        ("X-SSL-Client-Verify", "SUCCESS"),
    ),
    "of nobody, bound to nothing": lambda f: sent(
        ("Authorization", f"Bearer {f.said(cnf=..., sub='mallory')}")
    ),
    "beside a role that nobody has, and as a plain bearer's": lambda f: sent(
        ("Authorization", f"Bearer {f.token()}"), ("Gateway-Role", "emperor")
    ),
    "after a header of nine kilobytes": _said(lambda token: f"DPoP {' ' * 9000}{token}"),
}


def _beside(f: Forger, name: str) -> Sent:
    asked = f.asked(f.token())
    return asked._replace(headers=(*asked.headers, (name, b"a.b.c")))


def _proofs(f: Forger, *, equal: bool) -> Sent:
    token = f.token()
    first = f.proof(token)
    second = first if equal else f.proof(token)
    return sent(("Authorization", dpop(token)), ("DPoP", first), ("DPoP", second))


def _joined(f: Forger) -> Sent:
    token = f.token()
    return f.asked(token, f"{f.proof(token)}, {f.proof(token)}")


def _proof_in_query(f: Forger) -> Sent:
    token = f.token()
    return sent(("Authorization", dpop(token)))._replace(path=f"{LETTER}?DPoP={f.proof(token)}")


def _proof_at(f: Forger, name: str, before: str) -> Sent:
    token = f.token()
    return sent(("Authorization", dpop(token)), (name, before + f.proof(token)))


def _itself(f: Forger) -> Sent:
    token = f.token()
    return f.asked(token, token)


UNPROVEN: Mapping[str, Request] = {
    "without a proof, beside a role that nobody has": lambda f: sent(
        ("Authorization", f"DPoP {f.token()}"), ("Gateway-Role", "emperor")
    ),
    "without a proof": lambda f: sent(("Authorization", f"DPoP {f.token()}")),
    "with an empty proof": lambda f: f.asked(f.token(), ""),
    "with two equal proofs": lambda f: _proofs(f, equal=True),
    "with two good proofs": lambda f: _proofs(f, equal=False),
    "with two proofs in one header": _joined,
    "with the proof in the query": _proof_in_query,
    "with the proof in a cookie": lambda f: _proof_at(f, "Cookie", "DPoP="),
    "with the proof in X-DPoP": lambda f: _proof_at(f, "X-DPoP", ""),
    "with the proof in DPoP-Proof": lambda f: _proof_at(f, "DPoP-Proof", ""),
    "with the proof after a scheme": lambda f: _proof_at(f, "DPoP", "DPoP "),
    "with the token for a proof": _itself,
}
"""A good token, and no proof where one belongs."""
