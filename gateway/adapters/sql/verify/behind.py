"""With the keys: what stands beside an entry follows from what is sealed in it.

Opens part 0, derives the search columns and the snapshot's handle again, opens the snapshot and compares its
hash. Whatever differs was altered; whatever does not open was altered, or its key was destroyed on purpose.
"""

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import bindparam, select

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.lines import search_columns
from gateway.adapters.sql.tables import agencies, persons, record_keys, snapshots
from gateway.adapters.sql.verify.findings import Report
from gateway.adapters.sql.verify.walk import Checked
from gateway.domain.errors import TamperedError
from gateway.ports import RecordKey, RecordKeys

OWNER_BYTES = 16

_RECORD_KEYS = select(record_keys)
_PERSONS = select(persons.c.id)
_AGENCIES = select(agencies.c.id)
_SNAPSHOT = select(snapshots.c.sealed).where(snapshots.c.handle == bindparam("handle"))


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens parts and snapshots; record keys by the handle of their owner."""

    keys: RecordKeys
    by_handle: Mapping[bytes, RecordKey]

    @classmethod
    async def load(cls, tx: Tx, keys: RecordKeys) -> "Opener":
        """Open every record key whose owner the tables still name; one that was altered opens nothing."""
        owners = [f"person:{row['id']}" for row in await tx.all(_PERSONS)]
        owners += [f"agency:{row['id']}" for row in await tx.all(_AGENCIES)]
        wraps = {row["owner"]: row["wrap"] for row in await tx.all(_RECORD_KEYS)}
        opened: dict[bytes, RecordKey] = {}
        for owner in [*owners, "deployment"]:
            handle = keys.handle("record-owner", owner)
            if isinstance(wraps.get(handle), bytes):
                with contextlib.suppress(TamperedError):
                    opened[handle] = keys.record_key(owner, wraps[handle])
        return cls(keys, opened)

    def detail(self, checked: Checked) -> dict[str, Any]:
        """The officers' part of an entry, opened.

        Raises:
            TamperedError: It does not open.
        """
        part = checked.parts[0]
        key = self.by_handle.get(part[:OWNER_BYTES])
        if key is None:
            raise TamperedError("no record key opens this entry")
        opened = self.keys.unseal_part(key, checked.leaf.decision_id, 0, part[OWNER_BYTES:])
        document: dict[str, Any] = orjson.loads(opened)
        return document


@dataclass(frozen=True, slots=True)
class Behind:
    """Called with each entry that holds; adds what it finds to the report."""

    tx: Tx
    opener: Opener
    report: Report

    async def __call__(self, checked: Checked) -> None:
        try:
            detail = self.opener.detail(checked)
        except TamperedError:
            self._wrong(checked, "its officers' part does not open")
            return
        derived = search_columns(self.opener.keys, detail)
        if any(checked.row[name] != value for name, value in derived.items()):
            self._wrong(checked, "a search column is not what the entry says")
        await self._snapshot(checked, detail)

    async def _snapshot(self, checked: Checked, detail: Mapping[str, Any]) -> None:
        """The facts kept beside the entry are those that it names by their hash."""
        named, stored = detail.get("facts"), checked.row["snapshot"]
        if named is None:
            if stored is not None:
                self._wrong(checked, "it names a facts snapshot that it did not rest on")
            return
        digest = bytes.fromhex(named)
        if stored != self.opener.keys.snapshot_handle(digest):
            self._wrong(checked, "its facts snapshot stands under another handle")
            return
        row = await self.tx.one(_SNAPSHOT, handle=stored)
        key = self.opener.by_handle[checked.parts[0][:OWNER_BYTES]]
        sealed = row["sealed"] if row is not None else b""
        try:
            facts = self.opener.keys.unseal_snapshot(
                key, stored, sealed if isinstance(sealed, bytes) else b""
            )
        except TamperedError:
            self._wrong(checked, "its facts snapshot is gone or altered")
            return
        if hashlib.sha256(facts).digest() != digest:
            self._wrong(checked, "its facts snapshot holds other facts")

    def _wrong(self, checked: Checked, what: str) -> None:
        self.report.add(checked.row["ledger"], checked.row["idx"], what)
