"""`gateway sandbox`: a gateway of its own with invented families, made and reset in seconds."""

import asyncio
import json
import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from gateway.adapters.clock import SystemClock
from gateway.adapters.crypto.state import KeyState
from gateway.cli.failure import UNAVAILABLE, USAGE, CommandError
from gateway.cli.operating import operating
from gateway.cli.output import progress
from gateway.cli.private_files import make_key_file
from gateway.cli.sandbox_families import CLIENTS, FAMILIES, sandbox_seed
from gateway.cli.server import answers, open_sockets, run
from gateway.domain.seed import parse_seed
from gateway.settings import PREFIX, SANDBOX_MARK, Settings
from gateway.wiring.activating import operator
from gateway.wiring.service import Service
from gateway.wiring.usecases import build_seed

app = typer.Typer(no_args_is_help=True, help="A gateway of its own with invented families: start, reset.")

_FORMAT = "gateway-sandbox-1"

StateFolder = Annotated[
    Path | None,
    typer.Option("--state", help="Its folder. Default: `consent-gateway-sandbox` beside the usual one."),
]
Listen = Annotated[str, typer.Option(help="host:port; on this machine only.")]


@app.command()
def start(state: StateFolder = None, listen: Listen = "127.0.0.1:8742") -> None:
    """Make the sandbox if there is none, and serve it until Ctrl-C.

    Everybody in it is invented, and whoever is on this machine may be any of them. It has settings of its
    own and no other folder: with a GATEWAY_ variable set, it does not start.
    """
    settings = _settings(state, listen)
    if not _is_sandbox(settings.state_dir.parent):
        _make(settings)
    sockets = open_sockets(settings)
    try:
        run(settings, sockets, lambda service: _greet(settings, service))
    finally:
        settings.socket_path.unlink(missing_ok=True)


@app.command()
def reset(state: StateFolder = None, listen: Listen = "127.0.0.1:8742") -> None:
    """Throw the sandbox away and make it anew: the same people, other keys. Stop it first."""
    settings = _settings(state, listen)
    folder = settings.state_dir.parent
    if not _is_sandbox(folder):
        raise CommandError(USAGE, f"{folder} is no sandbox", ("`gateway sandbox start` makes one",))
    if answers(settings.socket_path):
        raise CommandError(UNAVAILABLE, "the sandbox runs", ("stop it, and reset it then",))
    shutil.rmtree(folder)
    _make(settings)
    print(f"{len(FAMILIES)} invented families in {folder}")


def _settings(state: Path | None, listen: str) -> Settings:
    """Give the sandbox's own settings: nothing of a deployment's reaches it.

    Raises:
        CommandError: A setting of a deployment is in the environment.
    """
    named = sorted(name for name in os.environ if name.startswith(PREFIX))
    if named:
        raise CommandError(
            USAGE,
            f"a sandbox has settings of its own: unset {', '.join(named)}",
            ("it never opens what another gateway keeps",),
        )
    folder = state
    if folder is None:
        usual = Settings().state_dir
        folder = usual.with_name(f"{usual.name}-sandbox")
    return Settings(state_dir=folder.absolute() / "state", listen=listen, insecure_local_issuer=True)


def _is_sandbox(folder: Path) -> bool:
    """Whether a sandbox was made here.

    Raises:
        CommandError: Something else is here.
    """
    mark = folder / SANDBOX_MARK
    try:
        if mark.exists():
            return bool(json.loads(mark.read_bytes())["format"] == _FORMAT)
        if not folder.exists() or not any(folder.iterdir()):
            return False
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise CommandError(USAGE, f"{folder} holds something that is no sandbox", ("name another folder",))


def _make(settings: Settings) -> None:
    folder = settings.state_dir.parent
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # First of all: whatever a crash leaves here is a sandbox, and may be thrown away.
    (folder / SANDBOX_MARK).write_text(json.dumps({"format": _FORMAT}), encoding="ascii")
    with progress() as display:
        display.add_task("making the sandbox", total=None)
        asyncio.run(_fill(settings))


async def _fill(settings: Settings) -> None:
    await KeyState.init(settings.state_dir, root_url=settings.root_key_url)
    keys = settings.state_dir.parent / "clients"
    keys.mkdir(mode=0o700)
    public = {name: make_key_file(keys / f"{name}.jwk").public for name in CLIENTS}
    text = json.dumps(sandbox_seed(f"{settings.public_base}/insecure-local-issuer", public))
    seed = parse_seed(text.encode(), now=SystemClock().now())
    async with operating(settings) as parts:
        await build_seed(parts)(seed, operator=operator(), read_file=_no_file)


def _no_file(name: str) -> bytes:
    raise CommandError(USAGE, f"the sandbox names no file: {name}")


def _greet(settings: Settings, service: Service) -> None:
    ready = service.parts is not None and service.parts.started
    print("Everybody here is invented. Toutes les personnes sont inventées.")
    print(f"{'ready' if ready else 'not ready'}: {settings.public_base}", flush=True)
    print(f"client keys: {settings.state_dir.parent / 'clients'} ({', '.join(CLIENTS)})", flush=True)
