"""Completing a transfer: the record, and the end of the sender's assignment, in one act.

Kind of `narrowing` written here: `transfer_completed`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, or_, update

from gateway.adapters.sql.acts.duties import leave_out_everywhere
from gateway.adapters.sql.acts.findings import change_finding, narrow_again
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import assignments
from gateway.domain.acting import Note
from gateway.domain.findings import Finding
from gateway.domain.instants import Instant
from gateway.domain.meetings import TransferState

_END_ALL = (
    update(assignments)
    .where(
        assignments.c.worker == bindparam("of_worker"),
        assignments.c.person == bindparam("of_person"),
        or_(assignments.c.until_at.is_(None), assignments.c.until_at > bindparam("end_at")),
    )
    .values(until_at=bindparam("end_at"))
)


def sign_transfer(vault: Vault, note: Note, transfer: Finding) -> Change:
    """Write that one of the two workers has signed off; once both have, the sender works there no more.

    `reference` is `{finding, revision}`. Raises as `change_finding`.
    """
    write = change_finding(vault, note, transfer, narrows=True)

    async def change(tx: Tx, at: Instant) -> Effect:
        effect = await write(tx, at)
        if transfer.document["state"] != TransferState.COMPLETED:
            return effect
        worker = transfer.document["from_worker"]
        await _end_relationship(tx, worker, transfer.person, at)
        narrowing = {**(effect.narrowing or {}), "kind": "transfer_completed", "worker": worker}
        return replace(effect, narrowing=narrowing)

    return change


async def complete_again(tx: Tx, record: Mapping[str, Any], at: Instant, vault: Vault) -> bool:
    """Apply it to an older copy of the tables; the sender's end is the act's own instant."""
    narrowed = await narrow_again(tx, record, vault)
    return await _end_relationship(tx, record["worker"], record["person"], at) > 0 or narrowed


async def _end_relationship(tx: Tx, worker: str, person: str, at: Instant) -> int:
    """End her own assignments, and leave the person out of what she does for a team."""
    ended = await tx.run(_END_ALL, of_worker=worker, of_person=person, end_at=at)
    return ended + await leave_out_everywhere(tx, worker, person, at)
