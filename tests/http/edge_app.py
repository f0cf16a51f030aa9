"""The application over fakes: an issuer on loopback, a still clock, and routes that fail in every way."""

import io
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import httpx2
from fastapi import APIRouter, FastAPI, Path, Query, Request
from pydantic import BaseModel, ConfigDict

from gateway.adapters.identity.insecure_issuer import InsecureLocalIssuer
from gateway.adapters.identity.keyring import Keyring
from gateway.adapters.identity.proofs import Nonces, ProofVerifier
from gateway.adapters.identity.tokens import TokenVerifier
from gateway.domain import errors
from gateway.domain.instants import Instant
from gateway.http.app import create_app
from gateway.http.problems import Problems
from gateway.http.services import EdgeConfig, Services
from gateway.http.wire import StrictRoute
from gateway.observe import OperationalLog

BASE = "http://127.0.0.1:8741"
NOW = Instant(1_800_000_000_000_000)
FAILURES: dict[str, type[errors.GatewayError]] = {
    kind.code: kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.GatewayError) and kind.code != "error"
}


class StillClock:
    def now(self) -> Instant:
        return NOW


class CountingIds:
    def __init__(self) -> None:
        self._numbers = itertools.count()

    def new(self, prefix: str) -> str:
        return f"{prefix}_{next(self._numbers):026d}"


@dataclass
class FakeReadiness:
    parts: dict[str, str] = field(default_factory=lambda: {"store": "ok", "policy": "ok", "keys": "ok"})

    async def check(self) -> Mapping[str, str]:
        return self.parts


class FakeKeys:
    async def list_keys(self) -> Sequence[Mapping[str, str]]:
        return [{"id": "ledger-1", "purpose": "ledger", "algorithm": "Ed25519", "key": "gateway+1+AQ"}]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    purpose: str
    count: int = 0


class Echo(BaseModel):
    subject: str
    role: str | None


def make_test_router(_: Problems) -> APIRouter:
    router = APIRouter(prefix="/test", route_class=StrictRoute)

    @router.get("/who")
    async def who(request: Request) -> Echo:
        presented = await request.app.state.authenticator.authenticate(request.scope)
        return Echo(subject=presented.bearer.subject, role=presented.role)

    @router.post("/body")
    async def body(body: Body) -> Body:
        return body

    @router.get("/number/{number}")
    async def number(number: Annotated[int, Path(ge=0)], limit: Annotated[int, Query(le=50)] = 1) -> int:
        return number + limit

    @router.get("/fail/{code}")
    async def fail(code: str) -> None:
        raise FAILURES[code](f"secret {CANARY}", field="purpose")

    @router.get("/crash")
    async def crash() -> None:
        raise RuntimeError(f"secret {CANARY}")

    return router


CANARY = "Canari-Secret-4711"


@dataclass
class Edge:
    app: FastAPI
    issuer: InsecureLocalIssuer
    readiness: FakeReadiness
    log: io.StringIO

    def client(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self.app), base_url=BASE)

    def token(self, acr: str | None = None) -> str:
        return self.issuer.mint(client_id="client-1", subject="worker-1", now=NOW, acr=acr)


async def no_fetch(uri: str) -> bytes:
    raise AssertionError(uri)


def build_edge(public_base: str = BASE) -> Edge:
    stream = io.StringIO()
    log = OperationalLog(stream, "debug")
    issuer = InsecureLocalIssuer(BASE, "127.0.0.1:8741", log)
    readiness = FakeReadiness()
    services = Services(
        tokens=TokenVerifier([Keyring(issuer.issuer(), no_fetch, log)]),
        proofs=ProofVerifier(Nonces(bytes(32))),
        clock=StillClock(),
        ids=CountingIds(),
        readiness=readiness,
        public_keys=FakeKeys(),
        log=log,
    )
    config = EdgeConfig(
        public_base=public_base, version="0.1.0", body_limit_bytes=1000, deposit_limit_bytes=5000
    )
    return Edge(create_app(services, config, None, more=[make_test_router]), issuer, readiness, stream)
