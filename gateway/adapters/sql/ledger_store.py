"""Beginning a ledger, and applying narrowing acts that a database put back does not know."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.adapters.sql import publishing
from gateway.adapters.sql.acts import narrowing, registry_narrowing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Effect
from gateway.adapters.sql.store import SqlStore
from gateway.domain.acting import Note
from gateway.domain.ids import DecisionId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.merkle import Node, NodeAt


class SqlPublishing:
    """The ledger as its signer reads it, and as the start of the service writes it."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database

    async def extent(self) -> tuple[int, int] | None:
        return await self._database.snapshot(publishing.read_extent)

    async def leaves(self, ledger: int, first: int, limit: int) -> Sequence[bytes]:
        return await self._database.snapshot(lambda tx: publishing.read_leaves(tx, ledger, first, limit))

    async def nodes_at(self, ledger: int, wanted: Sequence[tuple[int, int]]) -> NodeAt:
        return await self._database.snapshot(lambda tx: publishing.read_nodes(tx, ledger, wanted))

    async def journal(self, ledger: int, first: int, limit: int) -> Sequence[tuple[int, str, bytes]]:
        return await self._database.snapshot(lambda tx: publishing.read_journal(tx, ledger, first, limit))

    async def kept(self, ledger: int) -> int:
        return await self._database.snapshot(lambda tx: publishing.kept_size(tx, ledger))

    async def keep(self, ledger: int, size: int, note: str, nodes: Sequence[Node], *, mirrored: bool) -> None:
        await self._database.transaction(
            lambda tx: publishing.keep_checkpoint(tx, ledger, size, note, nodes, mirrored=mirrored)
        )

    async def lacking(self, decisions: Sequence[DecisionId]) -> Sequence[DecisionId]:
        known = await self._database.snapshot(lambda tx: publishing.find_known(tx, decisions))
        return [one for one in decisions if one not in known]

    async def begin(self, ledger: int, detail: Mapping[str, Any], decision: DecisionId) -> None:
        await self._database.transaction(lambda tx: publishing.reset_head(tx, ledger))
        note = Note(EntryKind.GENESIS, decision, None, detail)

        async def change(_tx: Tx, _at: Instant) -> Effect:
            return Effect(note, {})

        await self._store.writer.act(note, change)

    async def apply(self, record: Mapping[str, Any]) -> None:
        person = record.get("person")
        note = Note(
            kind=EntryKind.JOURNAL_APPLIED,
            decision_id=DecisionId(record["decision_id"]),
            caller=None,
            detail={"journal": dict(record)},
            person=None if person is None else PersonId(person),
        )
        await self._store.writer.act(note, lambda tx, _at: self._narrow(tx, note, record))

    async def _narrow(self, tx: Tx, note: Note, record: Mapping[str, Any]) -> Effect:
        """The end that is set is the original act's own instant."""
        at = Instant(record["at"])
        keys, owners = self._store.keys, self._store.writer.owners
        if record["kind"] in registry_narrowing.KINDS:
            await registry_narrowing.apply_narrowing(tx, record, at, vault=Vault(keys, owners))
        else:
            await narrowing.apply_narrowing(tx, record, at, keys=keys, owners=owners)
        return Effect(note, {}, tuple(record.get("scopes", ())), narrowing=record)
