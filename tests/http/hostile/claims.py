"""Tokens that an issuer of ours signed, and that are not for us, not now, or for nobody here."""

import json

from tests.http.hostile.forger import BOB, GIL, OTHER
from tests.http.hostile.tokens import Token
from tests.support.stack import ISSUER

TIMES_KNOWN: dict[str, Token] = {
    "issued five seconds ahead of our clock": lambda f: f.said(iat=f.now + 5),
    "valid from five seconds ahead of our clock": lambda f: f.said(nbf=f.now + 5),
    "valid for fifteen minutes": lambda f: f.said(iat=f.now - 10, exp=f.now + 890),
    "with half a minute left": lambda f: f.said(exp=f.now + 30),
}
TIMES: dict[str, Token] = {
    "that expired a second ago": lambda f: f.said(exp=f.now - 1),
    "that expires now": lambda f: f.said(exp=f.now),
    "that expired a year ago": lambda f: f.said(iat=f.now - 31_536_300, exp=f.now - 31_536_000),
    "without exp": lambda f: f.said(exp=...),
    "with exp null": lambda f: f.said(exp=None),
    "with exp as text": lambda f: f.said(exp=str(f.now + 290)),
    "with exp as a fraction": lambda f: f.said(exp=f.now + 290.5),
    "with exp true": lambda f: f.said(exp=True),
    "with exp as a list": lambda f: f.said(exp=[f.now + 290]),
    "with an enormous exp": lambda f: f.said(exp=10**17),
    "with an exp of a thousand digits": lambda f: f.more(',"exp":' + "9" * 1000),
    "with an exp in scientific notation": lambda f: f.token(
        claims=json.dumps(f.claims(exp=0)).replace('"exp": 0', '"exp": 4e9').encode()
    ),
    "with a negative exp": lambda f: f.said(exp=-1),
    "with exp before iat": lambda f: f.said(iat=f.now + 9, exp=f.now + 8),
    "valid for sixteen minutes": lambda f: f.said(iat=f.now - 10, exp=f.now + 950),
    "valid for one second more than fifteen minutes": lambda f: f.said(iat=f.now, exp=f.now + 901),
    "valid for a year": lambda f: f.said(exp=f.now + 31_536_000),
    "without iat": lambda f: f.said(iat=...),
    "with iat null": lambda f: f.said(iat=None),
    "with iat as text": lambda f: f.said(iat=str(f.now)),
    "with iat true": lambda f: f.said(iat=True),
    "with a negative iat": lambda f: f.said(iat=-5),
    "issued a minute from now": lambda f: f.said(iat=f.now + 60, exp=f.now + 200),
    "valid from a minute from now": lambda f: f.said(nbf=f.now + 60),
    "valid from its own end": lambda f: f.said(nbf=f.now + 5, exp=f.now + 5),
    "with nbf null": lambda f: f.said(nbf=None),
    "with nbf as a fraction": lambda f: f.said(nbf=f.now - 1.5),
    "with nbf as text": lambda f: f.said(nbf="0"),
}

AUDIENCES_KNOWN: dict[str, Token] = {
    "for us among others": lambda f: f.said(aud=["https://elsewhere.example", f.base]),
    "for us alone, in a list": lambda f: f.said(aud=[f.base]),
}
AUDIENCES: dict[str, Token] = {
    "for another resource": lambda f: f.said(aud="https://elsewhere.example"),
    "for the client (an ID token's audience)": lambda f: f.said(aud="client:clinic"),
    "for its own issuer": lambda f: f.said(aud=ISSUER),
    "without aud": lambda f: f.said(aud=...),
    "with aud null": lambda f: f.said(aud=None),
    "with an empty aud": lambda f: f.said(aud=""),
    "with an empty list for aud": lambda f: f.said(aud=[]),
    "for others, in a list without us": lambda f: f.said(aud=["https://elsewhere.example", "client:clinic"]),
    "for a part of our address": lambda f: f.said(aud=f.base[:-1]),
    "for our address and more": lambda f: f.said(aud=f.base + ".thief.example"),
    "for our address with a slash": lambda f: f.said(aud=f.base + "/"),
    "for our address in capitals": lambda f: f.said(aud=f.base.upper()),
    "for our address after a space": lambda f: f.said(aud=f"https://elsewhere.example {f.base}"),
    "with a list in the list of aud": lambda f: f.said(aud=[[f.base]]),
    "with an object for aud": lambda f: f.said(aud={f.base: True}),
    "with a number in the list of aud": lambda f: f.said(aud=[f.base, 1]),
    "with a hundred audiences": lambda f: f.said(aud=[f"https://{n}.example" for n in range(99)] + [f.base]),
}

