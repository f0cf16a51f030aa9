"""Activating a bundle: from its entry on, a worker that runs another one releases nothing.

The first bundle of a ledger is activated by the start; any later one by a second person's approval.
"""

import json
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.filing import OPERATOR, file_approval, find_open
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.database import Database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Effect
from gateway.adapters.sql.tables import bundles, deployment
from gateway.adapters.sql.writer import Writer
from gateway.domain.acting import Note
from gateway.domain.approving import Approval, ApprovalKind
from gateway.domain.errors import ConflictError
from gateway.domain.facts import POLICY_SCOPE
from gateway.domain.ids import ApprovalId
from gateway.domain.instants import Instant

_ACTIVE = select(deployment.c.value).where(deployment.c.name == bindparam("of_name"))
_PUT = upsert(deployment)
_PUT = _PUT.on_conflict_do_update(index_elements=[deployment.c.name], set_={"value": _PUT.excluded.value})
_KEEP = upsert(bundles).on_conflict_do_nothing()
_CONTENT = select(bundles.c.content).where(bundles.c.digest == bindparam("of_digest"))


async def find_active(database: Database) -> str | None:
    """The digest of the active bundle; None where none was ever activated."""
    return await database.snapshot(_find_active)


async def activate(database: Database, writer: Writer, note: Note, digest: str, content: bytes) -> None:
    """Make this bundle the active one and keep it by its digest, unless it is active already."""
    if await find_active(database) == digest:
        return

    async def change(tx: Tx, at: Instant) -> Effect:
        await write_active(tx, digest, content, at)
        return Effect(note, {}, (POLICY_SCOPE,))

    await writer.act(note, change)


async def write_active(tx: Tx, digest: str, content: bytes, at: Instant) -> None:
    """Make a bundle the active one, inside the transaction of the act that says so."""
    await tx.run(_KEEP, digest=digest, content=content, activated_at=at)
    await tx.run(_PUT, name="policy", value=digest)


async def ask_to_activate(
    writer: Writer, note: Note, approval: ApprovalId, operator: str, bundle: tuple[str, bytes]
) -> ApprovalId:
    """Ask a second person to activate a bundle, once however many processes start with it.

    Args:
        writer: Of this process.
        note: Of the operator's act.
        approval: The question's identifier, if it is not open already.
        operator: The operating-system user who started this process.
        bundle: Its digest and its content, every file by its path.

    Returns:
        The identifier of the question that is open.
    """
    vault, names = Vault(writer.keys, writer.owners), ("digest", bundle[0])

    async def change(tx: Tx, at: Instant) -> Effect:
        if await find_open(tx, vault, ApprovalKind.POLICY, None, names) is not None:
            raise ConflictError("another process has asked meanwhile")
        content = {
            "digest": bundle[0],
            "content": bundle[1].decode(),
            "operator": operator,
            "differs": await _differs(tx, bundle[1]),
        }
        asked = Approval(approval, ApprovalKind.POLICY, None, None, content)
        await file_approval(tx, vault, asked, OPERATOR, at)
        return Effect(note, {"approval": approval})

    found = await writer.database.snapshot(lambda tx: find_open(tx, vault, ApprovalKind.POLICY, None, names))
    if found is not None:
        return found
    try:
        await writer.act(note, change)
    except ConflictError:
        return await ask_to_activate(writer, note, approval, operator, bundle)
    return approval


async def _find_active(tx: Tx) -> str | None:
    row = await tx.one(_ACTIVE, of_name="policy")
    return None if row is None else row["value"]


async def _differs(tx: Tx, content: bytes) -> dict[str, list[str]]:
    """Which files of the bundle differ from the active one's, by their paths."""
    row = await tx.one(_CONTENT, of_digest=await _find_active(tx) or "")
    before: dict[str, Any] = {} if row is None else json.loads(row["content"])
    after: dict[str, Any] = json.loads(content)
    return {
        "added": sorted(after.keys() - before.keys()),
        "removed": sorted(before.keys() - after.keys()),
        "changed": sorted(one for one in after.keys() & before.keys() if after[one] != before[one]),
    }
