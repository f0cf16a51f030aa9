"""The archive of an agency that leaves: a zip of envelopes, ledger entries and proofs (deploy/leaving.md)."""

import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.cli.failure import USAGE, CommandError
from gateway.domain.ids import parse_id

FORMAT = "gateway-archive-1"
_FRAGMENTS, _ENTRIES = "fragments/", "ledger/entries/"


class Archive:
    """Written beside its place and put there whole: what is there is complete."""

    def __init__(self, file: zipfile.ZipFile) -> None:
        self._zip = file
        self._fragments: list[dict[str, Any]] = []
        self._entries = 0

    @classmethod
    @contextmanager
    def create(cls, path: Path) -> Iterator["Archive"]:
        """Make a new archive, 0600.

        Raises:
            CommandError: There is something at its place, or it cannot be written.
        """
        draft = path.with_name(f"{path.name}.part")
        if path.exists():
            raise CommandError(USAGE, f"{path} is there already")
        try:
            descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CommandError(USAGE, f"{draft}: {error.strerror}") from None
        try:
            with os.fdopen(descriptor, "w+b") as raw:
                os.fchmod(descriptor, 0o600)
                with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
                    archive = cls(file)
                    yield archive
                    archive._close()
                raw.flush()
                os.fsync(descriptor)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    @property
    def counts(self) -> dict[str, int]:
        return {"documents": len(self._fragments), "entries": self._entries}

    def add_fragment(self, row: Mapping[str, Any], taken: Mapping[str, Any]) -> None:
        """Add one envelope, and where the ledger says that it left."""
        self._zip.writestr(f"{_FRAGMENTS}{row['id']}.jwe", taken["envelope"])
        told = {name: row[name] for name in ("id", "owner", "category", "status")}
        self._fragments.append({**told, "ledger_entry": taken["ledger_entry"], "at": taken["recorded_at"]})

    def add_entry(self, name: str, entry: object, proof: object) -> None:
        """Add one ledger entry with its proof, as the gateway's officer reads them."""
        self._zip.writestr(f"{_ENTRIES}{name}.json", _dump({"entry": entry, "proof": proof}))
        self._entries += 1

    def add_checkpoint(self, note: str) -> None:
        self._zip.writestr("ledger/checkpoint", note)

    def _close(self) -> None:
        self._zip.writestr("manifest.json", _dump({"format": FORMAT, "fragments": self._fragments}))


def open_archive(path: Path) -> Iterator[tuple[str, str]]:
    """Give each document's identifier and envelope.

    Raises:
        CommandError: It is no archive of ours.
    """
    try:
        with zipfile.ZipFile(path) as file:
            manifest = json.loads(file.read("manifest.json"))
            if manifest.get("format") != FORMAT:
                raise CommandError(USAGE, f"{path} is no archive of this gateway")
            for row in manifest["fragments"]:
                name = parse_id(row["id"], field="id")
                yield name, file.read(f"{_FRAGMENTS}{name}.jwe").decode("ascii")
    except (OSError, zipfile.BadZipFile, KeyError, ValueError, AttributeError):
        raise CommandError(USAGE, f"{path} is no archive of this gateway") from None


def _dump(document: object) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False)
