"""Putting a question to a second person: what would take effect is kept sealed until she has answered."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert, select

from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.append import owner_of
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.tables import approvals
from gateway.domain.approving import Approval, ApprovalKind
from gateway.domain.ids import ApprovalId, PersonId
from gateway.domain.instants import Instant

OPERATOR = "operator"
"""Who asked, where it was the operating-system user; her name is in the sealed content."""

_ADD = insert(approvals)
_OPEN = select(approvals).where(approvals.c.kind == bindparam("of_kind"), approvals.c.answer.is_(None))


async def file_approval(tx: Tx, vault: Vault, approval: Approval, asked_by: str, at: Instant) -> None:
    """Write the question, inside the act's own transaction."""
    plain = json.dumps(dict(approval.content), ensure_ascii=False, sort_keys=True).encode()
    owner = owner_of(approval.person, None)
    await tx.run(
        _ADD,
        id=approval.id,
        kind=str(approval.kind),
        agency=approval.agency,
        person=approval.person,
        asked_by=asked_by,
        sealed=await vault.seal(tx, owner, vault.number("approval", approval.id), plain),
        asked_at=at,
        answer=None,
        answered_by=None,
        answered_at=None,
    )


async def find_open(
    tx: Tx, vault: Vault, kind: ApprovalKind, person: PersonId | None, names: tuple[str, Any]
) -> ApprovalId | None:
    """Find the question that is open already: of this kind, about this person, with this in its content."""
    field, value = names
    for row in await tx.all(_OPEN, of_kind=str(kind)):
        if row["person"] == person and (await open_content(tx, vault, row))[field] == value:
            return ApprovalId(row["id"])
    return None


async def open_content(tx: Tx, vault: Vault, row: Row) -> Mapping[str, Any]:
    """Open what `file_approval` sealed in this row.

    Raises:
        TamperedError: It is another row's, or was altered.
    """
    person = None if row["person"] is None else PersonId(row["person"])
    number = vault.number("approval", row["id"])
    found: Mapping[str, Any] = json.loads(
        await vault.unseal(tx, owner_of(person, None), number, row["sealed"])
    )
    return found
