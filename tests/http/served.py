"""The whole gateway behind its HTTP edge, on SQLite, with tokens that name their bearer in plain words."""

import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from fastapi import FastAPI

from gateway.adapters.identity.proofs import Nonces, ProofVerifier
from gateway.domain.bearer import Bearer
from gateway.domain.errors import UnauthenticatedError
from gateway.domain.instants import Instant
from gateway.http.app import create_app
from gateway.http.auth import Tokens
from gateway.http.services import EdgeConfig, Services
from gateway.http.signing_in import Provider
from gateway.observe import OperationalLog
from gateway.ports import Clock
from tests.http.edge_app import BASE, FakeKeys, FakeReadiness
from tests.support.stack import Stack, bearer, open_stack

ADA = "ada@client:school"
BOB = "bob@client:clinic"
CAM = "cam@client:clinic"
DIA = "dia@client:house"
EVA = "eva@client:clinic"
FIL = "fil@client:clinic"
CONTE = "conte@client:family+guardian"
RECIT = "recit@client:family+guardian"

PROXY = "/run/proxy.sock"


class PlainTokens:
    """Believes `subject@client`; what real tokens must be is shown where they are verified."""

    async def verify(self, token: str, now: Instant) -> Bearer:
        subject, at, client = token.partition("@")
        if not at or now <= 0:
            raise UnauthenticatedError("not a plain token")
        return bearer(subject, client)


@dataclass(frozen=True, slots=True)
class Served:
    app: FastAPI
    stack: Stack
    log: io.StringIO

    def client(self, caller: str | None = None, **headers: str) -> httpx2.AsyncClient:
        """An HTTP client of this caller: `subject@client`, and `+role` where she must choose one."""
        if caller is not None:
            token, _, role = caller.partition("+")
            headers |= {"Authorization": f"Bearer {token}"} | ({"Gateway-Role": role} if role else {})
        return httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.app), base_url=BASE, headers=headers, timeout=30
        )

    async def ask(self, caller: str | None, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401
        async with self.client(caller) as client:
            return await client.request(method, path, **request)

    async def release(
        self,
        caller: str | None,
        fragment: str,
        purpose: str = "coordination",
        **request: Any,  # noqa: ANN401
    ) -> httpx2.Response:
        path = f"/v1/fragments/{fragment}/releases"
        return await self.ask(caller, "POST", path, json={"purpose": purpose}, **request)

    async def newest(self) -> Mapping[str, Any]:
        """The search columns of the newest entry."""
        (row,) = await self.stack.parts.ledger.entries({}, None, 1)
        return row

    async def handle(self, caller: str) -> str:
        """The child's handle at the caller's agency, found by matching."""
        born = (datetime.now(UTC).date() - timedelta(days=3400)).isoformat()
        who = {"family_name": "Inventé", "given_name": "Fable", "birth_date": born}
        return str((await self.ask(caller, "POST", "/v1/person-matches", json=who)).json()["handle"])


@asynccontextmanager
async def serve(url: str, state: Path) -> AsyncIterator[Served]:
    """Serve the small network."""
    async with open_stack(url, state) as stack:
        yield serve_stack(stack)


def serve_stack(
    stack: Stack,
    tokens: Tokens | None = None,
    *,
    clock: Clock | None = None,
    providers: Sequence[Provider] = (),
    base: str = BASE,
    **changed: object,
) -> Served:
    """Put the edge in front of an open stack; `changed` replaces use cases by name."""
    stream = io.StringIO()
    log = OperationalLog(stream, "debug")
    services = Services(
        tokens=tokens or PlainTokens(),
        proofs=ProofVerifier(Nonces(bytes(32))),
        clock=clock or stack.parts.clock,
        ids=stack.parts.ids,
        readiness=FakeReadiness(),
        public_keys=FakeKeys(),
        log=log,
        providers=providers,
    )
    config = EdgeConfig(
        public_base=base,
        version="0.1.0",
        proxy_socket=PROXY,
        is_loopback=urlsplit(base).hostname in {"127.0.0.1", "localhost"},
    )
    usecases = replace(stack.uses, **changed)  # type: ignore[arg-type] # a test's own stand-ins
    return Served(create_app(services, config, usecases), stack, stream)


def codes(problem: Mapping[str, Any]) -> Sequence[str]:
    return [reason["code"] for reason in problem["reasons"]]
