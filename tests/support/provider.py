"""A small OpenID provider over real HTTP, honest until it is told how to lie."""

import asyncio
import json
import secrets
import socket
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jws
from joserfc.jwk import ECKey, OctKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from gateway.adapters.identity.fetch import JwksFetcher
from gateway.adapters.identity.issuers import parse_issuers
from gateway.adapters.identity.keyring import Keyring
from gateway.adapters.identity.oidc import OidcProvider
from gateway.observe import OperationalLog
from gateway.wiring.signing_in import provider_of
from tests.support.proving import b64

CLIENT = "gateway-pages"
SECRET = "an invented secret: with signs"
SECOND = 1_000_000


@dataclass
class Lies:
    """How it departs from the truth; None takes a claim, a member or a parameter away."""

    claims: Mapping[str, object] = field(default_factory=dict)
    header: Mapping[str, object] = field(default_factory=dict)
    answer: Mapping[str, object] = field(default_factory=dict)
    metadata: Mapping[str, object] = field(default_factory=dict)
    token: Mapping[str, object] = field(default_factory=dict)
    key: ECKey | OctKey | None = None
    unsigned: bool = False
    serves_codes_twice: bool = False


@dataclass
class Asked:
    """What the browser was sent here with, under the code that it got."""

    parameters: Mapping[str, str]
    subject: str
    used: bool = False


@dataclass
class Provider:
    """Whoever comes is `subject`, by an authentication of the class `acr`, so long ago."""

    port: int
    clock: Any
    subject: str = "bob"
    acr: str | None = "gold"
    ago_s: int = 0
    lies: Lies = field(default_factory=Lies)
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256"))
    asked: dict[str, Asked] = field(default_factory=dict)
    exchanges: list[Mapping[str, str]] = field(default_factory=list)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def entry(self, folder: Path, **changes: object) -> dict[str, Any]:
        """Its entry of the trusted issuers file."""
        secret = folder / "client-secret"
        secret.write_text(SECRET)
        secret.chmod(0o600)
        return {
            "issuer": self.issuer,
            "audience": "https://gateway.example",
            "algorithms": ["ES256"],
            "jwks_uri": f"{self.issuer}/jwks",
            "strong_acr": ["gold"],
            "sign_in": {
                "client_id": CLIENT,
                "client_secret_file": str(secret),
                "label": {"fr": "Compte inventé", "en": "Invented account"},
                **changes,
            },
        }

    def as_seen(self, folder: Path, log: OperationalLog, **changes: object) -> OidcProvider:
        """The gateway's own side of it, as wiring makes it."""
        (issuer,) = parse_issuers(json.dumps({"issuers": [self.entry(folder, **changes)]}).encode())
        return provider_of(Keyring(issuer, JwksFetcher(), log), log)

    async def metadata(self, _: Request) -> Response:
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return JSONResponse(_changed(document, self.lies.metadata))

    async def jwks(self, _: Request) -> Response:
        return JSONResponse({"keys": [{**self.key.as_dict(private=False), "kid": "one", "use": "sig"}]})

    async def authorize(self, request: Request) -> Response:
        """Let whoever comes in, and send her back."""
        asked = dict(request.query_params)
        assert (asked["response_type"], asked["client_id"], asked["scope"]) == ("code", CLIENT, "openid")
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.asked[code] = Asked(asked, self.subject)
        answer = _changed({"code": code, "state": asked["state"], "iss": self.issuer}, self.lies.answer)
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 303)

    async def token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        self.exchanges.append({**form, "authorization": request.headers.get("authorization", "")})
        asked = self.asked.get(form.get("code", ""))
        verifier = form.get("code_verifier", "").encode()
        challenge = b64(sha256(verifier).digest())
        if (
            asked is None
            or (asked.used and not self.lies.serves_codes_twice)
            or asked.parameters["redirect_uri"] != form.get("redirect_uri")
            or asked.parameters["code_challenge"] != challenge
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        asked.used = True
        answer = {"access_token": "unused", "token_type": "Bearer", "id_token": self.id_token(asked)}
        return JSONResponse(_changed(answer, self.lies.token))

    def id_token(self, asked: Asked) -> str:
        now = self.clock.now() // SECOND
        claims = {
            "iss": self.issuer,
            "sub": asked.subject,
            "aud": CLIENT,
            "exp": now + 300,
            "iat": now,
            "auth_time": now - self.ago_s,
            "nonce": asked.parameters["nonce"],
            **({} if self.acr is None else {"acr": self.acr}),
        }
        claims = _changed(claims, self.lies.claims)
        header = _changed({"alg": "ES256", "typ": "JWT", "kid": "one"}, self.lies.header)
        if self.lies.unsigned:
            parts = [json.dumps(one).encode() for one in (header, claims)]
            return ".".join(b64(one) for one in parts) + "."
        key = self.lies.key or self.key
        return jws.serialize_compact(
            header, json.dumps(claims).encode(), key, algorithms=["ES256", "HS256", "EdDSA"]
        )


def _changed(document: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in {**document, **changes}.items() if value is not None}


@asynccontextmanager
async def running_provider(clock: Any) -> AsyncIterator[Provider]:  # noqa: ANN401 - anything with now()
    """Serve one on a free port of this machine, in a thread of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        provider = Provider(listener.getsockname()[1], clock)
        app = Starlette(
            routes=[
                Route("/.well-known/openid-configuration", provider.metadata),
                Route("/jwks", provider.jwks),
                Route("/authorize", provider.authorize),
                Route("/token", provider.token, methods=["POST"]),
            ]
        )
        server = uvicorn.Server(
            uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            while not server.started:  # noqa: ASYNC110 - the thread has no event of this loop
                await asyncio.sleep(0.01)
            yield provider
        finally:
            server.should_exit = True
            await asyncio.to_thread(thread.join, 5)
