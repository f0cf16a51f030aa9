"""`gateway approval`: list what waits for a second person; answer it."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.client import Role, ServerUrl, TokenFile, open_client, show_request
from gateway.cli.output import DryRun, JsonFlag, print_facts, print_json, print_rows

app = typer.Typer(no_args_is_help=True, help="List what waits for a second person; answer it.")

_KINDS = ("instrument", "authority", "policy", "leaving")
_COLUMNS = ("id", "kind", "person", "asked_by", "asked_at", "asked", "words")


class Said(StrEnum):
    APPROVED = "approved"
    DECLINED = "declined"


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, help="Stop after this many.")] = 200,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
) -> None:
    """List the instruments, authorities and policy bundles that the caller may approve or decline."""
    with open_client(url, token_file, role) as client:
        rows = client.list_all("/v1/approvals", params={}, limit=limit)
    if as_json:
        print_json(rows)
        return
    asked = [{**row, "asked": next(filter(None, map(row.get, _KINDS)), None)} for row in rows]
    print_rows(asked, _COLUMNS, as_json=False, none="Nothing waits for you.")


@app.command()
def answer(  # noqa: PLR0913, PLR0917 - each is an option of the command
    approval: Annotated[str, typer.Argument(help="What waits, as `approval list` names it.")],
    said: Annotated[
        Said, typer.Argument(metavar="approved|declined", help="What is approved holds at once.")
    ],
    words: Annotated[str, typer.Option(help="Why; kept sealed.")] = "",
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Approve or decline, once and for good."""
    path, body = f"/v1/approvals/{approval}/answers", {"answer": said.value, "words": words}
    if dry_run:
        show_request("POST", path, body)
        return
    with open_client(url, token_file, role) as client:
        done = client.call_json("POST", path, json=body)
    if as_json:
        print_json(done)
        return
    print_facts([(said.value, done.get("id")), ("ledger entry", done.get("ledger_entry"))])
