"""At start: is the database the one that was signed? If not, quarantine; if so, nothing narrowed is lost."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from gateway.domain.errors import CorruptionError, TamperedError
from gateway.domain.ids import DecisionId
from gateway.domain.merkle import subtree_root
from gateway.ports import Ids, Mirror, Notary, PublishStore, RecordKeys

PAGE = 1_000
"""So many acts of a mirror's journal are looked at together; the journal itself has no end."""

PATIENCE_S = 30.0
"""How long a process that does not sign waits for the one that does."""


class Verifier(Protocol):
    def verify(self, note: str) -> "Signed": ...


class Signed(Protocol):
    @property
    def origin(self) -> str: ...

    @property
    def size(self) -> int: ...

    @property
    def root(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Why no entry is taken, and which range of the ledger is missing (`stop` exclusive)."""

    why: str
    ledger: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class StartLedger:
    """Compares the stored ledger with the mirrors, begins a new one where there is nothing at all."""

    store: PublishStore
    notary: Notary | None
    """None in a process that does not sign: it begins nothing, and waits for the one that does."""
    mirrors: Sequence[Mirror]
    verifier: Verifier
    keys: RecordKeys
    ids: Ids
    ledger: int
    genesis: dict[str, Any] = field(default_factory=dict)

    async def __call__(self) -> Quarantine | None:
        """Ready, or in quarantine; when ready, every act of the journal is in the tables."""
        signed = await self._newest()
        if isinstance(signed, Quarantine):
            return signed
        extent = await self.store.extent()
        size = extent[1] if extent is not None else 0
        if signed is None and self._signed_size == 0 and extent in {None, (self.ledger, 0)}:
            await self._begin()
            return None
        covered = max(signed.size if signed is not None else 0, self._signed_size)
        if extent is None or extent[0] != self.ledger or size < covered:
            held = size if extent is not None and extent[0] == self.ledger else 0
            return Quarantine("older", self.ledger, held, covered)
        if not await self._extends(signed, size):
            return Quarantine("forked", self.ledger, 0, covered)
        why = await self._apply_journal()
        return None if why is None else Quarantine(why, self.ledger, size, size)

    @property
    def _signed_size(self) -> int:
        return 0 if self.notary is None else self.notary.size

    async def _begin(self) -> None:
        if self.notary is not None:
            await self.store.begin(self.ledger, self.genesis, DecisionId(self.ids.new("dec")))
            return
        async with asyncio.timeout(PATIENCE_S):
            while await self.store.extent() in {None, (self.ledger, 0)}:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)

    async def _newest(self) -> Signed | Quarantine | None:
        """The largest checkpoint that any mirror holds; one that answers is enough, none is doubt."""
        found: list[Signed] = []
        answered = 0
        others = 0
        for mirror in self.mirrors:
            try:
                answered += 1
                note = await mirror.checkpoint()
                if note is not None:
                    found.append(self.verifier.verify(note))
            except OSError:
                answered -= 1
            except TamperedError:
                others += 1
        if others and not found:
            # Another ledger's: nothing is begun over it, and a reopening that was cut is not over.
            return Quarantine("other_ledger", self.ledger, 0, self._signed_size)
        if answered == 0 or (self._signed_size > 0 and not found):
            return Quarantine("no_mirror", self.ledger, 0, self._signed_size)
        return max(found, key=lambda one: one.size, default=None)

    async def _extends(self, signed: Signed | None, size: int) -> bool:
        """Whether the stored leaves begin with what the mirrors, and the signer's own state, hold."""
        sizes = {self._signed_size} | ({signed.size} if signed is not None else set())
        wanted: list[tuple[int, int]] = []

        def note_it(level: int, index: int) -> bytes:
            wanted.append((level, index))
            return b"\0" * 32

        for one in sizes:
            subtree_root(0, one, note_it)
        try:
            node_at = await self.store.nodes_at(self.ledger, wanted)
            if self.notary is not None:
                self.notary.require_extended_by(size, node_at)
            return signed is None or subtree_root(0, signed.size, node_at) == signed.root
        except CorruptionError:
            return False

    async def _apply_journal(self) -> str | None:
        """Whatever was withdrawn, stopped, suspended, ended or erased since this copy is so again (P10).

        Gives the reason for doubt where no mirror gave its whole journal, or where an act that no table and
        no other mirror knows cannot be read: then nobody knows what is lacking.
        """
        whole = 0
        unreadable: set[str] = set()
        for mirror in self.mirrors:
            try:
                unreadable |= await self._apply_of(mirror)
                whole += 1
            except OSError:
                continue
        if whole == 0:
            return "no_mirror"
        # What one mirror holds altered, another may have held as it was sealed.
        lacking = await self.store.lacking([DecisionId(one) for one in sorted(unreadable)])
        return "altered_act" if lacking else None

    async def _apply_of(self, mirror: Mirror) -> set[str]:
        """Apply what the tables lack; gives the decisions of the acts that cannot be read."""
        after = ""
        unreadable: set[str] = set()
        while acts := await mirror.list_acts(after, PAGE):
            by_decision = {DecisionId(name.split("-", 2)[-1]): (name, sealed) for name, sealed in acts}
            after = acts[-1][0]
            if self.notary is None:
                await self._wait_for(list(by_decision))
                continue
            for decision in await self.store.lacking(list(by_decision)):
                name, sealed = by_decision[decision]
                try:
                    record = json.loads(self.keys.unseal_journal(name, sealed))
                except TamperedError:
                    unreadable.add(decision)
                    continue
                await self.store.apply(record)
        return unreadable

    async def _wait_for(self, decisions: Sequence[DecisionId]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while await self.store.lacking(decisions):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.05)
