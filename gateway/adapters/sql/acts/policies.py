"""Activating a bundle: from its entry on, a worker that runs another one releases nothing."""

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.database import Database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Effect
from gateway.adapters.sql.tables import bundles, deployment
from gateway.adapters.sql.writer import Writer
from gateway.domain.acting import Note
from gateway.domain.facts import POLICY_SCOPE
from gateway.domain.instants import Instant

_ACTIVE = select(deployment.c.value).where(deployment.c.name == bindparam("of_name"))
_PUT = upsert(deployment)
_PUT = _PUT.on_conflict_do_update(index_elements=[deployment.c.name], set_={"value": _PUT.excluded.value})
_KEEP = upsert(bundles).on_conflict_do_nothing()


async def activate(database: Database, writer: Writer, note: Note, digest: str, content: bytes) -> None:
    """Make this bundle the active one and keep it by its digest, unless it is active already."""
    row = await database.snapshot(lambda tx: tx.one(_ACTIVE, of_name="policy"))
    if row is not None and row["value"] == digest:
        return

    async def change(tx: Tx, at: Instant) -> Effect:
        await tx.run(_KEEP, digest=digest, content=content, activated_at=at)
        await tx.run(_PUT, name="policy", value=digest)
        return Effect(note, {}, (POLICY_SCOPE,))

    await writer.act(note, change)
