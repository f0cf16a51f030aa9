"""`gateway agency workers`: import a list of them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.client import Role, ServerUrl, TokenFile, open_client
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.output import JsonFlag, print_facts, print_json, print_rows
from gateway.domain.errors import MalformedError
from gateway.domain.workforce import WorkerLine, parse_workers_csv

app = typer.Typer(no_args_is_help=True, help="Import an agency's workers from a list.")

_MAX_FILE_BYTES = 1024 * 1024


@app.callback()
def _root() -> None:
    """Import an agency's workers from a list."""


@app.command("import")
def import_(  # noqa: PLR0913, PLR0917 - each is an option of the command
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV in UTF-8, with the header id,name,roles,identity_issuer,identity_subject,active."
        ),
    ],
    agency: Annotated[str, typer.Option(help="Whose workers they are.")],
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask what each line would do; change nothing.")
    ] = False,
) -> None:
    """Bring an agency's workers to what the list says; whom it does not name stays as she is.

    Nobody is removed by being left out: `active` false does that. The same list again changes nothing. Exit
    1 where a line is refused; the others are done all the same.
    """
    lines = _read(file)
    body = {"agency": agency, "rows": [_row(one) for one in lines], "dry_run": dry_run}
    with open_client(url, token_file, role) as client:
        done = client.call_json("POST", "/v1/worker-imports", json=body)
    rows = [{**row, "line": lines[row["line"] - 1].line} for row in done["rows"]]
    if as_json:
        print_json({**done, "rows": rows})
    else:
        told = [row for row in rows if row["outcome"] != "unchanged"]
        print_rows(told, ("line", "outcome", "code"), as_json=False, none="Nothing changes.")
        print_facts([(outcome, count) for outcome, count in _counts(rows).items()])
    if any(row["outcome"] == "refused" for row in rows):
        raise typer.Exit(1)


def _read(file: Path) -> tuple[WorkerLine, ...]:
    try:
        if file.stat().st_size > _MAX_FILE_BYTES:
            raise CommandError(USAGE, f"{file} is larger than 1 MiB")
        content = file.read_bytes()
    except OSError as error:
        raise CommandError(USAGE, f"{file}: {error.strerror}") from None
    try:
        lines = parse_workers_csv(content)
    except MalformedError as error:
        raise CommandError(USAGE, f"{file}: {error}") from None
    if not lines:
        raise CommandError(USAGE, f"{file} names nobody")
    return lines


def _row(line: WorkerLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "name": line.name,
        "roles": list(line.roles)[:20],
        "identity_issuer": line.identity_issuer,
        "identity_subject": line.identity_subject,
        "active": line.active,
    }


def _counts(rows: list[dict[str, Any]]) -> dict[str, int]:
    counts = dict.fromkeys(("created", "changed", "unchanged", "refused"), 0)
    for row in rows:
        counts[row["outcome"]] += 1
    return counts
