"""An agency's software at the token endpoint: honest by itself, hostile where a test says so."""

import io
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from gateway.adapters.identity.tokens import TokenVerifier
from gateway.observe import OperationalLog
from gateway.wiring.service import make_keyrings
from tests.http.served import Served, serve_stack
from tests.support.proving import Holder, unb64
from tests.support.stack import Stack, network, open_stack

BASE = "http://127.0.0.1:8741"
URL = f"{BASE}/oauth/token"
CLIENT = "client:clinic"
SYSTEM = "client:house"
"""A client whose agency has an account of this very name, with the role of a system."""

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Software:
    """One client with one key, and the key of its proofs; `...` for a member leaves it out."""

    id: str = CLIENT
    key: Holder = field(default_factory=Holder)
    proofs: Holder = field(default_factory=Holder)
    nonce: str = ""

    @property
    def kid(self) -> str:
        return self.key.thumbprint

    def public(self) -> dict[str, Any]:
        return {name: value for name, value in self.key.header()["jwk"].items() if name != "kid"}

    def header(self, **changes: object) -> dict[str, Any]:
        return less({"alg": self.key.alg, "kid": self.kid, "typ": "JWT", **changes})

    def claims(self, **changes: object) -> dict[str, Any]:
        now = int(time.time())
        made = {"iss": self.id, "sub": self.id, "aud": BASE, "iat": now, "exp": now + 60, "jti": uuid4().hex}
        return less({**made, **changes})

    def assertion(self, **changes: object) -> str:
        return self.key.sign(self.header(), self.claims(**changes))

    def form(self, worker: str | None = None, **changes: object) -> dict[str, Any]:
        """What is posted, for the client itself or for a worker."""
        form: dict[str, object] = {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": self.assertion() if "client_assertion" not in changes else "",
        }
        if worker is not None:
            form |= {"grant_type": JWT_BEARER, "assertion": self.assertion(sub=worker)}
        return less({**form, **changes})

    def proof(self, **changes: object) -> str:
        said: dict[str, Any] = {"nonce": self.nonce, **changes}
        return self.proofs.proof(URL, int(time.time()), **said)


def less(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not ...}


@dataclass(frozen=True, slots=True)
class Desk:
    """The token endpoint of a served network, and a client that it knows."""

    served: Served
    software: Software

    @property
    def stack(self) -> Stack:
        return self.served.stack

    async def post(
        self, form: Mapping[str, Any] | None = None, proof: str | None = "", **headers: str
    ) -> httpx2.Response:
        """Post a form, with an honest proof unless another one (or None) is given."""
        if not self.software.nonce:
            async with self.served.client() as client:
                told = await client.post("/oauth/token", headers={"DPoP": self.software.proof()})
                self.software.nonce = told.headers["dpop-nonce"]
        shown = self.software.proof() if proof == "" else proof
        headers |= {} if shown is None else {"DPoP": shown}
        async with self.served.client() as client:
            return await client.post(
                "/oauth/token", data=self.software.form() if form is None else form, headers=headers
            )

    async def token(self, worker: str | None = None, software: Software | None = None) -> str:
        answer = await self.post((software or self.software).form(worker))
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def use(self, token: str, path: str = "/v1/me", method: str = "GET") -> httpx2.Response:
        """Ask a resource with a token and the proof of its key."""
        nonce = self.software.nonce
        shown = self.software.proofs.proof(
            BASE + path, int(time.time()), method=method, token=token, nonce=nonce
        )
        async with self.served.client() as client:
            return await client.request(
                method, path, headers={"Authorization": f"DPoP {token}", "DPoP": shown}
            )

    async def release(self, token: str, fragment: str) -> httpx2.Response:
        """Ask for a fragment with a token and the proof of its key."""
        path = f"/v1/fragments/{fragment}/releases"
        shown = self.software.proofs.proof(
            BASE + path, int(time.time()), token=token, nonce=self.software.nonce
        )
        headers = {"Authorization": f"DPoP {token}", "DPoP": shown}
        async with self.served.client() as client:
            return await client.post(path, json={"purpose": "coordination"}, headers=headers)

    async def newest(self) -> Mapping[str, Any]:
        return await self.served.newest()

    async def detail(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """The officers' part of an entry."""
        found = await self.stack.parts.ledger.detail(row["ledger"], row["index"])
        assert found is not None
        return found

    async def entries(self, kind: str) -> int:
        rows = await self.stack.parts.ledger.entries({"kind": kind}, None, 1000)
        return len(rows)


def token_network(*software: Software) -> dict[str, Any]:
    """The small network, whose clients have these keys; one agency has an account for its client itself."""
    seed = network()
    for client in seed["clients"]:
        keys = [one.public() for one in software if one.id == client["id"]]
        if keys:
            client["keys"] = keys
    seed["workers"].append(
        {"id": SYSTEM, "agency": "qc:house", "name": "Inventé logiciel", "roles": ["system"]}
    )
    return seed


@asynccontextmanager
async def open_desk(
    url: str,
    state: Path,
    *others: Software,
    **chosen: Any,  # noqa: ANN401 - settings of any type
) -> AsyncIterator[Desk]:
    """Serve the small network, with tokens verified as a gateway verifies them."""
    software = Software()
    seed = token_network(software, *others)
    async with open_stack(url, state, seed=seed, **chosen) as stack:
        yield desk_of(stack, software)


def desk_of(stack: Stack, software: Software) -> Desk:
    log = OperationalLog(io.StringIO(), "error")
    keyrings = make_keyrings(stack.parts.settings, None, log)
    assert stack.parts.own_keys is not None
    return Desk(serve_stack(stack, TokenVerifier([stack.parts.own_keys, *keyrings])), software)


def claims_of(token: str) -> dict[str, Any]:
    """Read a token's claims without believing them."""
    return dict(json.loads(unb64(token.split(".")[1])))


def header_of(token: str) -> dict[str, Any]:
    return dict(json.loads(unb64(token.split(".", maxsplit=1)[0])))
