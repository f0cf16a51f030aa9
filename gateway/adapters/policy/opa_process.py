"""An OPA on loopback, child of this process: for the command line and the tests, not for a service."""

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from gateway.adapters.policy.built import archive, archived_files
from gateway.adapters.policy.bundle import Bundle
from gateway.domain.errors import PolicyUnavailableError

_READY_S = 15.0


def find_opa() -> str | None:
    """The `opa` on the PATH, or the one beside this interpreter."""
    return shutil.which("opa") or shutil.which("opa", path=str(Path(sys.executable).parent))


@contextmanager
def running_opa(bundle: Bundle) -> Iterator[str]:
    """Run an OPA with this bundle; its address.

    Raises:
        PolicyUnavailableError: There is no `opa` here, or it does not come up.
    """
    opa = find_opa()
    if opa is None:
        raise PolicyUnavailableError("no `opa` is on the PATH")
    with tempfile.TemporaryDirectory(prefix="gateway-opa-") as folder:
        path = Path(folder) / "bundle.tar.gz"
        path.write_bytes(archive(archived_files(bundle)))
        address = f"127.0.0.1:{_free_port()}"
        child = subprocess.Popen(  # noqa: S603 - the operator's own binary
            [opa, "run", "--server", "--addr", address, "--skip-version-check", "--log-level", "error",
             "--bundle", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _wait(child, f"http://{address}/health?bundles")
            yield f"http://{address}"
        finally:
            child.kill()
            child.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(child: subprocess.Popen[bytes], health: str) -> None:
    until = time.monotonic() + _READY_S
    with httpx2.Client(trust_env=False, timeout=1) as client:
        while time.monotonic() < until and child.poll() is None:
            try:
                if client.get(health).status_code == httpx2.codes.OK:
                    return
            except httpx2.HTTPError:
                time.sleep(0.02)
    raise PolicyUnavailableError("the policy server did not come up")
