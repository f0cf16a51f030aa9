"""`gateway serve`: answer until told to stop; on PostgreSQL, in several processes."""

import os
import signal
import socket
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Annotated, NoReturn

import typer

from gateway.cli.failure import UNAVAILABLE, USAGE, CommandError, failure_of
from gateway.cli.server import open_sockets, run
from gateway.domain.errors import GatewayError
from gateway.settings import Settings, read_settings
from gateway.wiring.service import Service

app = typer.Typer()

MAX_WORKERS = 64


@app.command()
def serve(
    workers: Annotated[
        int, typer.Option(min=1, max=MAX_WORKERS, help="Processes; more than one needs PostgreSQL.")
    ] = 1,
) -> None:
    """Serve until SIGTERM or Ctrl-C; running answers are let out first.

    Listens on GATEWAY_LISTEN, and for this command line on a socket (0600) in the state directory. Where the
    keys are there but do not open, only health answers.
    """
    settings = read_settings()
    if workers > 1 and settings.database_url.startswith("sqlite:"):
        raise CommandError(
            USAGE, "SQLite is served by one process", ("several workers need a postgresql:// database",)
        )
    if not (settings.state_dir / "deployment.json").exists():
        raise CommandError(
            UNAVAILABLE, f"there are no keys in {settings.state_dir}", ("make them once: gateway keys init",)
        )
    sockets = open_sockets(settings)
    try:
        if workers == 1:
            run(settings, sockets, lambda service: _greet(settings, service))
        else:
            _Workers(settings, sockets, workers).run()
    finally:
        settings.socket_path.unlink(missing_ok=True)


def _greet(settings: Settings, service: Service) -> None:
    state = "the keys do not open: only health answers"
    if service.parts is not None:
        state = "ready" if service.parts.started else "not ready: the policy does not answer yet"
        state = "in quarantine" if service.parts.quarantine is not None else state
    if settings.insecure_limits_off:
        print("gateway: INSECURE: nothing is limited (GATEWAY_INSECURE_LIMITS_OFF)", flush=True)
    print(f"gateway: {state}, on http://{settings.listen} and {settings.socket_path}", flush=True)


class _Workers:
    """Processes that share the sockets; one of them signs. One that dies is replaced."""

    def __init__(self, settings: Settings, sockets: Sequence[socket.socket], wanted: int) -> None:
        self._settings = settings
        self._sockets = sockets
        self._wanted = wanted
        self._running: set[int] = set()
        self._stopping = False

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        # The first one makes the schema, begins the ledger and signs; the others find all that made.
        self._start()
        for _ in range(self._wanted - 1):
            if not self._stopping and self._running:
                self._start()
        failed = 0
        while self._running:
            ended, status = os.wait()
            self._running.discard(ended)
            if self._stopping or ended == 0:
                continue
            # One that ends by itself could not start at all; one that was killed is replaced.
            failed = os.waitstatus_to_exitcode(status)
            if failed < 0:
                self._start()
            else:
                self._stop(signal.SIGTERM, None)
        if failed > 0:
            raise typer.Exit(failed)

    def _start(self) -> None:
        """Fork a worker, and wait until it serves or has ended."""
        ready, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(ready)
            self._serve(told)
        self._running.add(child)
        os.close(told)
        os.read(ready, 1)
        os.close(ready)

    def _serve(self, told: int) -> NoReturn:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)

        def say(service: Service) -> None:
            _greet(self._settings, service)
            os.write(told, b"1")
            os.close(told)

        code = UNAVAILABLE
        try:
            run(self._settings, self._sockets, say)
            code = 0
        except (CommandError, GatewayError) as error:
            failure = failure_of(error) if isinstance(error, GatewayError) else error
            print(f"gateway: a worker ended: {failure}", file=sys.stderr, flush=True)
            code = failure.exit_code
        except Exception as error:  # noqa: BLE001 - a worker ends with one line, as the command does
            print(f"gateway: a worker ended ({type(error).__name__})", file=sys.stderr, flush=True)
        finally:
            os._exit(code)

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True
        for child in self._running:
            os.kill(child, signal.SIGTERM)
