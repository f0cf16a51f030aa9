"""The store's core: callers, facts, attempts and sealed content.

Facts are cached under what was asked and end at their horizon; the fence alone decides whether they still
stand, and whatever it turns away is read again. What rests on the asker's own words is read each time.
"""

from collections import OrderedDict
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from gateway.adapters.sql.callers import find_caller
from gateway.adapters.sql.contents import read_sealed
from gateway.adapters.sql.database import Database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.facts import FactsReader, Sought
from gateway.adapters.sql.fence import read_epochs, store_clock
from gateway.adapters.sql.once import blind
from gateway.adapters.sql.people import PersonReader
from gateway.adapters.sql.proofs import take_proofs
from gateway.adapters.sql.tables import idempotency
from gateway.adapters.sql.writer import Writer, Written
from gateway.domain.access import NOTHING_STATED, Recorded, Stated
from gateway.domain.acting import Once
from gateway.domain.bearer import Bearer, Proof
from gateway.domain.caller import Caller
from gateway.domain.counts import Over
from gateway.domain.facts import Attempt, Epochs, Facts, FragmentRef, IdempotencyClaim, Stretch, Turned
from gateway.domain.fragment import Manifest, SealedContent
from gateway.domain.ids import FragmentId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role
from gateway.ports import RecordKeys

FACTS_KEPT = 4096
CALLERS_KEPT = 16_384
SEALED_KEPT_BYTES = 64 * 1024 * 1024

_COUNT = select(idempotency.c.count).where(
    idempotency.c.client == bindparam("client"), idempotency.c.key == bindparam("key")
)

Key = tuple[object, ...]


