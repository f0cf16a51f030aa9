"""The product as an operator has it: commands and servers in processes of their own."""

import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2

from gateway.adapters.clock import SystemClock
from gateway.adapters.identity.insecure_issuer import STRONG_ACR, InsecureLocalIssuer
from gateway.observe import OperationalLog

TREE = Path(__file__).resolve().parents[2]
SEED = TREE / "gateway" / "cli" / "demo_material" / "seed.json"
GATEWAY = str(Path(sys.executable).with_name("gateway"))
START_S = 30


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Operator:
    """Runs commands with one environment."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.state = folder / "state"
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
            "GATEWAY_STATE_DIR": str(self.state),
            "GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "GATEWAY_INSECURE_LOCAL_ISSUER": "true",
            **more,
        }

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [GATEWAY, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=self.environment,
        )

    @contextmanager
    def serving(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A server that answers; ended at the end, if it has not ended by then."""
        process = subprocess.Popen(
            [GATEWAY, "serve", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        try:
            self.wait_until_alive()
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.communicate(timeout=30)

    def wait_until_alive(self) -> None:
        give_up = time.monotonic() + START_S
        while True:
            try:
                assert self.get("/healthz").status_code == 200
            except httpx2.TransportError:
                assert time.monotonic() < give_up, "no server answered"
                time.sleep(0.05)
            else:
                return

    def wait_until_ready(self) -> None:
        give_up = time.monotonic() + START_S
        while self.get("/readyz").status_code != 200:
            assert time.monotonic() < give_up, "the server did not become ready"
            time.sleep(0.05)

    def get(self, path: str) -> httpx2.Response:
        return httpx2.get(f"{self.base}{path}", timeout=10)

    def token(self, subject: str, client: str) -> Path:
        """A file with a fresh token of the insecure local issuer."""
        log = OperationalLog(io.StringIO(), "error")
        issuer = InsecureLocalIssuer(self.base, f"127.0.0.1:{self.port}", log, state_dir=self.state)
        token = issuer.mint(client_id=client, subject=subject, now=SystemClock().now(), acr=STRONG_ACR)
        path = self.state.with_name(f"{subject}.token")
        path.touch(mode=0o600)
        path.write_text(token, encoding="ascii")
        return path
