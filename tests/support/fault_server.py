"""The real server in a process of its own, under load until it is killed; what it had acknowledged."""

import asyncio
import hashlib
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from gateway.adapters.clock import SystemClock
from gateway.adapters.crypto.state import KeyState
from gateway.adapters.identity.insecure_issuer import STRONG_ACR, InsecureLocalIssuer
from gateway.domain.seed import parse_seed
from gateway.http.wire import to_content_digest
from gateway.observe import OperationalLog
from gateway.settings import Settings
from gateway.wiring.parts import open_parts
from gateway.wiring.starting import running
from gateway.wiring.usecases import build_seed, build_use_cases
from tests.support.fault_stack import CLIENTS, Scene, network_of
from tests.support.operator import GATEWAY, Operator
from tests.support.stack import Stack

READY_S = 5.0
LARGE = 300_000


@dataclass
class Acknowledged:
    """What callers were told has happened."""

    releases: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    withdrawals: list[str] = field(default_factory=list)
    deposits: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Server:
    """One deployment; started, loaded and killed again and again."""

    operator: Operator
    url: str
    consents: list[str]
    told: Acknowledged = field(default_factory=Acknowledged)
    _numbers: "count[int]" = field(default_factory=count)
    _process: "asyncio.subprocess.Process | None" = None

    async def start(self) -> float:
        """Start the server; give the seconds until it is ready."""
        began = time.perf_counter()
        self._process = await asyncio.create_subprocess_exec(
            GATEWAY,
            "serve",
            env=self.operator.environment,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(30), httpx2.AsyncClient(base_url=self.operator.base) as client:
            while True:
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        return time.perf_counter() - began
                except httpx2.TransportError:
                    pass
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        await self._process.wait()

    @asynccontextmanager
    async def client(self, subject: str) -> AsyncIterator[httpx2.AsyncClient]:
        log = OperationalLog(StringIO(), "error")
        listen = f"127.0.0.1:{self.operator.port}"
        issuer = InsecureLocalIssuer(self.operator.base, listen, log, state_dir=self.operator.state)
        now = SystemClock().now()
        token = issuer.mint(client_id=CLIENTS[subject], subject=subject, now=now, acr=STRONG_ACR)
        headers = {"Authorization": f"Bearer {token}"}
        if subject == "conte":
            headers["Gateway-Role"] = "guardian"
        async with httpx2.AsyncClient(base_url=self.operator.base, headers=headers, timeout=20) as client:
            yield client

    async def load(self, seconds: float, dice: Random) -> None:
        """Ask from many sides until the server is killed, after so many seconds."""
        async with self.client("bob") as bob, self.client("conte") as conte, self.client("ada") as ada:
            tasks = [
                *(asyncio.create_task(self._release(bob)) for _ in range(6)),
                asyncio.create_task(self._withdraw(conte)),
                *(asyncio.create_task(self._deposit(ada, dice)) for _ in range(2)),
            ]
            await asyncio.sleep(seconds)
            await self.kill()
            await asyncio.gather(*tasks)

    async def _release(self, client: httpx2.AsyncClient) -> None:
        while True:
            try:
                answer = await client.post(
                    "/v1/fragments/frg_letter/releases", json={"purpose": "coordination"}
                )
            except httpx2.TransportError:
                return
            if answer.status_code == 201:
                self.told.releases.append(answer.headers["gateway-ledger-entry"])
            else:  # So much changes about one child that a release may find no quiet moment.
                assert answer.json()["code"] == "contended", answer.text
                self.told.refusals.append(answer.json()["ledger_entry"])

    async def _withdraw(self, client: httpx2.AsyncClient) -> None:
        while self.consents:
            consent = self.consents.pop()
            path, key = f"/v1/consents/{consent}/withdrawals", {"Idempotency-Key": f"w{next(self._numbers)}"}
            try:
                answer = await client.post(path, headers=key, json={})
            except httpx2.TransportError:
                return
            assert answer.status_code in {201, 202}, answer.text
            self.told.withdrawals.append(consent)
            await asyncio.sleep(0.05)

    async def _deposit(self, client: httpx2.AsyncClient, dice: Random) -> None:
        while True:
            number = next(self._numbers)
            content = dice.randbytes(LARGE if number % 3 == 0 else 500)
            meta = json.dumps({"category": "family_situation", "media_type": "application/octet-stream"})
            digest = {"Content-Digest": to_content_digest(hashlib.sha256(content).digest())}
            files: dict[str, Any] = {
                "meta": (None, meta.encode(), "application/json"),
                "content": ("invented.bin", content, "application/octet-stream", digest),
            }
            key = {"Idempotency-Key": f"d{number}"}
            try:
                answer = await client.post("/v1/dossiers/dos_child/fragments", files=files, headers=key)
            except httpx2.TransportError:
                return
            assert answer.status_code == 201, answer.text
            self.told.deposits[answer.json()["id"]] = content
            await asyncio.sleep(0.2)

    async def read(self, fragment: str) -> bytes:
        """A deposit as its owner reads it back."""
        async with self.client("ada") as ada:
            path = f"/v1/fragments/{fragment}/releases"
            answer = await ada.post(path, json={"purpose": "service_delivery"})
        assert answer.status_code == 201, answer.text
        return answer.content


async def found_server(folder: Path, url: str, consents: int) -> Server:
    """A deployment as an operator makes it, with the small network and many consents to withdraw."""
    operator = Operator(folder, GATEWAY_DATABASE_URL=url, GATEWAY_INSECURE_LIMITS_OFF="true")
    await KeyState.init(operator.state)
    issuer = f"{operator.base}/insecure-local-issuer"
    settings = Settings(state_dir=operator.state, database_url=url)
    log = OperationalLog(StringIO(), "error")
    async with open_parts(settings, log) as parts, running(parts):
        seed = parse_seed(json.dumps(network_of(issuer)).encode(), now=parts.clock.now())
        await build_seed(parts)(seed, operator="tests", read_file=_no_file)
        scene = Scene(Stack(parts, build_use_cases(parts)), issuer)
        await scene.introduce()
        given = [str(await scene.give("education")) for _ in range(consents)]
    return Server(operator, url, given)


def _no_file(name: str) -> bytes:
    raise AssertionError(f"the small network names no file: {name}")