class SqlStore:
    """Reads in snapshots, writes through the one writer."""

    def __init__(
        self,
        database: Database,
        writer: Writer,
        keys: RecordKeys,
        categories: frozenset[str] = frozenset(),
    ) -> None:
        self.database = database
        self.writer = writer
        self.keys = keys
        self.people = PersonReader(keys, writer.owners, categories, writer.terms)
        self._reader: FactsReader | None = None
        self._facts: OrderedDict[Key, Facts] = OrderedDict()
        self._callers: OrderedDict[Key, Caller] = OrderedDict()
        self._sealed: OrderedDict[tuple[str, int], SealedContent] = OrderedDict()
        self._sealed_bytes = 0
        writer.listeners.append(self._forget_bumped)

    def open(self, decoys: Sequence[FragmentId]) -> None:
        """Name the decoys; before that no question can be asked."""
        self._reader = FactsReader(self.keys, self.writer.owners, self.people, decoys)

    # --- Callers ---------------------------------------------------------------------------------

    async def caller(self, bearer: Bearer, role: Role | None) -> Caller:
        key = (bearer, role)
        known = self._callers.get(key)
        if known is not None:
            return known
        found = await self.database.snapshot(lambda tx: find_caller(tx, self.keys, bearer, role))
        self._callers[key] = found
        if len(self._callers) > CALLERS_KEPT:
            self._callers.popitem(last=False)
        return found

    def forget_caller(self, caller: Caller) -> None:
        """After a change of her account or client: the next request reads them anew."""
        bearer = caller.bearer
        for role in (None, caller.role):
            self._callers.pop((bearer, role), None)

    def _forget_bumped(self, written: Written) -> None:
        if any(scope.startswith(("account:", "client:")) for scope in written.bumps):
            self._callers.clear()

    async def take(self, proof: Proof) -> bool:
        return bool(await self.database.transaction(lambda tx: take_proofs(tx, (proof,))))

    # --- Releases --------------------------------------------------------------------------------

    async def facts(
        self,
        caller: Caller,
        fragment: FragmentId,
        purpose: str,
        now: Instant,
        *,
        every_directive: bool,
        stated: Stated = NOTHING_STATED,
    ) -> Facts:
        if stated is not NOTHING_STATED:
            return await self._read_facts(fragment, Sought(caller, purpose, now, every_directive, stated))
        key = _facts_key(caller, fragment, purpose, every=every_directive)
        known = self._facts.get(key)
        if known is not None and max(now, known.floor) < known.horizon:
            return known
        found = await self._read_facts(fragment, Sought(caller, purpose, now, every_directive))
        if found.fragment.id == fragment:
            self._facts[key] = found
            if len(self._facts) > FACTS_KEPT:
                self._facts.popitem(last=False)
        return found

    async def _read_facts(self, fragment: FragmentId, sought: Sought) -> Facts:
        reader = self._require_reader()
        return await self.database.snapshot(lambda tx: reader.one(tx, fragment, sought))

    async def dossier_facts(
        self, caller: Caller, page: Stretch, purpose: str, now: Instant, stated: Stated = NOTHING_STATED
    ) -> Sequence[Facts]:
        reader, sought = self._require_reader(), Sought(caller, purpose, now, page.every_directive, stated)
        return await self.database.snapshot(lambda tx: reader.page(tx, page, sought))

    async def ref(self, fragment: FragmentId) -> tuple[FragmentRef, Manifest, Instant] | None:
        reader = self._require_reader()
        return await self.database.snapshot(lambda tx: reader.ref(tx, fragment))

    def decoy_for(self, asked: str) -> FragmentId:
        return self._require_reader().decoy_for(asked)

    def _require_reader(self) -> FactsReader:
        if self._reader is None:
            raise RuntimeError("the store is not open yet")
        return self._reader

    async def claim(self, client: str, once: Once) -> IdempotencyClaim:
        kept = blind(self.keys, client, once)
        row = await self.database.snapshot(lambda tx: tx.one(_COUNT, client=client, key=kept.key))
        return IdempotencyClaim(client, kept.key, kept.request_digest, 0 if row is None else row["count"])

    async def record(self, attempt: Attempt) -> Recorded | Turned | Over:
        answer = await self.writer.record(attempt)
        if isinstance(answer, Turned):
            self._forget_facts(attempt)
            self.forget_caller(attempt.caller)
        elif not attempt.decision.disclose_existence:
            # An unknown id is read anew each time, so a hidden one is too: the second asking tells no more.
            self._forget_facts(attempt)
        return answer

    def _forget_facts(self, attempt: Attempt) -> None:
        asked = FragmentId(attempt.detail["asked"])
        for every in (False, True):
            self._facts.pop(_facts_key(attempt.caller, asked, attempt.purpose, every=every), None)

    async def stands(self, epochs: Epochs, until: Instant) -> bool:
        async def read(tx: Tx) -> bool:
            numbers = await read_epochs(tx, [scope for scope, _ in epochs])
            moved = any(numbers.get(scope, 0) != number for scope, number in epochs)
            return not moved and await store_clock(tx, self.writer.clock) < until

        return await self.database.snapshot(read)

    async def sealed(self, ref: FragmentRef) -> SealedContent:
        known = self._sealed.get((ref.id, ref.version))
        if known is not None:
            return known
        found = await self.database.snapshot(lambda tx: read_sealed(tx, self.keys, self.writer.owners, ref))
        self._keep_sealed(ref, found)
        return found

    def _keep_sealed(self, ref: FragmentRef, content: SealedContent) -> None:
        """Ciphertext may be kept in memory; plaintext and data keys never are."""
        if (ref.id, ref.version) in self._sealed:
            return
        self._sealed[ref.id, ref.version] = content
        self._sealed_bytes += _size(content)
        while self._sealed_bytes > SEALED_KEPT_BYTES:
            _, dropped = self._sealed.popitem(last=False)
            self._sealed_bytes -= _size(dropped)

    def forget_sealed(self, fragment: FragmentId) -> None:
        """After an erasure: nothing of it stays in this process's memory either, its key's wrap included."""
        for asked in [asked for asked, facts in self._facts.items() if facts.fragment.id == fragment]:
            del self._facts[asked]
        for key in [key for key in self._sealed if key[0] == fragment]:
            self._sealed_bytes -= _size(self._sealed.pop(key))


def _facts_key(caller: Caller, fragment: FragmentId, purpose: str, *, every: bool) -> Key:
    return (
        caller.client,
        caller.account,
        caller.role,
        caller.bearer.strong,
        # Facts that were read for a sign-in, or for a token that some keys vouched for, serve no other:
        # whether those stand is read with them.
        caller.sign_in,
        caller.bearer.client_keys,
        fragment,
        purpose,
        every,
    )


def _size(content: SealedContent) -> int:
    return sum(len(one.sealed or b"") for one in content.sections) + 512
