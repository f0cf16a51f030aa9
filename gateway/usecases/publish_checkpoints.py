"""Sign what was appended, and put it, with the narrowing acts, where the database cannot take it back."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

from gateway.domain.errors import GatewayError
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
    mirrored: int = 0
    """The size that a mirror is known to hold."""

    async def __call__(self) -> int:
        """Publish until nothing is new; returns the size that was signed and mirrored.

        Raises:
            CorruptionError: The stored ledger does not extend what was signed: nothing is signed.
            OSError: No mirror took it; what was signed is kept, and the next round tries again.
        """
        while True:
            first = self.notary.size
            leaves = await self.store.leaves(self.ledger, first, BATCH)
            if leaves:
                note, nodes = await asyncio.to_thread(self.notary.sign, first, leaves)
                await self.store.keep(self.ledger, first + len(leaves), note, nodes, mirrored=False)
            if self.mirrored < self.notary.size:
                await self._mirror()
            if len(leaves) < BATCH:
                return self.mirrored

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
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), INTERVAL_S)
            self.wake.clear()
