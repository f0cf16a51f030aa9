"""`gateway stop`: stop sharing within a reach."""

from typing import Annotated, Any

import typer

from gateway.cli.client import Role, ServerUrl, TokenFile, open_client, show_request
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.output import DryRun, JsonFlag, print_facts, print_json

app = typer.Typer()


@app.command()
def stop(  # noqa: PLR0913, PLR0917 - each is an option of the command
    person: Annotated[str, typer.Argument(help="Person whose dossier's sharing stops.")],
    agency: Annotated[str | None, typer.Option(help="Only towards this agency.")] = None,
    category: Annotated[str | None, typer.Option(help="Only this category.")] = None,
    fragment: Annotated[str | None, typer.Option(help="Only this document.")] = None,
    idempotency_key: Annotated[str | None, typer.Option(help="Stop once, however often it is sent.")] = None,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Withdraw every permit within the reach and refuse the rest of it, in one act.

    Without an option the reach is everything.
    """
    named = {"agency": agency, "category": category, "document": fragment}
    chosen = [(kind, value) for kind, value in named.items() if value is not None]
    if len(chosen) > 1:
        raise CommandError(USAGE, "name one of --agency, --category and --fragment")
    body: dict[str, Any] = {"person": person, "reach": {"kind": "all"}}
    if chosen:
        kind, value = chosen[0]
        body["reach"] = {"kind": kind, "fragment" if kind == "document" else kind: value}
    if dry_run:
        show_request("POST", "/v1/stops", body)
        return
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    with open_client(url, token_file, role) as client:
        answer = client.call_json("POST", "/v1/stops", json=body, headers=headers)
    if as_json:
        print_json(answer)
        return
    print_facts(
        (name.replace("_", " "), answer[name])
        for name in ("id", "in_force", "withdrawn", "continues", "receipt", "ledger_entry")
        if name in answer
    )
