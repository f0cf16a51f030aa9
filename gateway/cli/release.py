"""`gateway release`: ask for a fragment."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.client import Role, ServerUrl, TokenFile, open_client
from gateway.cli.output import print_facts, print_json

app = typer.Typer()


@app.command()
def release(  # noqa: PLR0913, PLR0917 - each is an option of the command
    fragment: Annotated[str, typer.Argument(help="Fragment to release.")],
    purpose: Annotated[str, typer.Option(help="Why it is asked, from `GET /v1/purposes`.")],
    justification: Annotated[
        str | None, typer.Option(help="In words, where the policy asks for them.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Write the content here (0600) instead of printing it."),
    ] = None,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask what would be decided; the ledger keeps it as an inquiry.")
    ] = False,
) -> None:
    """Ask for a fragment: its content, or the reasons why not and what to do."""
    body: dict[str, Any] = {"purpose": purpose}
    if justification is not None:
        body["justification"] = justification
    with open_client(url, token_file, role) as client:
        if dry_run:
            print_json(client.call_json("POST", "/v1/decisions", json={"fragment": fragment, **body}))
            return
        answer = client.call("POST", f"/v1/fragments/{fragment}/releases", json=body)
    # A document comes as its bytes, what was decided beside it in headers; a structured fragment is JSON.
    facts = [(name, value) for name, value in answer.headers.items() if name.startswith("gateway-")]
    print_facts(facts, to_stderr=True)
    if output is not None:
        output.touch(mode=0o600)
        output.write_bytes(answer.content)
        print_facts([("written", str(output)), ("bytes", len(answer.content))], to_stderr=True)
    elif answer.headers.get("content-type", "").startswith("application/json"):
        print_json(answer.json())
    else:
        sys.stdout.buffer.write(answer.content)
