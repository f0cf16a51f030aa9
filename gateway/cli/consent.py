"""`gateway consent`: record what a family said; withdraw."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.client import Role, ServerUrl, TokenFile, open_client, read_json_file, show_request
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.output import DryRun, JsonFlag, print_facts, print_json

app = typer.Typer(no_args_is_help=True, help="Record a consent that was given; withdraw one.")


@app.command()
def record(  # noqa: PLR0913, PLR0917 - each is an option of the command
    person: Annotated[str | None, typer.Option(help="Your agency's handle of the person.")] = None,
    to: Annotated[list[str] | None, typer.Option(help="Receiving agency; may be repeated.")] = None,
    owner: Annotated[list[str] | None, typer.Option(help="Agency whose fragments; default any.")] = None,
    purpose: Annotated[list[str] | None, typer.Option(help="Purpose; may be repeated.")] = None,
    category: Annotated[list[str] | None, typer.Option(help="Category; may be repeated.")] = None,
    until: Annotated[str | None, typer.Option(help="End, RFC 3339; a permit needs one.")] = None,
    max_sensitivity: Annotated[str, typer.Option(help="Highest sensitivity agreed to: N, R or V.")] = "N",
    refuse: Annotated[bool, typer.Option("--refuse", help="Record a refusal instead of a permit.")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="The whole consent as JSON, instead of these options.")
    ] = None,
    idempotency_key: Annotated[
        str | None, typer.Option(help="Record once, however often it is sent.")
    ] = None,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Record a permit or a refusal; what is not named is not agreed to."""
    if file is not None:
        body = read_json_file(file)
    else:
        body = _body(
            {"person": person, "to": to, "purpose": purpose, "category": category},
            owners=owner,
            until=until,
            decision={"decision": "deny"}
            if refuse
            else {"decision": "permit", "max_sensitivity": max_sensitivity},
        )
    if dry_run:
        show_request("POST", "/v1/consents", body)
        return
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    with open_client(url, token_file, role) as client:
        answer = client.call_json("POST", "/v1/consents", json=body, headers=headers)
    _print(answer, "recorded", as_json=as_json)


@app.command()
def withdraw(
    consent: Annotated[str, typer.Argument(help="Consent to withdraw.")],
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Withdraw a consent: no release that depends on it is recorded afterwards."""
    path = f"/v1/consents/{consent}/withdrawals"
    if dry_run:
        show_request("POST", path, {})
        return
    with open_client(url, token_file, role) as client:
        answer = client.call_json("POST", path, json={})
    _print(answer, "withdrawn", as_json=as_json)


def _body(
    needed: dict[str, Any], *, owners: list[str] | None, until: str | None, decision: dict[str, str]
) -> dict[str, Any]:
    missing = [f"--{name}" for name, value in needed.items() if not value]
    if missing:
        raise CommandError(USAGE, f"missing {', '.join(missing)} (or give --file)")
    return {
        "person": needed["person"],
        **decision,
        "recipients": [{"agency": agency} for agency in needed["to"]],
        "owners": owners or "any",
        "purposes": needed["purpose"],
        "categories": needed["category"],
        "until": until,
    }


def _print(answer: dict[str, Any], verb: str, *, as_json: bool) -> None:
    if as_json:
        print_json(answer)
        return
    said = (("receipt", answer.get("receipt")), ("ledger entry", answer.get("ledger_entry")))
    idle = [
        (
            "without effect",
            f"{one['category']}, {one['owner_agency'] or 'any owner'}: {one['reason']['text']}",
        )
        for one in answer.get("without_effect", ())
    ]
    print_facts([(verb, answer.get("id")), *said, *idle])
