"""Findings as rows: sealed under the person's record key, each revision bound to its own number."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import findings
from gateway.domain.errors import CorruptionError
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import FindingId, PersonId
from gateway.domain.instants import Instant
from gateway.ports import RecordKey, RecordKeys

_OF_PERSON = select(findings).where(findings.c.person == bindparam("of_person")).order_by(findings.c.id)
FIND = select(findings).where(findings.c.id == bindparam("of_id"))


async def read_findings(tx: Tx, keys: RecordKeys, key: RecordKey, person: PersonId) -> tuple[Finding, ...]:
    """Read the last revision of every record about a person, under her opened record key, by id."""
    return tuple([open_finding(keys, key, row) for row in await tx.all(_OF_PERSON, of_person=person)])


async def list_findings(tx: Tx, keys: RecordKeys, owners: OwnerKeys, person: PersonId) -> Sequence[Finding]:
    """The same, for who has not opened her key."""
    rows = await tx.all(_OF_PERSON, of_person=person)
    return [open_finding(keys, await owners.require(tx, f"person:{person}"), row) for row in rows]


async def find_finding(tx: Tx, keys: RecordKeys, owners: OwnerKeys, finding: FindingId) -> Finding | None:
    """Find the last revision of one record."""
    row = await tx.one(FIND, of_id=finding)
    if row is None:
        return None
    return open_finding(keys, await owners.require(tx, f"person:{row['person']}"), row)


def number_of(keys: RecordKeys, finding: str, revision: int) -> int:
    """Number a revision among what is sealed under the person's record key, far above her own revisions."""
    handle = keys.handle("row/finding", f"{finding}:{revision}")
    return (1 << 56) | int.from_bytes(handle[:7], "big")


def open_finding(keys: RecordKeys, key: RecordKey, row: Mapping[str, Any]) -> Finding:
    """Open a revision that stands, or stood, in its row."""
    sealed = keys.unseal_attributes(key, number_of(keys, row["id"], row["revision"]), row["sealed"])
    try:
        return Finding(
            id=FindingId(row["id"]),
            person=PersonId(row["person"]),
            kind=FindingKind(row["kind"]),
            document=json.loads(sealed),
            revision=row["revision"],
            recorded_at=Instant(row["recorded_at"]),
            from_at=None if row["from_at"] is None else Instant(row["from_at"]),
            until_at=None if row["until_at"] is None else Instant(row["until_at"]),
        )
    except ValueError:
        raise CorruptionError("a finding cannot be read") from None
