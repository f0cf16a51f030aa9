"""The registry and the ledger as they are read, each read from one instant of the database."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

from gateway.adapters.sql import publishing
from gateway.adapters.sql.acts.links import holds_fragment
from gateway.adapters.sql.acts.persons import find_match
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.directives import all_directives, newest_directive
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.facts import read_head
from gateway.adapters.sql.findings import find_finding, list_findings
from gateway.adapters.sql.reads import approvals, consents, ledger, lists, names, registry
from gateway.adapters.sql.stands import read_stand, stand_of
from gateway.adapters.sql.store import SqlStore
from gateway.domain.access import NOTHING_STATED, Recorded, Stated
from gateway.domain.acting import Stand
from gateway.domain.caller import Caller
from gateway.domain.consent import Directive
from gateway.domain.errors import CorruptionError, LedgerUnavailableError
from gateway.domain.facts import Facts, Stretch
from gateway.domain.findings import Finding
from gateway.domain.ids import (
    AgencyId,
    ApprovalId,
    ConsentId,
    DossierId,
    FindingId,
    FragmentId,
    OrderId,
    PersonId,
    ReceiptId,
    StopId,
)
from gateway.domain.instants import Instant
from gateway.domain.person import Described
from gateway.domain.receipt import Receipt
from gateway.domain.registry import Page
from gateway.domain.stopping import Beside
from gateway.domain.telling import ChainRow


class SqlRegistry:
    """The records the rules rest on, dossiers and consents included."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._database = store.database
        self._keys = store.keys
        self._owners = store.writer.owners
        self._vault = Vault(store.keys, store.writer.owners)

    async def stand(self, caller: Caller, person: PersonId, now: Instant) -> Stand | None:
        people = self._store.people
        return await self._database.snapshot(lambda tx: read_stand(tx, people, caller, person, now))

    async def stand_of_match(
        self, caller: Caller, described: Described, now: Instant
    ) -> tuple[PersonId | None, Stand]:
        store = self._store

        async def read(tx: Tx) -> tuple[PersonId | None, Stand]:
            # Both are read, whichever is needed.
            decoy = await lists.find_fragment(tx, store.decoy_for(described.by_name))
            found = (await find_match(tx, self._vault, described)).person
            if decoy is None:
                raise CorruptionError("a decoy is missing")
            person = PersonId(decoy["person"]) if found is None else found
            return found, await stand_of(tx, store.people, caller, person, now)

        return await self._database.snapshot(read)

    async def active_policy(self) -> str:
        _, active = await self._database.snapshot(read_head)
        return active

    async def person_of_handle(self, agency: AgencyId | None, handle: str) -> PersonId | None:
        return await self._database.snapshot(lambda tx: registry.find_person(tx, agency, handle))

    async def names_known_to(self, caller: Caller) -> Mapping[PersonId, Described]:
        return await self._database.snapshot(lambda tx: names.names_known_to(tx, self._vault, caller.account))

    async def rows(
        self, what: str, caller: Caller | None, where: Mapping[str, str], after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        listing = registry.Listing(what, where, after, limit)
        return await self._database.snapshot(lambda tx: registry.list_rows(tx, self._vault, caller, listing))

    async def row(self, what: str, key: str) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: registry.find_row(tx, self._vault, what, key))

    async def is_linked(self, caller: Caller, person: PersonId, now: Instant) -> bool:
        return await self._database.snapshot(lambda tx: registry.is_linked(tx, caller, person, now))

    async def holds_fragment(self, agency: AgencyId | None, person: PersonId) -> bool:
        if agency is None:
            return False
        return await self._database.snapshot(lambda tx: holds_fragment(tx, agency, person))

    async def approval(self, approval: ApprovalId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: approvals.find_approval(tx, approval))

    async def approvals(self, caller: Caller, after: str, limit: int) -> Page:
        return await self._database.snapshot(
            lambda tx: approvals.list_approvals(tx, self._vault, caller, after, limit)
        )

    async def instrument(self, instrument: OrderId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: approvals.find_instrument(tx, instrument))

    async def instruments(
        self, caller: Caller, person: PersonId, after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(
            lambda tx: approvals.list_instruments(tx, caller, person, after, limit)
        )

    async def is_untouched(self) -> bool:
        return await self._database.snapshot(registry.is_untouched)

    async def directive(self, consent: ConsentId) -> Directive | None:
        return await self._database.snapshot(lambda tx: newest_directive(tx, consent))

    async def directives(self, person: PersonId) -> Sequence[Directive]:
        return await self._database.snapshot(lambda tx: all_directives(tx, person))

    async def captures(self, consent: ConsentId) -> Mapping[int, Mapping[str, Any]]:
        return await self._database.snapshot(lambda tx: consents.read_captures(tx, self._vault, consent))

    async def finding(self, finding: FindingId) -> Finding | None:
        return await self._database.snapshot(lambda tx: find_finding(tx, self._keys, self._owners, finding))

    async def findings(self, person: PersonId) -> Sequence[Finding]:
        return await self._database.snapshot(lambda tx: list_findings(tx, self._keys, self._owners, person))

    async def stop(self, stop: StopId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: consents.find_stop(tx, stop))

    async def receipt(self, consent: ConsentId, caller: Caller) -> Receipt | None:
        return await self._database.snapshot(
            lambda tx: consents.find_receipt(tx, self._vault, consent, caller)
        )

    async def receipt_by_id(self, receipt: ReceiptId, caller: Caller) -> Receipt | None:
        return await self._database.snapshot(
            lambda tx: consents.find_receipt_by_id(tx, self._vault, receipt, caller)
        )

    async def readers(
        self, person: PersonId, now: Instant, beside: Beside
    ) -> Sequence[Mapping[str, Any]] | None:
        return await self._database.snapshot(lambda tx: consents.list_readers(tx, person, now, beside))

    async def dossier(self, caller: Caller, dossier: DossierId, now: Instant) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: lists.find_dossier(tx, caller, dossier, now))

    async def dossiers(
        self, caller: Caller, now: Instant, after: str, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(
            lambda tx: lists.list_dossiers(tx, caller, now, after=after, limit=limit)
        )

    async def handle_of(self, agency: AgencyId | None, person: PersonId) -> str | None:
        return await self._database.snapshot(lambda tx: lists.find_handle(tx, agency, person))

    async def fragment(self, fragment: FragmentId) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: lists.find_fragment(tx, fragment))

    async def dossier_facts(
        self, caller: Caller, page: Stretch, purpose: str, now: Instant, stated: Stated = NOTHING_STATED
    ) -> Sequence[Facts]:
        return await self._store.dossier_facts(caller, page, purpose, now, stated)

    async def dossier_of(self, person: PersonId) -> DossierId | None:
        return await self._database.snapshot(lambda tx: lists.find_dossier_of(tx, person))


