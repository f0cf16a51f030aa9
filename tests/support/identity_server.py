"""A foreign identity server in a process of its own, and an agency's application that is its client."""

import hashlib
import json
import secrets
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
from joserfc import jws
from joserfc.jwk import ECKey
from playwright.sync_api import Page

from tests.support.proving import b64, unb64

SCOPE = "releases"
STRONG_ACR = "urn:invented:acr:strong"
_START_S = 30
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class NoIdentityServerError(Exception):
    """This server is not installed on this machine; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody whom the server knows by a password."""

    name: str
    password: str = field(default_factory=lambda: secrets.token_urlsafe(16), repr=False)


@dataclass(frozen=True, slots=True)
class Application:
    """A confidential client that authenticates with private_key_jwt and binds its tokens by DPoP."""

    client_id: str
    redirect_uri: str
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    """For a server that asks the gateway for one."""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"), repr=False)
    bound: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"), repr=False)

    def public_jwks(self) -> dict[str, Any]:
        public = {**self.key.as_dict(private=False), "kid": self.client_id, "alg": "ES256", "use": "sig"}
        return {"keys": [public]}

    def assertion(self, audience: str) -> str:
        """A client assertion (RFC 7523) of fifty seconds."""
        now = int(time.time())
        claims = {"iss": self.client_id, "sub": self.client_id, "aud": audience, "iat": now, "exp": now + 50}
        header = {"alg": "ES256", "kid": self.client_id, "typ": "JWT"}
        return _signed(header, {**claims, "jti": secrets.token_urlsafe(16)}, self.key)

    def proof(self, method: str, url: str, **claims: str) -> str:
        """A DPoP proof for this request; `ath` and `nonce` are given where they are wanted."""
        header = {"alg": "ES256", "typ": "dpop+jwt", "jwk": self.bound.as_dict(private=False)}
        said = {
            "jti": secrets.token_urlsafe(16),
            "htm": method,
            "htu": url,
            "iat": int(time.time()),
            **claims,
        }
        return _signed(header, said, self.bound)


class Ways(Protocol):
    """How somebody signs in at this kind of server."""

    def without_page(self, browser: httpx2.Client, account: Account, address: str) -> str:
        """Bring her from the authorization address to the application's, and answer that one."""

    def on_page(self, page: Page, account: Account) -> None:
        """Do what a person does, from the server's first page until she is sent back."""


@dataclass(frozen=True, slots=True)
class IdentityServer:
    """A running server; it knows the gateway as a resource of the agency's application, and as `portal`.

    `assertion_audience` is what it wants a client assertion to be for, `credential` which one it takes from
    the gateway, in the words of the trusted issuers file.
    """

    name: str
    discovery: dict[str, Any]
    application: Application
    portal: Application
    resource: str
    ways: Ways
    assertion_audience: str
    credential: str

    @property
    def issuer(self) -> str:
        return str(self.discovery["issuer"])

    def trusted(self, folder: Path) -> dict[str, Any]:
        """The entry of the trusted issuers file for this server; the credential goes into the folder."""
        credential = folder / self.credential
        credential.touch(mode=0o600)
        key = {**self.portal.key.as_dict(private=True), "kid": self.portal.client_id}
        credential.write_text(
            self.portal.secret if self.credential == "client_secret_file" else json.dumps(key),
            encoding="utf-8",
        )
        label = {"fr": f"Avec {self.name}", "en": f"With {self.name}"}
        sign_in = {"client_id": self.portal.client_id, "label": label, self.credential: str(credential)}
        return {
            "issuer": self.issuer,
            "audience": self.resource,
            "algorithms": ["ES256"],
            "jwks_uri": self.discovery["jwks_uri"],
            "strong_acr": [STRONG_ACR],
            "sign_in": sign_in,
        }

    def tokens_for(self, account: Account) -> dict[str, Any]:
        """What the token endpoint answers after a code flow with PKCE."""
        verifier, state = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
        redirect = self.application.redirect_uri
        asked = {
            "response_type": "code",
            "client_id": self.application.client_id,
            "redirect_uri": redirect,
            "scope": f"openid {SCOPE}",
            "state": state,
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": b64(hashlib.sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "resource": self.resource,
        }
        address = f"{self.discovery['authorization_endpoint']}?{urlencode(asked)}"
        with httpx2.Client(timeout=20) as browser:
            back = parse_qs(urlsplit(self.ways.without_page(browser, account, address)).query)
        assert back["state"] == [state], back
        assert back["iss"] == [self.issuer], back
        form = {"grant_type": "authorization_code", "code": back["code"][0], "redirect_uri": redirect}
        return self._ask(form | {"code_verifier": verifier})

    def token_of_the_application(self) -> str:
        """An access token that names nobody but the application itself."""
        return str(self._ask({"grant_type": "client_credentials", "scope": SCOPE})["access_token"])

    def _ask(self, form: dict[str, str]) -> dict[str, Any]:
        endpoint = str(self.discovery["token_endpoint"])
        credentials = {
            "client_id": self.application.client_id,
            "client_assertion_type": _ASSERTION,
            "client_assertion": self.application.assertion(self.assertion_audience),
            "resource": self.resource,
        }
        proof = {"DPoP": self.application.proof("POST", endpoint)}
        answer = httpx2.post(endpoint, data=form | credentials, headers=proof, timeout=20)
        assert answer.status_code == 200, answer.text
        answered: dict[str, Any] = answer.json()
        return answered


@contextmanager
def running(command: Sequence[str], log: Path, ready: str) -> Iterator[None]:
    """Run a server until the end, once `ready` (an address) answers 200; what it says goes to `log`."""
    with log.open("wb") as said:
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=log.parent)
        try:
            _wait_for(ready, process, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unverified: for looking at one that was just received."""
    return dict(json.loads(unb64(token.split(".")[1])))


def ath_of(token: str) -> str:
    """The hash by which a proof names its access token (RFC 9449 4.2)."""
    return b64(hashlib.sha256(token.encode()).digest())


def header_of(token: str) -> dict[str, Any]:
    return dict(json.loads(unb64(token.partition(".")[0])))


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + _START_S
    while True:
        assert process.poll() is None, log.read_text(errors="replace")
        try:
            if httpx2.get(address, timeout=5).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        assert time.monotonic() < give_up, log.read_text(errors="replace")
        time.sleep(0.05)


def _signed(header: dict[str, Any], claims: dict[str, Any], key: ECKey) -> str:
    return jws.serialize_compact(header, json.dumps(claims).encode(), key, algorithms=["ES256"])
