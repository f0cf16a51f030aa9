"""`gateway keys`: make a deployment's keys; list them; replace the one that tokens are signed with."""

import asyncio
import tomllib
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from gateway.adapters.crypto.root_file import MACHINE_KEY
from gateway.adapters.crypto.state import KeyState
from gateway.cli.client import Role, ServerUrl, TokenFile
from gateway.cli.failure import REFUSED, USAGE, CommandError
from gateway.cli.output import DryRun, JsonFlag, print_facts, print_json, print_rows, progress
from gateway.cli.token_keys import rotate_as_operator, rotate_through_server
from gateway.domain.errors import ConflictError
from gateway.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True, help="Make a deployment's keys; list them.")


@app.command()
def init(as_json: JsonFlag = False, dry_run: DryRun = False) -> None:
    """Make the root key, the keys under it and the ledger's signing key, outside the source tree.

    With GATEWAY_ROOT_KEY_PASSPHRASE_FILE the root key is sealed with that passphrase; without, a random
    machine key is made beside it, which protects a copy of the one file and not of both.
    """
    settings = read_settings()
    where = [("state directory", str(settings.state_dir)), ("root key", settings.root_key_url)]
    if dry_run:
        print_json({"would_make": dict(where)})
        return
    passphrase = read_passphrase(settings)
    with progress() as display:
        display.add_task("making keys, slowly on purpose", total=None)
        try:
            state = asyncio.run(
                KeyState.init(settings.state_dir, root_url=settings.root_key_url, passphrase=passphrase)
            )
        except ConflictError as error:
            raise CommandError(
                REFUSED, str(error), ("keys are made once; `gateway keys list` shows them",)
            ) from None
    if as_json:
        print_json({**dict(where), "deployment": state.deployment, "vkey": state.vkey})
        return
    print_facts([*where, ("deployment", state.deployment), ("verifier key", state.vkey)])
    print("Copy the root key to two other places now, and give the verifier key to whoever will verify.")


@app.command("rotate-issuer")
def rotate_issuer(
    at_once: Annotated[
        bool, typer.Option("--at-once", help="A key has leaked: every other one is withdrawn now.")
    ] = False,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
) -> None:
    """Replace the key that the token endpoint signs with; it does so by itself after 90 days.

    With a network administrator's token the running server does it. Without, this process does: beside the
    servers of a PostgreSQL store, or while no server runs on this state directory.
    """
    if token_file is not None or url is not None:
        if token_file is None:
            raise CommandError(USAGE, "a server rotates for an administrator: name her --token-file")
        kid, signs_at = rotate_through_server(url, token_file, role, at_once=at_once)
    else:
        kid, signs_at = asyncio.run(rotate_as_operator(read_settings(), at_once=at_once))
    if as_json:
        print_json({"kid": kid, "signs_at": signs_at})
    else:
        print_facts([("new key", kid), ("signs from", signs_at)])


@app.command("list")
def list_(as_json: JsonFlag = False) -> None:
    """List every kind of key: its purpose, where it is held, and its state here."""
    settings = read_settings()
    print_rows(
        list_keys(settings),
        ("id", "state", "provider", "purpose"),
        as_json=as_json,
        none="No key.",
    )


def list_keys(settings: Settings) -> list[dict[str, Any]]:
    """List the inventory, with the state that each kind of key has on this machine; opens none."""
    kinds = tomllib.loads(_find_inventory().read_text(encoding="utf-8"))["key"]
    made = (settings.state_dir / "deployment.json").exists()
    held = {
        "root": Path(urlsplit(settings.root_key_url).path),
        "machine": Path(urlsplit(settings.root_key_url).path).with_name(MACHINE_KEY),
        "ledger-signing": settings.state_dir / "ledger.key",
    }
    rows = []
    for kind in kinds:
        file = held.get(kind["id"], settings.state_dir / "keyring.json")
        state = kind["state"] if made else "not made"
        if made and not file.exists():
            by_passphrase = kind["id"] == "machine" and settings.root_key_passphrase_file is not None
            state = "not used" if by_passphrase else "missing"
        rows.append({**kind, "state": state})
    return rows


def _find_inventory() -> Path:
    """The inventory beside this file in an installed gateway, else the one of the source tree."""
    shipped = Path(__file__).with_name("key_inventory.toml")
    return shipped if shipped.exists() else Path(__file__).parents[2] / "keys" / "inventory.toml"


def read_passphrase(settings: Settings) -> bytes | None:
    """Read the root key's passphrase, where a file of it is named."""
    path = settings.root_key_passphrase_file
    return None if path is None else path.read_bytes().rstrip(b"\r\n")