class SqlLedger:
    """Entries, chains, checkpoints and proofs."""

    def __init__(self, store: SqlStore) -> None:
        self._database = store.database
        self._keys = store.keys
        self._owners = store.writer.owners

    async def entries(
        self, where: Mapping[str, Any], after: tuple[int, int] | None, limit: int
    ) -> Sequence[Mapping[str, Any]]:
        return await self._database.snapshot(
            lambda tx: ledger.search_entries(tx, self._keys, where, after, limit)
        )

    async def detail(self, ledger_: int, index: int) -> Mapping[str, Any] | None:
        return await self._database.snapshot(
            lambda tx: ledger.open_detail(tx, self._keys, self._owners, ledger_, index)
        )

    async def chain(
        self, viewer: PersonId, subject: PersonId, before: int | None, limit: int
    ) -> Sequence[ChainRow]:
        return await self._database.snapshot(
            lambda tx: ledger.read_chain(tx, self._keys, self._owners, (viewer, subject), (before, limit))
        )

    async def checkpoint(self) -> str | None:
        row = await self._database.snapshot(publishing.newest_checkpoint)
        return None if row is None else str(row["note"])

    async def proof(self, ledger_: int, index: int) -> Mapping[str, Any] | None:
        return await self._database.snapshot(lambda tx: publishing.read_proof(tx, ledger_, index))

    async def proven(self, entry: Recorded, timeout_s: float) -> bool:
        """Wait for the signer's word: this process's, or another's read from the checkpoints table.

        A database that cannot be read meanwhile has not spoken: the act itself is in force.
        """
        pause = 0.002
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    with contextlib.suppress(LedgerUnavailableError):
                        size = await self._database.snapshot(
                            lambda tx: publishing.mirrored_size(tx, entry.ledger)
                        )
                        if size > entry.index:
                            return True
                    await asyncio.sleep(pause)
                    pause = min(pause * 1.5, 0.05)
        except TimeoutError:
            return False
