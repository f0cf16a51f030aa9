"""Verifying a database's ledgers with a public key, and with the keys where they are given."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.adapters.crypto.note import VerifierKey
from gateway.adapters.crypto.state import KeyState, origin_of
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.verify.findings import Mismatch, Report
from gateway.adapters.sql.verify.opening import list_ledgers, list_notes, open_copy
from gateway.adapters.sql.verify.whole import verify_ledger
from gateway.cli.failure import USAGE, CommandError
from gateway.domain.errors import MalformedError, TamperedError

_NAME = re.compile(r"gateway/(dep_[0-9a-z]{26})/ledger-([1-9][0-9]{0,8})\Z")
_CHECKPOINT_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a verifier brings: the public key, and perhaps a checkpoint and the keys of the deployment."""

    vkey: VerifierKey
    checkpoint: str | None = None
    keys: KeyState | None = None


async def verify_database(url: str, evidence: Evidence) -> Report:
    """Verify every ledger of a database, on one instant of it.

    Raises:
        LedgerUnavailableError: The database is not there or does not answer.
        CorruptionError: It holds no ledger.
    """
    async with open_copy(url) as tx:
        verifiers = await _verifiers_of(tx, evidence)
        keys = None if evidence.keys is None else evidence.keys.keyring
        return await verify_ledger(tx, verifiers, outside=evidence.checkpoint, keys=keys)


def read_vkey(text: str) -> VerifierKey:
    """Read a verifier key, given as its text or as a file that holds it.

    Raises:
        CommandError: It is neither, or not the key of a gateway's ledger.
    """
    path = Path(text)
    if "+" not in text and path.is_file():
        text = path.read_text(encoding="utf-8")
    try:
        vkey = VerifierKey.parse(text.strip())
    except MalformedError as error:
        raise CommandError(USAGE, str(error)) from None
    if not _NAME.match(vkey.name):
        raise CommandError(USAGE, "this is not the verifier key of a gateway's ledger")
    return vkey


def read_own_vkey(state_dir: Path) -> VerifierKey:
    """Read the verifier key that a state directory names; no secret is opened.

    Raises:
        CommandError: There is no state directory with keys.
    """
    try:
        document: dict[str, Any] = json.loads((state_dir / "deployment.json").read_bytes())
        return read_vkey(str(document["vkey"]))
    except (OSError, ValueError, KeyError):
        raise CommandError(
            USAGE,
            "no verifier key is known here",
            ("give it: --vkey; `gateway keys init` printed it, /.well-known/gateway-keys shows it",),
        ) from None


def read_checkpoint(path: Path) -> str:
    """Read a checkpoint that was kept outside the database.

    Raises:
        CommandError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(_CHECKPOINT_BYTES).decode()
    except (OSError, UnicodeDecodeError):
        raise CommandError(USAGE, f"{path} holds no checkpoint that can be read") from None


def to_document(report: Report) -> dict[str, Any]:
    """Render a report for scripts; the first finding is the first wrong entry."""
    return {
        "holds": report.holds,
        "entries": report.entries,
        "covered": report.covered,
        "outside_checkpoint": report.outside,
        "keys": report.keys,
        "findings": [
            {"ledger": one.ledger, "first": one.first, "last": one.last, "what": one.what}
            for one in _in_order(report)
        ],
    }


def to_lines(report: Report) -> list[str]:
    """Say what was found, what was checked, and what was not."""
    found = _in_order(report)
    lines = [one.text for one in found[:10]]
    if len(found) > len(lines):
        lines.append(f"and {len(found) - len(lines)} more")
    lines.append("THE LEDGER DOES NOT HOLD" if found else "The ledger holds.")
    lines.append(f"{report.entries} entries; the newest checkpoint covers {report.covered} of them.")
    lines.append(
        "With the keys: what stands beside each entry follows from what is sealed in it."
        if report.keys
        else "Without the keys, not checked: the search columns and the facts kept beside the entries."
    )
    lines.append(
        "A checkpoint kept outside was given: the ledger continues at least as far as that."
        if report.outside
        else "No checkpoint kept outside was given: nothing proves that the ledger did not continue."
    )
    return lines


def _in_order(report: Report) -> list[Mismatch]:
    return sorted(report.findings, key=lambda one: (one.ledger, one.first))


async def _verifiers_of(tx: Tx, evidence: Evidence) -> dict[int, VerifierKey]:
    """One public key serves all ledgers of a deployment, each under its own name.

    A ledger later than the one that the key names counts only if it was signed under that name.
    """
    deployment, named = _parts_of(evidence.vkey.name)
    of_checkpoint = (evidence.checkpoint or "").partition("\n")[0]
    wanted = {named, *await list_ledgers(tx)}
    if _NAME.match(of_checkpoint) and _parts_of(of_checkpoint)[0] == deployment:
        wanted.add(_parts_of(of_checkpoint)[1])
    verifiers = {
        number: VerifierKey.of(origin_of(deployment, number), evidence.vkey.public) for number in wanted
    }
    for number in [one for one in wanted if one > named]:
        notes = [*await list_notes(tx, number), evidence.checkpoint or ""]
        if not any(_is_signed(verifiers[number], note) for note in notes):
            del verifiers[number]
    return verifiers


def _is_signed(verifier: VerifierKey, note: str) -> bool:
    try:
        verifier.verify(note)
    except TamperedError:
        return False
    return True


def _parts_of(name: str) -> tuple[str, int]:
    match = _NAME.match(name)
    assert match is not None
    return match[1], int(match[2])
