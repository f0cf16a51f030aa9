"""`gateway agency credentials`: the keys with which an agency's client asks for tokens."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.client import Role, ServerUrl, TokenFile, open_client, show_request
from gateway.cli.output import DryRun, JsonFlag, print_act, print_facts, print_json, print_rows
from gateway.cli.private_files import new_key_file

app = typer.Typer(no_args_is_help=True, help="Keys of an agency's clients: issue, rotate, retire, list.")

ClientArgument = Annotated[str, typer.Argument(help="The registered client.")]
KeyOut = Annotated[
    Path, typer.Option("--key-out", help="New file (0600) for the private key; it is never printed or sent.")
]


@app.command()
def issue(  # noqa: PLR0913, PLR0917 - each is an option of the command
    client: ClientArgument,
    agency: Annotated[str, typer.Option(help="Whose client it will be.")],
    key_out: KeyOut,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Register a new client of an agency with a key of its own: `gateway token` asks for tokens with it."""
    body = {"id": client, "agency": agency}
    if dry_run:
        show_request("POST", "/v1/clients", body)
        return
    with new_key_file(key_out) as key, open_client(url, token_file, role) as gateway:
        gateway.call_json("POST", "/v1/clients", json=body)
        done = gateway.call_json("POST", f"/v1/clients/{client}/keys", json={"key": key.public})
    _print(done, client, key_out, as_json=as_json)


@app.command()
def rotate(  # noqa: PLR0913, PLR0917 - each is an option of the command
    client: ClientArgument,
    key_out: KeyOut,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Add a new key beside those that there are; they serve on until `credentials retire`."""
    path = f"/v1/clients/{client}/keys"
    if dry_run:
        show_request("POST", path, {"key": "a new one"})
        return
    with new_key_file(key_out) as key, open_client(url, token_file, role) as gateway:
        done = gateway.call_json("POST", path, json={"key": key.public})
        rows = gateway.call_json("GET", path)["items"]
    older = [row["kid"] for row in rows if row["retired_at"] is None and row["kid"] != key.kid]
    _print({**done, "still_serving": older}, client, key_out, as_json=as_json)


@app.command()
def retire(  # noqa: PLR0913, PLR0917 - each is an option of the command
    client: ClientArgument,
    kid: Annotated[str, typer.Argument(help="Which key, as `credentials list` names it.")],
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Retire a key: what it signs, and the tokens that it brought, are refused from then on."""
    path = f"/v1/clients/{client}/keys/{kid}"
    if dry_run:
        show_request("DELETE", path, None)
        return
    with open_client(url, token_file, role) as gateway:
        done = gateway.call_json("DELETE", path)
    print_act(done, "retired", as_json=as_json)


@app.command("list")
def list_(
    client: ClientArgument,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
) -> None:
    """List a client's keys, retired ones too."""
    with open_client(url, token_file, role) as gateway:
        rows = gateway.call_json("GET", f"/v1/clients/{client}/keys")["items"]
    print_rows(rows, ("kid", "algorithm", "added_at", "retired_at"), as_json=as_json, none="No key.")


def _print(done: dict[str, object], client: str, key_out: Path, *, as_json: bool) -> None:
    told = {"client": client, "kid": done["id"], "key": str(key_out), "ledger_entry": done["ledger_entry"]}
    if "still_serving" in done:
        told["still_serving"] = done["still_serving"]
    if as_json:
        print_json(told)
    else:
        print_facts([(name.replace("_", " "), value) for name, value in told.items()])
