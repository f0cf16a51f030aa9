"""A gateway in a process of its own and whoever asks it over real HTTP, for what answers must not tell."""

import http.client
import io
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.adapters.clock import SystemClock
from gateway.adapters.identity.insecure_issuer import STRONG_ACR, InsecureLocalIssuer
from gateway.observe import OperationalLog
from tests.support.stack import ISSUER, network

TOKEN_KEPT_S = 120
IDLE_S = 5
"""The server closes a connection that was idle for longer than it allows."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    took_s: float

    @property
    def said(self) -> Any:  # noqa: ANN401 - an answer's JSON, first read
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass
class Stage:
    """A running gateway: its folder, its address, its log, and connections that are held."""

    folder: Path
    port: int
    issuer: InsecureLocalIssuer
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)
    _connections: dict[tuple[str, int], tuple[float, http.client.HTTPConnection]] = field(
        default_factory=dict
    )

    def close(self) -> None:
        for _, connection in self._connections.values():
            connection.close()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.folder / "stderr.log"

    def headers(self, caller: str | None) -> dict[str, str]:
        """What a caller shows: `subject@client`, and `+role` where she must choose one."""
        if caller is None:
            return {}
        bearer, _, role = caller.partition("+")
        made, token = self._tokens.get(bearer, (0.0, ""))
        if time.monotonic() - made > TOKEN_KEPT_S or not token:
            subject, _, client = bearer.partition("@")
            now = SystemClock().now()
            token = self.issuer.mint(client_id=client, subject=subject, now=now, acr=STRONG_ACR)
            self._tokens[bearer] = (time.monotonic(), token)
        return {"Authorization": f"Bearer {token}"} | ({"Gateway-Role": role} if role else {})

    def ask(
        self,
        caller: str | None,
        method: str,
        path: str,
        body: bytes | Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask over the connection that this thread holds for the caller.

        It is timed from the first byte sent to the last one read.
        """
        sent = {**self.headers(caller), **(headers or {})}
        if isinstance(body, Mapping):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        lane = (caller or "", threading.get_ident())
        used, connection = self._connections.get(lane, (0.0, None))
        if connection is not None and time.monotonic() - used > IDLE_S:
            connection.close()
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        self._connections[lane] = (time.monotonic(), connection)
        began = time.perf_counter()
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            read = answer.read()
        except (http.client.HTTPException, OSError):
            connection.close()
            raise
        return Answer(answer.status, tuple(answer.getheaders()), read, time.perf_counter() - began)

    def release(self, caller: str | None, fragment: str, purpose: str = "coordination") -> Answer:
        return self.ask(caller, "POST", f"/v1/fragments/{fragment}/releases", {"purpose": purpose})


@contextmanager
def staged(folder: Path, url: str | None = None, *, seed: Mapping[str, Any] | None = None) -> Iterator[Stage]:
    """Start the gateway on SQLite, or on this database, with the small network; stop it at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    issuer_name = f"http://127.0.0.1:{port}/insecure-local-issuer"
    told = json.dumps(seed or network()).replace(ISSUER, issuer_name)
    state = folder / "state"
    command = [sys.executable, "-m", "tests.support.leak_server"]
    with (
        (folder / "stderr.log").open("wb") as log,
        subprocess.Popen(
            [*command, url or f"sqlite:///{folder / 'gateway.db'}", str(state), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as process,
    ):
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(told.encode())
            process.stdin.close()
            assert process.stdout.readline() == b"ready\n", (folder / "stderr.log").read_text()
            address = f"127.0.0.1:{port}"
            quiet = OperationalLog(io.StringIO(), "error")
            issuer = InsecureLocalIssuer(f"http://{address}", address, quiet, state_dir=state)
            with closing(Stage(folder, port, issuer)) as stage:
                yield stage
        finally:
            process.terminate()
            process.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