ISSUERS_KNOWN: dict[str, Token] = {"of the issuer that signed it": lambda f: f.said(iss=ISSUER)}
ISSUERS: dict[str, Token] = {
    "of an issuer that nobody trusts": lambda f: f.said(iss="https://thief.example"),
    "of another trusted issuer": lambda f: f.said(iss=OTHER),
    "without iss": lambda f: f.said(iss=...),
    "with iss null": lambda f: f.said(iss=None),
    "with a list for iss": lambda f: f.said(iss=[ISSUER]),
    "with a slash after iss": lambda f: f.said(iss=ISSUER + "/"),
    "with iss in capitals": lambda f: f.said(iss=ISSUER.upper()),
    "with iss over http": lambda f: f.said(iss=ISSUER.replace("https", "http")),
    "with a port in iss": lambda f: f.said(iss=ISSUER + ":443"),
    "with a dot after the host in iss": lambda f: f.said(iss=ISSUER + "."),
    "with a query in iss": lambda f: f.said(iss=ISSUER + "?x"),
    "with a homograph in iss": lambda f: f.said(iss=ISSUER.replace("i", "\u0456")),
}

NOBODY_KNOWN: dict[str, Token] = {
    "for Bob at the clinic's client": lambda f: f.said(sub=BOB, client_id="client:clinic"),
    "with claims that we do not know": lambda f: f.said(scope="releases", groups=["a"], extra={"deep": [1]}),
}
NOBODY: dict[str, Token] = {
    "for nobody that is registered": lambda f: f.said(sub="mallory"),
    "for the other issuer's worker": lambda f: f.said(sub=GIL),
    "for Bob in capitals": lambda f: f.said(sub="BOB"),
    "for Bob after a space": lambda f: f.said(sub=" bob"),
    "for Bob with a letter that looks the same": lambda f: f.said(sub="b\u043eb"),
    "for Bob with a combining sign": lambda f: f.said(sub="bo\u0301b"),
    "for Bob and a NUL": lambda f: f.said(sub="bob\0"),
    "for Bob and a line break": lambda f: f.said(sub="bob\n"),
    "for the account's own name here": lambda f: f.said(sub="w:bob"),
    "with an SQL statement for sub": lambda f: f.said(sub="bob' OR '1'='1"),
    "without sub": lambda f: f.said(sub=...),
    "with an empty sub": lambda f: f.said(sub=""),
    "with a number for sub": lambda f: f.said(sub=7),
    "with a list for sub": lambda f: f.said(sub=[BOB]),
    "with half a surrogate in sub": lambda f: f.said(sub="bob\ud800"),
    "with a sub of three hundred letters": lambda f: f.said(sub="b" * 300),
    "without client_id": lambda f: f.said(client_id=...),
    "with an empty client_id": lambda f: f.said(client_id=""),
    "with a list for client_id": lambda f: f.said(client_id=["client:clinic"]),
    "of a client that is not registered": lambda f: f.said(client_id="client:mallory"),
    "of another agency's client": lambda f: f.said(client_id="client:school"),
    "of the family portal's client": lambda f: f.said(client_id="client:family"),
    "of a client in capitals": lambda f: f.said(client_id="CLIENT:CLINIC"),
    "of a client, with azp instead of client_id": lambda f: f.said(client_id=..., azp="client:clinic"),
    "without jti": lambda f: f.said(jti=...),
    "with an empty jti": lambda f: f.said(jti=""),
    "with a number for jti": lambda f: f.said(jti=7),
    "with a jti of three hundred letters": lambda f: f.said(jti="j" * 300),
    "with a list for acr": lambda f: f.said(acr=["strong"]),
    "with sub twice": lambda f: f.more(',"sub":"eva"'),
    "with aud twice": lambda f: f.more(f',"aud":"{f.base}"'),
    "with exp twice": lambda f: f.more(f',"exp":{f.now + 200}'),
    "with cnf twice": lambda f: f.more(',"cnf":{"jkt":"' + f.thief.thumbprint + '"}'),
    "with sub twice, once in escapes": lambda f: f.more(',"\\u0073ub":"eva"'),
    "with NaN among its claims": lambda f: f.more(',"x":NaN'),
    "with infinity among its claims": lambda f: f.more(',"x":1e999'),
    "with a number of five thousand digits": lambda f: f.more(',"x":' + "9" * 5000),
    "with claims nested nine deep": lambda f: f.more(',"x":' + "[" * 9 + "]" * 9),
    "with claims nested two thousand deep": lambda f: f.more(',"x":' + "[" * 2000 + "]" * 2000),
    "with a comment among its claims": lambda f: f.more("/* */"),
    "with a comma too many": lambda f: f.more(","),
    "whose claims are a list": lambda f: f.token(claims=b"[]"),
    "whose claims are a text": lambda f: f.token(claims=b'"bob"'),
    "whose claims are empty": lambda f: f.token(claims=b"{}"),
    "whose claims are no UTF-8": lambda f: f.token(claims=b'{"sub":"\xff"}'),
    "whose claims go on after their end": lambda f: f.token(claims=json.dumps(f.claims()).encode() + b"{}"),
}

