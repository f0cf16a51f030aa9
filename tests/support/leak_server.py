"""The gateway as a process of its own, on loopback, logging at debug.

`python -m tests.support.leak_server DATABASE_URL STATE_DIR PORT < seed.json`. Prints `ready` once it answers;
ends at SIGTERM. What it writes to standard error is all it ever logs.
"""

import asyncio
import sys
from pathlib import Path

import uvicorn
import uvloop

from gateway.adapters.crypto.state import KeyState
from gateway.domain.seed import parse_seed
from gateway.http.app import SERVER_OPTIONS
from gateway.observe import OperationalLog, capture_library_logs
from gateway.settings import Settings
from gateway.wiring.service import serving, settle_memory
from gateway.wiring.usecases import build_seed
from tests.support.keys import TEST_COST


async def main(url: str, state: Path, port: int) -> None:
    await KeyState.init(state, cost=TEST_COST)
    log = OperationalLog(sys.stderr, "debug")
    capture_library_logs(log)
    settings = Settings(
        state_dir=state,
        database_url=url,
        listen=f"127.0.0.1:{port}",
        insecure_local_issuer=True,
        insecure_limits_off=True,
    )
    async with serving(settings, log, insecure_test_cost=TEST_COST) as service:
        assert service.parts is not None
        seed = parse_seed(sys.stdin.buffer.read(), now=service.parts.clock.now())
        await build_seed(service.parts)(seed, operator="leaks", read_file=_no_file)
        server = uvicorn.Server(uvicorn.Config(service.app, host="127.0.0.1", port=port, **SERVER_OPTIONS))
        running = asyncio.create_task(server.serve())
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn tells in no other way
            await asyncio.sleep(0.02)
        settle_memory()
        print("ready", flush=True)
        await running


def _no_file(name: str) -> bytes:
    raise AssertionError(name)


if __name__ == "__main__":
    url, state, port = sys.argv[1:]
    uvloop.run(main(url, Path(state), int(port)))
