"""Sign what was appended, and put it, with the narrowing acts, where the database cannot take it back."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.domain.errors import CorruptionError, GatewayError, TamperedError
from gateway.domain.merkle import Node, compact_range_at
from gateway.ports import Mirror, Notary, PublishStore

BATCH = 10_000
PAGE = 500
"""So many acts of the journal are read together."""

INTERVAL_S = 0.5
"""Well under the second within which every entry is covered by a checkpoint."""

MIRROR_S = 2.0
"""Signing waits for no mirror longer than this."""


class Sized(Protocol):
    @property
    def size(self) -> int: ...


class Verifier(Protocol):
    def verify(self, note: str) -> Sized:
        """Read a checkpoint of this ledger. Raises TamperedError."""


class MirrorSilentError(OSError):
    """A mirror did not take what was put to it; `mirror` is its number, from 0."""

    def __init__(self, mirror: int) -> None:
        super().__init__("a mirror does not take what is put to it")
        self.mirror = mirror


class NoMirrorError(OSError):
    """No mirror holds the newest checkpoint; what was signed is kept, and the next round tries again."""


@dataclass(slots=True)
class Progress:
    """How far one mirror has come; it takes no checkpoint before it holds every act below it."""

    mirror: Mirror
    number: int
    acts: int | None = None
    """It holds every act below this index; unknown until its own checkpoint is read."""
    taken: int = 0
    note: str = ""
    """The checkpoint that it has taken, of size `taken`."""
    attempt: asyncio.Task[None] | None = None
    began_s: float = 0.0
    silent: bool = False

    @property
    def busy(self) -> bool:
        return self.attempt is not None and not self.attempt.done()


@dataclass(slots=True)
class PublishCheckpoints:
    """The signer's round: runs by itself every half second, and at once when it is woken."""

    store: PublishStore
    notary: Notary
    mirrors: tuple[Mirror, ...]
    verifier: Verifier
    ledger: int
    tell: Callable[[Exception | None], None] = lambda _: None
    """Hears of each trouble, of a mirror's once as it begins; None after a round in which all was signed."""
    quarantined: Callable[[], bool] = lambda: False
    """Whether anybody has found the ledger changed: then nothing is signed any more."""
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    kept: int | None = None
    """The size up to which the store is known to hold checkpoint and inner nodes."""
    last: bytes | None = None
    """The leaf hash that was signed last."""
    mirrored: int = 0
    """The largest size that any mirror is known to hold, with every act below it."""
    progress: tuple[Progress, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.progress = tuple(Progress(one, number) for number, one in enumerate(self.mirrors))

    async def __call__(self) -> int:
        """Publish until nothing is new; returns the size that was signed and mirrored.

        Raises:
            CorruptionError: The stored ledger does not extend what was signed: nothing is signed.
            NoMirrorError: No mirror took it within `MIRROR_S`.
        """
        while not self.quarantined():
            await self._keep_what_was_signed()
            first = self.notary.size
            leaves = await self._new_leaves(first)
            if leaves:
                note, nodes = await self._sign(first, leaves)
                self.last = leaves[-1]
                await self._keep(note, nodes)
            await self._mirror()
            if len(leaves) < BATCH:
                break
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
        """Put what is new to every mirror at once; the first that holds it is enough to go on.

        A mirror that does not answer keeps its one attempt: nobody waits for it again, none is added to it.
        """
        size, note = self.notary.size, self.notary.checkpoint
        if note is None:
            return
        now_s = asyncio.get_running_loop().time
        begun: set[asyncio.Task[None]] = set()
        for one in self.progress:
            if one.taken < size and not one.busy:
                one.attempt, one.began_s = asyncio.create_task(self._put(one, size, note)), now_s()
                begun.add(one.attempt)
        until_s = now_s() + MIRROR_S
        while begun and all(one.taken < size for one in self.progress) and now_s() < until_s:
            _, begun = await asyncio.wait(
                begun, timeout=until_s - now_s(), return_when=asyncio.FIRST_COMPLETED
            )
        best = max(self.progress, key=lambda one: one.taken, default=None)
        if best is not None and best.taken > self.mirrored:
            await self.store.keep(self.ledger, best.taken, best.note, (), mirrored=True)
            self.mirrored = best.taken
        for one in self.progress:
            if one.busy and now_s() - one.began_s >= MIRROR_S:
                self._tell_silent(one, TimeoutError())
            elif one.attempt is not None and one.attempt.done():
                attempt, one.attempt = one.attempt, None
                attempt.result()  # Raises what is a fault of ours, not of the mirror.
        if self.mirrored < size:
            raise NoMirrorError("no mirror took the checkpoint")

    async def _put(self, one: Progress, size: int, note: str) -> None:
        """A mirror holds the acts before it holds the checkpoint that covers them."""
        try:
            if one.acts is None:
                one.acts = await self._held_by(one.mirror)
            while one.acts < size:
                page = await self.store.journal(self.ledger, one.acts, PAGE)
                for index, name, sealed in page:
                    await one.mirror.put_act(name, sealed)
                    one.acts = index + 1
                if len(page) < PAGE:
                    one.acts = max(one.acts, size)
            await one.mirror.put_checkpoint(note)
        except (OSError, GatewayError) as error:
            self._tell_silent(one, error)
            return
        one.taken, one.note, one.silent = size, note, False

    async def _held_by(self, mirror: Mirror) -> int:
        """The size of a mirror's own checkpoint: it took that one only after every act below it."""
        try:
            note = await mirror.checkpoint()
            return 0 if note is None else self.verifier.verify(note).size
        except TamperedError:
            return 0  # Another ledger's, or unreadable: it proves no act of this one.

    def _tell_silent(self, one: Progress, cause: Exception) -> None:
        if not one.silent:
            one.silent = True
            error = MirrorSilentError(one.number)
            error.__cause__ = cause
            self.tell(error)

    async def forever(self) -> None:
        """Publish until cancelled, or in quarantine; any other trouble is told and tried again."""
        while not self.quarantined():
            try:
                await self()
                self.tell(None)
            except NoMirrorError:
                self.tell(None)  # All is signed; each mirror's own trouble was told as it began.
            except CorruptionError as error:
                self.tell(error)
                return
            except Exception as error:  # noqa: BLE001 - a signer that ended unseen would leave entries unsigned
                self.tell(error)
            # Not `wait_for`, which swallows a cancellation that meets the wake: the process would never end.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(INTERVAL_S):
                    await self.wake.wait()
            self.wake.clear()

    async def finish(self) -> None:
        """Give the mirrors that are not done yet their time, then leave them."""
        running = [one.attempt for one in self.progress if one.attempt is not None and one.busy]
        if running:
            _, late = await asyncio.wait(running, timeout=MIRROR_S)
            for attempt in late:
                attempt.cancel()
            await asyncio.gather(*running, return_exceptions=True)
