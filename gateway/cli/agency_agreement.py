"""`gateway agency agreement`: publish, show and sign the network's agreement."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.client import GatewayClient, Role, ServerUrl, TokenFile, open_client, show_request
from gateway.cli.failure import REFUSED, USAGE, CommandError
from gateway.cli.output import DryRun, JsonFlag, print_act, print_facts, print_json, print_rows

app = typer.Typer(no_args_is_help=True, help="Publish, show and sign the network's agreement.")

_PATH = "/v1/network-agreements"
Version = Annotated[str | None, typer.Argument(help="Which version; default the one in force.")]


@app.command()
def publish(  # noqa: PLR0913, PLR0917 - each is an option of the command
    version: Annotated[str, typer.Argument(help="What it is called, such as 2026-1.")],
    text: Annotated[Path, typer.Option(help="The text, a UTF-8 file of at most 256 KiB.")],
    title_fr: Annotated[str, typer.Option("--title-fr", help="Its title in French.")],
    title_en: Annotated[str, typer.Option("--title-en", help="Its title in English.")],
    effective: Annotated[str, typer.Option(help="From when it is the one in force, RFC 3339.")],
    sign_by: Annotated[str, typer.Option(help="By when each agency is asked to sign, RFC 3339.")],
    required_from: Annotated[
        str | None,
        typer.Option(help="From when who has not signed takes on nobody new. Default: never."),
    ] = None,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Publish a version; a network-wide administrator does, and it never changes afterwards."""
    body = {
        "version": version,
        "title": {"fr": title_fr, "en": title_en},
        "text": _read_text(text),
        "effective": effective,
        "sign_by": sign_by,
        "required_from": required_from,
    }
    if dry_run:
        show_request("POST", _PATH, body)
        return
    with open_client(url, token_file, role) as client:
        print_act(client.call_json("POST", _PATH, json=body), "published", as_json=as_json)


@app.command()
def show(
    version: Version = None,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
) -> None:
    """Show a version, and how each agency stands towards it."""
    with open_client(url, token_file, role) as client:
        found = client.call_json("GET", f"{_PATH}/{version or in_force(client)}")
    if as_json:
        print_json(found)
        return
    shown = ("version", "digest", "effective", "sign_by", "required_from", "in_force")
    print_facts([("title", found["title"]["fr"]), *((name, found[name]) for name in shown)])
    print_rows(found["agencies"], ("agency", "standing", "signed"), as_json=False, none="No agency.")


@app.command()
def sign(  # noqa: PLR0913, PLR0917 - each is an option of the command
    text: Annotated[Path, typer.Option(help="The text that was read: what is signed is its digest.")],
    version: Version = None,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Sign for the caller's own agency and its units; an administrator of it does."""
    body = {"digest": hashlib.sha256(_read_text(text).encode()).hexdigest()}
    with open_client(url, token_file, role) as client:
        path = f"{_PATH}/{version or in_force(client)}/signatures"
        if dry_run:
            show_request("POST", path, body)
            return
        print_act(client.call_json("POST", path, json=body), "signed", as_json=as_json)


def in_force(client: GatewayClient) -> str:
    """Name the version in force.

    Raises:
        CommandError: None is.
    """
    rows = client.call_json("GET", _PATH)["items"]
    found = next((row["version"] for row in rows if row["in_force"]), None)
    if found is None:
        raise CommandError(REFUSED, "no agreement is in force", ("`gateway agency agreement publish`",))
    return str(found)


def _read_text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise CommandError(USAGE, f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise CommandError(USAGE, f"{path} is not UTF-8") from None
