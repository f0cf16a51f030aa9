"""A served gateway that trusts a forger's issuers, on either store, and volleys of requests at it."""

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psycopg

from tests.http.hostile.forger import Forger, Sent, hostile_network
from tests.support.operator import Operator
from tests.support.token_asking import Software

AT_ONCE = 32
_KINDS = "SELECT kind, count(*) FROM entries GROUP BY kind"
_TRIES = 50


@dataclass(frozen=True, slots=True)
class Besieged:
    """One served gateway; `workers` are the processes that share its port."""

    operator: Operator
    forger: Forger
    software: Software
    """The clinic's own, which proves itself at the token endpoint."""
    workers: Sequence[int]

    def kinds(self) -> Counter[str]:
        """How many entries of each kind the ledger holds, read beside the server."""
        url = self.operator.environment.get("GATEWAY_DATABASE_URL")
        if url is not None:
            with psycopg.connect(url) as postgres:
                return Counter(dict(postgres.execute(_KINDS).fetchall()))
        with closing(sqlite3.connect(self.operator.state / "gateway.db")) as sqlite:
            return Counter(dict(sqlite.execute(_KINDS)))

    async def ask(self, client: httpx2.AsyncClient, path: str, content: bytes) -> httpx2.Response:
        """An honest request of Bob's, with a proof of its own."""
        await self.learn_nonce(client)
        token = self.forger.token()
        asked = self.forger.asked(token, self.forger.proof(token, htu=self.forger.base + path))
        return await send(client, asked._replace(path=path, content=content))

    async def learn_nonce(self, client: httpx2.AsyncClient) -> None:
        self.forger.nonce = (await client.get("/v1/me")).headers["dpop-nonce"]

    @asynccontextmanager
    async def clients(self) -> AsyncIterator[Sequence[httpx2.AsyncClient]]:
        """So many clients as ask at once, each on a connection of its own, no worker without one."""
        clients = [httpx2.AsyncClient(base_url=self.operator.base, timeout=60) for _ in range(AT_ONCE)]
        try:
            before = [_sockets(worker) for worker in self.workers]
            for _ in range(_TRIES):
                await asyncio.gather(*(client.get("/healthz") for client in clients))
                if all(_sockets(worker) > had for worker, had in zip(self.workers, before, strict=True)):
                    break
                await asyncio.gather(*(client.aclose() for client in clients))
                clients = [httpx2.AsyncClient(base_url=self.operator.base, timeout=60) for _ in clients]
            else:
                raise AssertionError("one worker takes every connection")
            yield clients
        finally:
            await asyncio.gather(*(client.aclose() for client in clients))


@contextmanager
def besieged(folder: Path, database_url: str | None, *, workers: int) -> Iterator[Besieged]:
    """Make keys, seed and serve; without a URL on SQLite in the state directory."""
    trusted = folder / "issuers.json"
    more = {} if database_url is None else {"GATEWAY_DATABASE_URL": database_url}
    more |= {"GATEWAY_TRUSTED_ISSUERS": str(trusted), "GATEWAY_INSECURE_LIMITS_OFF": "true"}
    operator = Operator(folder, **more)
    forger, software = Forger(operator.base), Software()
    trusted.write_text(json.dumps({"issuers": forger.trusted()}), encoding="utf-8")
    network = hostile_network()
    (clinic,) = (client for client in network["clients"] if client["id"] == software.id)
    clinic["keys"] = [software.public()]
    seed = folder / "seed.json"
    seed.write_text(json.dumps(network), encoding="utf-8")
    for command in (("keys", "init"), ("seed", str(seed))):
        done = operator.run(*command)
        assert done.returncode == 0, done.stderr
    several = () if workers == 1 else ("--workers", str(workers))
    with operator.serving(*several) as server:
        operator.wait_until_ready()
        processes = [server.pid] if workers == 1 else _children(server.pid)
        yield Besieged(operator, forger, software, processes)


async def volley(clients: Sequence[httpx2.AsyncClient], asked: Sequence[Sent]) -> list[httpx2.Response]:
    """Send them all at the same moment, each over another connection."""
    return await asyncio.gather(*(send(client, one) for client, one in zip(clients, asked, strict=True)))


async def send(client: httpx2.AsyncClient, asked: Sent) -> httpx2.Response:
    headers = [(name.encode(), text) for name, text in asked.headers]
    headers.append((b"Content-Type", asked.media_type.encode()))
    return await client.request(asked.method, asked.path, headers=headers, content=asked.content or None)


def _children(pid: int) -> list[int]:
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    return [int(one) for one in text.split()]


def _sockets(pid: int) -> int:
    """How many sockets a process has open."""
    return sum(one.readlink().name.startswith("socket:") for one in Path(f"/proc/{pid}/fd").iterdir())
