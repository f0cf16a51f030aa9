"""`gateway ledger`: read entries of a running gateway; verify any copy of its database."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from gateway.adapters.crypto.state import KeyState
from gateway.adapters.sql.verify.findings import Report
from gateway.cli import replay
from gateway.cli.client import Role, ServerUrl, TokenFile, open_client, read_token
from gateway.cli.failure import UNAVAILABLE, USAGE, CommandError
from gateway.cli.keys import read_passphrase
from gateway.cli.output import DryRun, JsonFlag, print_facts, print_json, print_rows, progress
from gateway.cli.server import answers
from gateway.cli.verification import (
    Evidence,
    read_checkpoint,
    read_own_vkey,
    read_vkey,
    to_document,
    to_lines,
    verify_database,
)
from gateway.observe import OperationalLog
from gateway.settings import Settings, read_settings
from gateway.wiring.reopening import reopen_ledger

TWO = 2
"""Persons who open a new ledger together."""

app = typer.Typer(no_args_is_help=True, help="Read the ledger; verify it.")


@app.callback()
def _ledger() -> None:
    """Read the ledger; verify it."""


@app.command()
def show(  # noqa: PLR0913, PLR0917 - each is an option of the command
    entry: Annotated[
        str | None, typer.Argument(help="Entry to show; without it, the newest are listed.")
    ] = None,
    outcome: Annotated[str | None, typer.Option(help="Only `permit` or `deny`.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only this purpose.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Stop after this many.")] = 50,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
) -> None:
    """Show one entry, or list entries; what a caller sees depends on her role."""
    with open_client(url, token_file, role) as client:
        if entry is not None:
            print_json(client.call_json("GET", f"/v1/ledger/entries/{entry}"))
            return
        wanted = {"outcome": outcome, "purpose": purpose}
        params = {name: value for name, value in wanted.items() if value is not None}
        rows = client.list_all("/v1/ledger/entries", params=params, limit=limit)
    columns = ("index", "recorded_at", "kind", "outcome", "reason", "purpose", "agency", "owner_agency")
    print_rows(rows, columns, as_json=as_json, none="No entry that you may see.")


@app.command()
def verify(
    database: Annotated[
        str | None, typer.Option(help="A copied database: its URL or path. Default: the gateway's own.")
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option(help="A checkpoint kept outside the database, such as a mirror's.")
    ] = None,
    vkey: Annotated[
        str | None, typer.Option(help="The ledger's verifier key, or a file with it. Default: the own one.")
    ] = None,
    state_dir: Annotated[
        Path | None, typer.Option(help="Look behind the entries too, with the keys in this state directory.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Verify a ledger; exit 1 with the first entry that is wrong, or the range that holds it.

    With nothing named, the gateway's own database, with its keys and its mirror's checkpoint.
    """
    settings = read_settings()
    if database is None and state_dir is None and vkey is None:
        state_dir = settings.state_dir
        checkpoint = checkpoint or _mirrored(settings)
    found = read_vkey(vkey) if vkey is not None else read_own_vkey(state_dir or settings.state_dir)
    note = None if checkpoint is None else read_checkpoint(checkpoint)
    url = settings.database_url if database is None else database
    url = url if "://" in url else f"sqlite:///{Path(url).absolute()}"
    state_dir = None if state_dir is None else state_dir.absolute()
    with progress() as display:
        display.add_task("verifying", total=None)
        report = asyncio.run(_verify(settings, url, state_dir, Evidence(found, note)))
    if as_json:
        print_json(to_document(report))
    else:
        print("\n".join(to_lines(report)))
    if not report.holds:
        raise typer.Exit(1)


@app.command()
def reopen(
    token_file: Annotated[
        list[Path],
        typer.Option(help="File (0600) with a privacy officer's token; given twice, for two persons."),
    ],
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Open a new ledger where the old one cannot go on: the second way out of quarantine.

    Two different privacy officers, strongly authenticated; stop the gateway first. The new ledger's first
    entry commits to the last checkpoint of the old one, and names what is missing and both persons. Done
    again after a crash, it goes on where it was cut. At the next start, what the journal of narrowing acts
    holds is applied before the first release.
    """
    if len(token_file) != TWO:
        raise CommandError(USAGE, "two privacy officers open a new ledger", ("give --token-file twice",))
    settings = read_settings()
    tokens = (read_token(token_file[0]), read_token(token_file[1]))
    if dry_run:
        print_json({"would_reopen": {"state_directory": str(settings.state_dir), "persons": len(tokens)}})
        return
    if answers(settings.socket_path):
        raise CommandError(UNAVAILABLE, "a gateway runs on this state directory", ("stop it first",))
    with progress() as display:
        display.add_task("reopening", total=None)
        done = asyncio.run(reopen_ledger(settings, OperationalLog(sys.stderr, "error"), tokens))
    first, end = done.missing
    missing = f"{first} to {end - 1}" if end > first else "none"
    if as_json:
        print_json({"ledger": done.ledger, "vkey": done.vkey, "missing": list(done.missing)})
        return
    print_facts(
        [
            ("new ledger", done.ledger),
            ("verifier key", done.vkey),
            (f"entries of ledger {done.last.ledger} that are missing", missing),
        ]
    )
    print("Start the gateway: what the journal holds is applied before the first release.")


app.command("replay")(replay.ledger_replay)


async def _verify(settings: Settings, url: str, state_dir: Path | None, evidence: Evidence) -> Report:
    if state_dir is not None:
        own = state_dir == settings.state_dir
        root = settings.root_key_url if own else None
        state = await KeyState.open(state_dir, root, passphrase=read_passphrase(settings))
        evidence = replace(evidence, keys=state)
    return await verify_database(url, evidence)


def _mirrored(settings: Settings) -> Path | None:
    """The first mirror's checkpoint, if it holds one."""
    held = [Path(urlsplit(url).path) / "checkpoint" for url in settings.mirrors]
    return next((path for path in held if path.is_file()), None)