BOUND_KNOWN: dict[str, Token] = {
    "bound to the key of the proof": lambda f: f.said(cnf={"jkt": f.holder.thumbprint})
}
BOUND: dict[str, Token] = {
    "with cnf null": lambda f: f.said(cnf=None),
    "with an empty cnf": lambda f: f.said(cnf={}),
    "with a text for cnf": lambda f: f.said(cnf=f.holder.thumbprint),
    "with a list for cnf": lambda f: f.said(cnf=[{"jkt": f.holder.thumbprint}]),
    "with two members in cnf": lambda f: f.said(cnf={"jkt": f.holder.thumbprint, "x5t#S256": "A" * 43}),
    "with a member that nobody knows in cnf": lambda f: f.said(cnf={"kid": "ec"}),
    "with the key itself in cnf": lambda f: f.said(cnf={"jwk": f.holder.header()["jwk"]}),
    "with JKT in capitals in cnf": lambda f: f.said(cnf={"JKT": f.holder.thumbprint}),
    "with a number for jkt": lambda f: f.said(cnf={"jkt": 7}),
    "with an empty jkt": lambda f: f.said(cnf={"jkt": ""}),
    "with jkt null": lambda f: f.said(cnf={"jkt": None}),
    "with a list for jkt": lambda f: f.said(cnf={"jkt": [f.holder.thumbprint]}),
    "with a padded jkt": lambda f: f.said(cnf={"jkt": f.holder.thumbprint + "="}),
    "with a jkt cut short": lambda f: f.said(cnf={"jkt": f.holder.thumbprint[:-1]}),
    "with a jkt in hexadecimal": lambda f: f.said(cnf={"jkt": "a" * 64}),
}
MISMATCHED: dict[str, Token] = {
    "bound to another key than the proof's": lambda f: f.said(cnf={"jkt": f.thief.thumbprint}),
    "bound to a certificate and shown with a proof": lambda f: f.said(cnf={"x5t#S256": f.holder.thumbprint}),
    "bound to nothing and shown with a proof": lambda f: f.said(cnf=...),
    "bound to our key in another letter case": lambda f: f.said(cnf={"jkt": f.holder.thumbprint.swapcase()}),
}
"""The token is good, and the key shown is not the one that it names."""
