"""`gateway fragment`: deposit one, list a dossier's."""

import base64
import hashlib
import json
import mimetypes
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.client import Role, ServerUrl, TokenFile, open_client, read_json_file, show_request
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.output import DryRun, JsonFlag, print_facts, print_json, print_rows

app = typer.Typer(no_args_is_help=True, help="Deposit a fragment; list those of a dossier.")


@app.command()
def deposit(  # noqa: PLR0913, PLR0917 - each is an option of the command
    file: Annotated[Path, typer.Argument(help="The document; with --structured, JSON with its sections.")],
    dossier: Annotated[str, typer.Option(help="Dossier it belongs to.")],
    category: Annotated[str, typer.Option(help="Category, from `GET /v1/fragment-kinds`.")],
    sensitivity: Annotated[str | None, typer.Option(help="N, R or V; by default the category's.")] = None,
    media_type: Annotated[str | None, typer.Option(help="Media type. Default: by the file's name.")] = None,
    created: Annotated[str | None, typer.Option(help="When it was written, RFC 3339. Default: now.")] = None,
    structured: Annotated[
        bool, typer.Option("--structured", help='The file is {"sections": [{"id", "content", …}]}.')
    ] = False,
    idempotency_key: Annotated[
        str | None, typer.Option(help="Deposit once, however often it is sent.")
    ] = None,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
    dry_run: DryRun = False,
) -> None:
    """Seal a document, or a structured fragment section by section, into a dossier."""
    path = f"/v1/dossiers/{dossier}/fragments"
    meta: dict[str, Any] = {"category": category}
    if sensitivity is not None:
        meta["sensitivity"] = sensitivity
    if created is not None:
        meta["created"] = created
    request = _structured(file, meta) if structured else _document(file, meta, media_type)
    if dry_run:
        show_request("POST", path, meta)
        return
    headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
    with open_client(url, token_file, role) as client:
        answer = client.call_json("POST", path, headers=headers, **request)
    if as_json:
        print_json(answer)
    else:
        print_facts([("deposited", answer.get("id")), ("ledger entry", answer.get("ledger_entry"))])


@app.command("list")
def list_(  # noqa: PLR0913, PLR0917 - each is an option of the command
    dossier: Annotated[str, typer.Argument(help="Dossier to look into.")],
    purpose: Annotated[str, typer.Option(help="Why it is asked, from `GET /v1/purposes`.")],
    limit: Annotated[int, typer.Option(min=1, help="Stop after this many.")] = 200,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
) -> None:
    """List the fragments of a dossier that policy lets the caller know of."""
    with open_client(url, token_file, role) as client:
        rows = client.list_all(f"/v1/dossiers/{dossier}/fragments", params={"purpose": purpose}, limit=limit)
    columns = ("id", "owner_agency", "category", "sensitivity", "created", "decision")
    print_rows(rows, columns, as_json=as_json, none="No fragment that you may know of.")


def _structured(file: Path, meta: dict[str, Any]) -> dict[str, Any]:
    document = read_json_file(file)
    if not isinstance(document, dict) or "sections" not in document:
        raise CommandError(USAGE, f'{file} is not {{"sections": [...]}}')
    meta["sections"] = document["sections"]
    return {"json": meta}


def _document(file: Path, meta: dict[str, Any], media_type: str | None) -> dict[str, Any]:
    meta["media_type"] = media_type or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    content = _bytes_of(file)
    digest = {"Content-Digest": _digest_of(content)}
    return {
        "files": {
            "meta": (None, json.dumps(meta), "application/json"),
            "content": (file.name, content, meta["media_type"], digest),
        }
    }


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(USAGE, f"{file}: {error.strerror}") from None


def _digest_of(content: bytes) -> str:
    """Announce a content (RFC 9530), so that the gateway seals it as it comes and checks that it all came."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"
