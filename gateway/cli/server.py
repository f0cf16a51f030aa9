"""One process that serves: its sockets, the event loop, and a stop that lets running answers end."""

import asyncio
import contextlib
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
import uvloop

from gateway.cli.failure import UNAVAILABLE, CommandError
from gateway.domain.errors import ConflictError
from gateway.http.app import SERVER_OPTIONS
from gateway.observe import Event, OperationalLog, capture_library_logs
from gateway.settings import Settings
from gateway.wiring.service import Service, serving

BACKLOG = 1024
STOP_S = 20
"""How long running answers may still take after a stop was asked for."""

_NO_OTHERS = stat.S_IRWXG | stat.S_IRWXO


class _Server(uvicorn.Server):
    """Leaves signals to the loop that runs it: what was opened is closed again before the process ends."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


def open_sockets(settings: Settings) -> list[socket.socket]:
    """Listen on the address of the settings, the state directory's own socket (0600) and the proxy's (0660).

    Raises:
        CommandError: The address is taken, or a gateway runs on this state directory.
    """
    found = [open_local(settings.socket_path)]
    try:
        if settings.proxy_socket is not None:
            found.append(open_local(settings.proxy_socket, mode=0o660))
        return [open_address(settings.listen_host, settings.listen_port), *found]
    except BaseException:
        for one in found:
            one.close()
        raise


def answers(path: Path) -> bool:
    """Whether a running gateway listens on this socket."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(2)
        try:
            probe.connect(os.fspath(path))
        except OSError:
            return False
    return True


def run(settings: Settings, sockets: Sequence[socket.socket], on_ready: Callable[[Service], None]) -> None:
    """Serve on these sockets until SIGTERM or SIGINT."""
    log = OperationalLog(sys.stderr)
    capture_library_logs(log)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(settings, log, sockets, on_ready))


async def _until_told(
    settings: Settings,
    log: OperationalLog,
    sockets: Sequence[socket.socket],
    on_ready: Callable[[Service], None],
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        async with serving(settings, log) as service, listening(service, sockets):
            on_ready(service)
            await stop.wait()
    except ConflictError as error:
        raise CommandError(UNAVAILABLE, str(error)) from None
    log.line(Event.STOPPED)


@asynccontextmanager
async def listening(service: Service, sockets: Sequence[socket.socket]) -> AsyncIterator[None]:
    """Answer on these sockets while the block runs; at its end, running answers are let out first."""
    config = uvicorn.Config(
        service.app, **SERVER_OPTIONS, lifespan="off", timeout_graceful_shutdown=STOP_S, backlog=BACKLOG
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=list(sockets)))
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn tells it by a flag
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        await task


def open_address(host: str, port: int) -> socket.socket:
    """Listen on an address; port 0 is any that is free.

    Raises:
        CommandError: It is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        raise CommandError(
            UNAVAILABLE,
            f"{host}:{port} cannot be listened on ({error.strerror})",
            ("name another address in GATEWAY_LISTEN",),
        ) from None
    found.setblocking(False)
    return found


def open_local(path: Path, mode: int = 0o600) -> socket.socket:
    """Listen on a socket of this path, which nobody else reaches before it has its mode.

    Raises:
        CommandError: A gateway listens on it.
    """
    if answers(path):
        raise CommandError(UNAVAILABLE, "a gateway runs on this state directory already")
    found = socket.socket(socket.AF_UNIX)
    previous = os.umask(_NO_OTHERS)
    try:
        # What a killed server left behind.
        path.unlink(missing_ok=True)
        found.bind(os.fspath(path))
        path.chmod(mode)
        found.listen(BACKLOG)
    except OSError as error:
        found.close()
        raise CommandError(UNAVAILABLE, f"{path} cannot be listened on ({error.strerror or error})") from None
    finally:
        os.umask(previous)
    found.setblocking(False)
    return found
