"""`gateway receipt`: fetch one's own; verify any, offline, with the public key alone."""

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.adapters.crypto.receipts import MAX_BYTES, ReceiptVerifier
from gateway.cli.client import Role, ServerUrl, TokenFile, open_client, read_json_file
from gateway.cli.failure import USAGE, CommandError
from gateway.cli.output import JsonFlag, print_json
from gateway.domain.errors import MalformedError, TamperedError
from gateway.domain.receipt import SCHEMA, text_digest
from gateway.domain.receipt_text import render

LANGUAGES = ("fr", "en")
_PATHS = {"stp": "/v1/stops/{}/receipt", "rcp": "/v1/receipts/{}"}
_OF_CONSENT = "/v1/consents/{}/receipt"

app = typer.Typer(no_args_is_help=True, help="Fetch a receipt; verify one offline.")


@app.callback()
def _receipt() -> None:
    """Fetch a receipt; verify one offline."""


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(help="Consent, or stop (`stp_…`), for its newest; or a receipt (`rcp_…`).")
    ],
    out: Annotated[Path | None, typer.Option(help="Keep the signed receipt in this file too.")] = None,
    token_file: TokenFile = None,
    url: ServerUrl = None,
    role: Role = None,
    as_json: JsonFlag = False,
) -> None:
    """Print the text of one's own receipt, in both languages."""
    path = _PATHS.get(name.partition("_")[0], _OF_CONSENT).format(name)
    with open_client(url, token_file, role) as client:
        answer = client.call_json("GET", path)
    if out is not None:
        out.write_text(answer["signed"] + "\n", encoding="ascii")
    if as_json:
        print_json(answer)
        return
    print("\n".join(render(answer["receipt"], language) for language in LANGUAGES), end="")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A signed receipt, or the JSON that holds it as `signed`.")],
    keys: Annotated[
        Path | None, typer.Option(help="What /.well-known/gateway-keys answered, in a file; or one JWK.")
    ] = None,
    public_key: Annotated[str | None, typer.Option(help="The key's `x` instead, 43 characters.")] = None,
    text: Annotated[Path | None, typer.Option(help="A text that was handed over with it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Verify a receipt with the public key alone; exit 1 with what does not hold.

    Checked: the signature and its key, both texts rendered anew from the record, and the text that was handed
    over, if it is given. Nothing is asked of any server.
    """
    verifier = _verifier(keys, public_key)
    signed, shown = _read(file)
    try:
        record = verifier.open(signed)
    except TamperedError as error:
        _end({}, {}, [str(error)], as_json=as_json)
        return
    texts, findings = check(record)
    if shown is not None and shown != record:
        findings.append("the record beside the signature is not the one that is signed")
    if text is not None and _digest_of(text) not in _digests(record).values():
        findings.append("the text that was handed over is not this receipt's")
    _end(record, texts, findings, as_json=as_json)


def check(record: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Render both texts of a signed record anew; give them, and what does not agree."""
    if not str(record.get("schema_version", "")).startswith(SCHEMA):
        return {}, ["signed, but not the record of a receipt that is known here"]
    texts, findings = {}, []
    for language in LANGUAGES:
        try:
            texts[language] = render(record, language)
        except MalformedError as error:
            return {}, [str(error)]
        if text_digest(texts[language]) != _digests(record).get(language):
            findings.append(f"the text ({language}) is not the one that was signed")
    return texts, findings


def _verifier(keys: Path | None, public_key: str | None) -> ReceiptVerifier:
    if (keys is None) == (public_key is None):
        raise CommandError(
            USAGE,
            "give the public key: --keys or --public-key",
            ("save /.well-known/gateway-keys of the gateway, or ask whoever runs it for the key",),
        )
    if public_key is not None:
        return ReceiptVerifier.of_public(public_key)
    assert keys is not None
    return ReceiptVerifier.of_document(read_json_file(keys))


def _read(file: Path) -> tuple[str, Any]:
    """Read the signed receipt, and the record that stands beside it if the file is the JSON answer."""
    try:
        with file.open("rb") as opened:
            content = opened.read(2 * MAX_BYTES).decode().strip()
    except (OSError, UnicodeDecodeError):
        raise CommandError(USAGE, f"{file} holds no receipt that can be read") from None
    if not content.startswith("{"):
        return content, None
    try:
        document = json.loads(content)
        return str(document["signed"]), document.get("receipt")
    except (ValueError, KeyError, RecursionError):
        raise CommandError(USAGE, f"{file} holds no signed receipt") from None


def _digests(record: dict[str, Any]) -> dict[str, Any]:
    held = record.get("text", {})
    digests = held.get("sha256", {}) if isinstance(held, dict) else {}
    return digests if isinstance(digests, dict) else {}


def _digest_of(text: Path) -> str:
    try:
        return hashlib.sha256(text.read_bytes()).hexdigest()
    except OSError as error:
        raise CommandError(USAGE, f"{text}: {error.strerror}") from None


def _end(record: dict[str, Any], texts: dict[str, str], findings: list[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"holds": not findings, "findings": findings, "receipt": record, "texts": texts})
    else:
        print("\n".join([*texts.values(), *findings]))
        print("THE RECEIPT DOES NOT HOLD" if findings else "The receipt holds.")
    if findings:
        raise typer.Exit(1)
