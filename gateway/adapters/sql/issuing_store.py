"""The token endpoint's rows: clients' keys, its own keys, and what a request for a token leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, select

from gateway.adapters.sql.act_store import SqlActs
from gateway.adapters.sql.acts import client_keys as keys_of_clients
from gateway.adapters.sql.acts import issuer_keys as keys_of_issuer
from gateway.adapters.sql.acts import issuing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.proofs import is_taken
from gateway.adapters.sql.store import SqlStore
from gateway.adapters.sql.tables import client_keys
from gateway.domain.access import Recorded
from gateway.domain.acting import Done, Note
from gateway.domain.bearer import Proof
from gateway.domain.ids import ClientId
from gateway.domain.instants import Instant, to_text
from gateway.domain.issuer_keys import IssuerKey, NewIssuerKey, SigningKey
from gateway.domain.issuing import ClientKey, KnownClient, Names

_KEYS = (
    select(client_keys.c.kid, client_keys.c.algorithm, client_keys.c.added_at, client_keys.c.retired_at)
    .where(client_keys.c.client == bindparam("of_client"))
    .order_by(client_keys.c.added_at, client_keys.c.kid)
)


class SqlIssuing:
    """Implements the ports `IssuingStore`, `ClientKeyStore` and `IssuerKeyStore`."""

    def __init__(self, store: SqlStore, acts: SqlActs) -> None:
        self._database = store.database
        self._vault = Vault(store.keys, store.writer.owners)
        self._acts = acts

    async def known(self, names: Names) -> KnownClient | None:
        return await self._database.snapshot(lambda tx: issuing.find_known(tx, names))

    async def signing_key(self, now: Instant) -> SigningKey:
        return await self._database.snapshot(lambda tx: keys_of_issuer.open_signing_key(tx, self._vault, now))

    async def is_spent(self, spends: Sequence[Proof]) -> bool:
        return await self._database.snapshot(lambda tx: is_taken(tx, spends))

    async def issue(self, note: Note, spends: Sequence[Proof], refusal: Note) -> bool:
        done = await self._acts.act(note, issuing.issue(note, spends, refusal))
        return bool(done.reference[issuing.ISSUED])

    async def refuse(self, note: Note) -> Recorded:
        return await self._acts.refuse_act(note)

    async def add_client_key(self, note: Note, client: ClientId, key: ClientKey) -> Done:
        return await self._acts.act(note, keys_of_clients.add_client_key(note, client, key))

    async def retire_client_key(self, note: Note, client: ClientId, kid: str) -> Done:
        return await self._acts.act(note, keys_of_clients.retire_client_key(note, client, kid))

    async def client_keys(self, client: ClientId) -> Sequence[Mapping[str, Any]]:
        async def read(tx: Tx) -> Sequence[Mapping[str, Any]]:
            return [
                {
                    "kid": row["kid"],
                    "algorithm": row["algorithm"],
                    "added_at": to_text(Instant(row["added_at"])),
                    "retired_at": None if row["retired_at"] is None else to_text(Instant(row["retired_at"])),
                }
                for row in await tx.all(_KEYS, of_client=client)
            ]

        return await self._database.snapshot(read)

    async def issuer_keys(self) -> Sequence[IssuerKey]:
        return await self._database.snapshot(keys_of_issuer.list_issuer_keys)

    async def add_issuer_key(
        self, note: Note, key: NewIssuerKey, *, after: str | None, at_once: bool
    ) -> Done:
        change = keys_of_issuer.add_issuer_key(self._vault, note, key, after=after, at_once=at_once)
        return await self._acts.act(note, change)

    async def destroy_issuer_key(self, note: Note, kid: str) -> Done:
        return await self._acts.act(note, keys_of_issuer.destroy_issuer_key(note, kid))
