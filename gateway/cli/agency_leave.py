"""`gateway agency leave`: leave the network with one's data, two persons."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.crypto.envelopes import open_envelope
from gateway.cli.agency_archive import Archive, open_archive
from gateway.cli.client import (
    GatewayClient,
    Role,
    ServerUrl,
    TokenFile,
    open_client,
    read_json_file,
    show_request,
)
from gateway.cli.failure import REFUSED, UNAVAILABLE, USAGE, CommandError
from gateway.cli.output import DryRun, JsonFlag, print_act, print_facts, print_json, progress
from gateway.cli.private_files import make_key_file, write_private
from gateway.domain.errors import MalformedError

app = typer.Typer(no_args_is_help=True, help="Leave the network with one's data; two persons.")

AgencyArgument = Annotated[str, typer.Argument(help="The agency that leaves.")]
_MOST = 100_000
_TRIES, _PAUSE_S = 12, 5.0


@app.command()
def key(
    private: Annotated[Path, typer.Option(help="New file (0600) for the private key.")],
    public: Annotated[Path, typer.Option(help="New file for the public one, given to `leave ask`.")],
) -> None:
    """Make the key pair that the archive is sealed for; the private key is kept by the agency alone."""
    made = make_key_file(private)
    try:
        with public.open("x", encoding="ascii") as file:
            json.dump(made.public, file)
    except OSError as error:
        raise CommandError(USAGE, f"{public}: {error.strerror}") from None
    print_facts([("thumbprint", made.kid)])


@app.command()
def ask(  # noqa: PLR0913, PLR0917 - each is an option of the command
    agency: AgencyArgument,
    public: Annotated[Path, typer.Option("--key", help="The public key that the archive is sealed for.")],
    keep_keys_until: Annotated[str, typer.Option(help="Until when the agency's keys are kept, RFC 3339.")],
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Ask to leave; a privacy officer approves it, comparing the key's thumbprint (`gateway approval`)."""
    body = {"agency": agency, "key": read_json_file(public), "keep_keys_until": keep_keys_until}
    if dry_run:
        show_request("POST", "/v1/leavings", body)
        return
    with open_client(url, token_file, role) as client:
        done = client.call_json("POST", "/v1/leavings", json=body)
    if as_json:
        print_json(done)
    else:
        print_facts([("asked", done["approval"]), ("ledger entry", done["ledger_entry"])])


@app.command()
def export(
    out: Annotated[Path, typer.Argument(help="New archive (0600): deploy/leaving.md says what it holds.")],
    token_file: TokenFile = None,
    officer_token_file: Annotated[
        Path | None,
        typer.Option(help="Token of the agency's privacy officer: its ledger entries and proofs too."),
    ] = None,
    url: ServerUrl = None,
    as_json: JsonFlag = False,
) -> None:
    """Take the agency's own data along, sealed for the approved key; each document is an entry."""
    with open_client(url, token_file) as client, Archive.create(out) as archive, progress() as display:
        rows = client.list_all("/v1/own-fragments", params={}, limit=_MOST)
        task = display.add_task("documents", total=len(rows))
        for row in rows:
            taken = _patiently(client, f"/v1/fragments/{row['id']}/exports")
            archive.add_fragment(row, taken)
            display.advance(task)
        if officer_token_file is not None:
            with open_client(url, officer_token_file) as officer:
                _add_ledger(archive, officer)
    told = {"archive": str(out), **archive.counts}
    if as_json:
        print_json(told)
    else:
        print_facts(told.items())


def _patiently(client: GatewayClient, path: str) -> dict[str, Any]:
    """Ask again where the gateway takes no more for now: an archive that is begun should not be lost."""
    for _ in range(_TRIES):
        try:
            taken: dict[str, Any] = client.call_json("POST", path)
        except CommandError as error:
            if error.exit_code != UNAVAILABLE:
                raise
            time.sleep(_PAUSE_S)
        else:
            return taken
    last: dict[str, Any] = client.call_json("POST", path)
    return last


def _add_ledger(archive: Archive, officer: GatewayClient) -> None:
    """Add every entry that the officer may read, each with its proof, and the newest checkpoint."""
    for row in officer.list_all("/v1/ledger/entries", params={}, limit=_MOST):
        entry = officer.call_json("GET", f"/v1/ledger/entries/{row['id']}")
        archive.add_entry(row["id"], entry, officer.call_json("GET", f"/v1/ledger/entries/{row['id']}/proof"))
    archive.add_checkpoint(officer.call("GET", "/v1/ledger/checkpoint").text)


@app.command("open")
def open_(
    archive: Annotated[Path, typer.Argument(help="What `leave export` wrote.")],
    private: Annotated[Path, typer.Option("--key", help="The agency's private key.")],
    out: Annotated[Path, typer.Option(help="New folder (0700) for the documents.")],
) -> None:
    """Open an archive with the agency's private key, on any machine and without a gateway."""
    secret: dict[str, Any] = read_json_file(private)
    try:
        out.mkdir(mode=0o700)
    except OSError as error:
        raise CommandError(USAGE, f"{out}: {error.strerror}") from None
    count = 0
    for name, envelope in open_archive(archive):
        try:
            plain = open_envelope(envelope, secret)
        except MalformedError as error:
            raise CommandError(REFUSED, f"{name}: {error}") from None
        write_private(out / f"{name}.json", plain, new=True)
        count += 1
    print_facts([("documents", count)])


@app.command()
def finish(  # noqa: PLR0913, PLR0917 - each is an option of the command
    agency: AgencyArgument,
    archive: Annotated[
        Path | None, typer.Option(help="What `leave export` wrote: it must hold every document there is.")
    ] = None,
    without_data: Annotated[bool, typer.Option("--without-data", help="Leave it all behind.")] = False,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Leave for good: nothing of the agency is released any more, and nobody acts for it."""
    path = f"/v1/leavings/{agency}"
    if archive is None and not without_data:
        raise CommandError(USAGE, "name the archive, or say --without-data")
    with open_client(url, token_file, role) as client:
        if archive is not None:
            _require_whole(archive, client)
        if dry_run:
            show_request("DELETE", path, None)
            return
        done = client.call_json("DELETE", path)
    print_act(done, "left", as_json=as_json)


def _require_whole(archive: Path, client: GatewayClient) -> None:
    """Let through where every document that the agency holds now lies in the archive."""
    there = {name for name, _ in open_archive(archive)}
    rows = client.list_all("/v1/own-fragments", params={}, limit=_MOST)
    lacking = [row["id"] for row in rows if row["id"] not in there]
    if lacking:
        raise CommandError(
            REFUSED, f"the archive lacks {len(lacking)} documents", ("`gateway agency leave export` again",)
        )
