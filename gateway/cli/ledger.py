"""`gateway ledger`: read entries of a running gateway."""

from typing import Annotated

import typer

from gateway.cli.client import Role, ServerUrl, TokenFile, open_client
from gateway.cli.output import JsonFlag, print_json, print_rows

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
