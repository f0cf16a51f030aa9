"""Sign what was appended, and put it, with the narrowing acts, where the database cannot take it back."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway.domain.errors import CorruptionError, GatewayError
from gateway.domain.merkle import Node, compact_range_at
from gateway.ports import Mirror, Notary, PublishStore

BATCH = 10_000
INTERVAL_S = 0.5
"""Well under the second within which every entry is covered by a checkpoint."""


@dataclass(slots=True)
class PublishCheckpoints:
    """The signer's round: runs by itself every half second, and at once when it is woken."""

    store: PublishStore
    notary: Notary
    mirrors: tuple[Mirror, ...]
    ledger: int
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    kept: int | None = None
    """The size up to which the store is known to hold checkpoint and inner nodes."""
    last: bytes | None = None
    """The leaf hash that was signed last."""
    mirrored: int = 0
    """The size that a mirror is known to hold."""

    async def __call__(self) -> int:
        """Publish until nothing is new; returns the size that was signed and mirrored.

        Raises:
            CorruptionError: The stored ledger does not extend what was signed: nothing is signed.
            OSError: No mirror took it; what was signed is kept, and the next round tries again.
        """
        while True:
            await self._keep_what_was_signed()
            first = self.notary.size
            leaves = await self._new_leaves(first)
            if leaves:
                note, nodes = await self._sign(first, leaves)
                self.last = leaves[-1]
                await self._keep(note, nodes)
            if self.mirrored < self.notary.size:
                await self._mirror()
            if len(leaves) < BATCH:
                return self.mirrored

    async def _new_leaves(self, first: int) -> Sequence[bytes]:
        """What was appended since; the last that was signed must still stand before it.

        A database put back, or failed over to, under a running process has lost it, or holds another.
        """
        if first == 0:
            return await self.store.leaves(self.ledger, 0, BATCH)
        stored = await self.store.leaves(self.ledger, first - 1, BATCH + 1)
        if not stored or (self.last is not None and stored[0] != self.last):
            raise CorruptionError("the stored ledger does not extend what was signed")
        self.last = stored[0]
        return stored[1:]

    async def _sign(self, first: int, leaves: Sequence[bytes]) -> tuple[str, Sequence[Node]]:
        """Sign off the loop; cancelled meanwhile, it ends only when the signer's state is written."""
        signing = asyncio.ensure_future(asyncio.to_thread(self.notary.sign, first, leaves))
        try:
            return await asyncio.shield(signing)
        except asyncio.CancelledError:
            await asyncio.wait([signing])
            self.last = None  # It may be signed by now; the next round reads where it stands.
            raise

    async def _keep(self, note: str, nodes: Sequence[Node]) -> None:
        size = self.notary.size
        await self.store.keep(self.ledger, size, note, nodes, mirrored=False)
        self.kept = size

    async def _keep_what_was_signed(self) -> None:
        """A process may end, or the database be away, between signing and keeping: then it is kept now."""
        if self.kept is None:
            self.kept = await self.store.kept(self.ledger)
        size, note = self.notary.size, self.notary.checkpoint
        if note is None or self.kept >= size:
            return
        wanted: list[tuple[int, int]] = []

        def note_it(level: int, index: int) -> bytes:
            wanted.append((level, index))
            return b"\0" * 32

        compact_range_at(self.kept, note_it)
        frontier = compact_range_at(self.kept, await self.store.nodes_at(self.ledger, wanted))
        nodes: list[Node] = []
        while frontier.size < size:
            batch = await self.store.leaves(self.ledger, frontier.size, min(BATCH, size - frontier.size))
            for leaf in batch:
                nodes += frontier.append(leaf)
            if not batch:
                break  # The start has compared the ledger with what was signed; verifying tells the rest.
        await self._keep(note, nodes)

    async def _mirror(self) -> None:
        """A mirror holds the acts before it holds the checkpoint that covers them."""
        size = self.notary.size
        note = self.notary.checkpoint
        if note is None:
            return
        acts = await self.store.journal(self.ledger, self.mirrored)
        held = 0
        problem: Exception | None = None
        for mirror in self.mirrors:
            try:
                for name, sealed in acts:
                    await mirror.put_act(name, sealed)
                await mirror.put_checkpoint(note)
                held += 1
            except (OSError, GatewayError) as error:
                problem = error
        if held == 0:
            raise OSError("no mirror took the checkpoint") from problem
        await self.store.keep(self.ledger, size, note, (), mirrored=True)
        self.mirrored = size

    async def forever(self, on_trouble: Callable[[Exception], None]) -> None:
        """Publish until cancelled; trouble is told and tried again."""
        while True:
            try:
                await self()
            except (OSError, GatewayError) as error:
                on_trouble(error)
            # Not `wait_for`, which swallows a cancellation that meets the wake: the process would never end.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_S):
                    await self.wake.wait()
            self.wake.clear()
