"""The one writer: groups of attempts, and acts one at a time, each a transaction under the head lock."""

import asyncio
from collections import deque
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import insert

from gateway.adapters.sql.append import (
    Head,
    OwnerKeys,
    add,
    close_head,
    owner_of,
    put_entries,
    read_chains,
)
from gateway.adapters.sql.budgets import Budgets, Purse
from gateway.adapters.sql.database import Database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect, with_receipt
from gateway.adapters.sql.fence import Pending, bump, lock_head, read_epochs, write_ground
from gateway.adapters.sql.ground import Known, read_ground
from gateway.adapters.sql.lines import AttemptLines, line_of_note, viewer_handle
from gateway.adapters.sql.once import find_once, keep_once
from gateway.adapters.sql.owing import tell_others
from gateway.adapters.sql.proofs import give_back
from gateway.adapters.sql.tables import journal
from gateway.domain.access import Recorded
from gateway.domain.acting import Done, Note
from gateway.domain.counts import Budget, Over
from gateway.domain.errors import (
    ContendedError,
    GatewayError,
    LedgerUnavailableError,
    QuarantinedError,
)
from gateway.domain.facts import Attempt, Turned
from gateway.domain.holding import Terms
from gateway.domain.instants import Instant
from gateway.domain.limits import Limit
from gateway.domain.widening import require_waited
from gateway.ports import Clock, RecordKeys

GROUP = 64
"""At most so many attempts share one commit."""

SOME = 8
"""So many entries are sent to be written while those after them are sealed."""

_PUT_JOURNAL = insert(journal)

Answer = Recorded | Turned | Over
Waiting = tuple[Pending, asyncio.Future[Answer]]


@dataclass(slots=True)
class Written:
    """What a finished transaction tells the rest of the process."""

    entries: int
    narrowing: bool
    bumps: tuple[str, ...] = ()


class Writer:
    """Serialises what this process writes; each of `listeners` is called after each commit."""

    def __init__(
        self,
        database: Database,
        keys: RecordKeys,
        clock: Clock,
        purposes: Container[str],
        terms: Terms,
        limits: Mapping[Budget, Limit],
    ) -> None:
        self.database = database
        self.keys = keys
        self.clock = clock
        self.owners = OwnerKeys(keys)
        self.budgets = Budgets(keys, limits)
        self.policy_digest = "0" * 64
        self.quarantined: Callable[[], bool] = lambda: False
        self.signed: Callable[[], tuple[int, int]] = lambda: (0, 0)
        """(ledger, size) that any process is known to have signed; read under the head lock, so cheap."""
        self.found_older: Callable[[tuple[int, int], tuple[int, int]], None] = lambda _head, _known: None
        self.seen = (0, 0)
        """(ledger, size) of the last head that this process has locked, read or written."""
        self.listeners: list[Callable[[Written], None]] = []
        self._overlapping = database.overlapping
        self._queue: deque[Waiting] = deque()
        self._flusher: asyncio.Task[None] | None = None
        self._known = Known()
        self._snapshots: set[bytes] = set()
        self._purposes = purposes
        self.terms = terms
        self._lines = AttemptLines(keys, purposes, terms)

    async def record(self, attempt: Attempt) -> Answer:
        """Put an attempt in the next group and wait for that group's commit.

        A caller who goes away does not take the attempt back: it is recorded all the same.

        Raises:
            LedgerUnavailableError: The group did not commit.
            QuarantinedError: Nothing is appended.
        """
        if self.quarantined():
            raise QuarantinedError("the ledger takes no entry until a person has looked")
        owner = owner_of(attempt.facts.fragment.person, None)
        key = self.owners.find(owner)
        if key is None:
            key = await self.database.snapshot(lambda tx: self.owners.require(tx, owner))
        line = self._lines.make(key, attempt, self._snapshots)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.append((Pending(attempt, line), future))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        # A caller who goes away cancels her own waiting, not the group.
        return await future

    async def _flush(self) -> None:
        """Commit group after group until nothing waits."""
        try:
            while self._queue:
                if not self._overlapping:
                    await self._gather()
                await self._commit()
        finally:
            # A bug ends this task with its group; whoever waits behind that group is answered all the same.
            self._flusher = asyncio.create_task(self._flush()) if self._queue else None

    async def _gather(self) -> None:
        """Let the loop turn while more comes in: once the group has begun, nothing does."""
        waiting = 0
        while waiting < len(self._queue) < GROUP:
            waiting = len(self._queue)
            await asyncio.sleep(0)

    async def _commit(self) -> None:
        group: list[Waiting] = []
        try:
            answers, known, purse = await self.database.transaction(lambda tx: self._judge(tx, group))
        except GatewayError as error:
            for _, future in group or self._take():
                _settle(future, error)
            return
        except Exception as error:
            for _, future in group or self._take():
                _settle(future, LedgerUnavailableError(f"the group failed ({type(error).__name__})"))
            raise
        self._known = known
        self.budgets.keep(purse)
        for (one, future), answer in zip(group, answers, strict=True):
            if isinstance(answer, Recorded) and one.line.snapshot is not None:
                self._remember(one.line.snapshot[0])
            self._see(answer)
            _settle(future, answer)
        self._tell(Written(sum(isinstance(one, Recorded) for one in answers), narrowing=False))

    def _take(self) -> list[Waiting]:
        # On a slow disk the writer is a thread, and more may be put in meanwhile: a deque takes no harm.
        return [self._queue.popleft() for _ in range(min(len(self._queue), GROUP))]

    async def _judge(self, tx: Tx, group: list[Waiting]) -> tuple[list[Answer], Known, Purse | None]:
        """Judge whoever waits once the head is had; `group` becomes those whom to answer."""
        # What is known changes while it is judged by: it is put back by `_commit`, if it comes to that.
        known, self._known = self._known, Known()
        locked = await lock_head(tx, self.clock)
        group += self._take()
        pending = [one for one, _ in group]
        ground, top = await read_ground(tx, locked, pending, known)
        if not self._may_follow((top.ledger, top.size)):
            raise QuarantinedError("the ledger takes no entry until a person has looked")
        counts = [one.attempt.counts for one in pending if one.attempt.fenced]
        ground.purse = await self.budgets.open(tx, counts, ground.at)
        answers: list[Answer] = []
        for one in pending:
            if len(top.rows) == SOME:
                await put_entries(tx, top)
                await tx.set_off()
            turned = ground.judge(one.attempt)
            if turned is None and one.line.told:
                ground.told.append(one.line.told)
            answers.append(turned if turned is not None else add(self.keys, top, one.line))
        # Whoever is turned away may ask again with the same facts read anew: the proof is still hers.
        await give_back(tx, ground.fresh)
        if top.size > locked.size:
            await write_ground(tx, ground)
            await self.budgets.write(tx, ground.purse)
            await close_head(tx, top)
            known.leave(top, bumped=bool(ground.bumps))
        return answers, known, ground.purse

    def _remember(self, handle: bytes) -> None:
        if len(self._snapshots) > 50_000:  # noqa: PLR2004 - a bound, not a rule
            self._snapshots.clear()
        self._snapshots.add(handle)

    async def act(self, note: Note, change: Change) -> Done:
        """Run one act as a group of one: exactly one effect and one entry, or nothing at all.

        Raises:
            IdempotencyMismatchError: The key was used for another body.
            ContendedError: What the act's decision rests on has changed; it may be asked again.
            OverBudgetError: Its caller has asked for too much.
            LedgerUnavailableError: It did not commit.
        """
        done, effect = await self.database.transaction(lambda tx: self._act(tx, note, change))
        self._see(done.entry)
        if effect is not None:
            self._tell(Written(1, effect.narrowing is not None, effect.bumps))
        return done

    def _see(self, entry: Answer | None) -> None:
        if isinstance(entry, Recorded):
            self.seen = max(self.seen, (entry.ledger, entry.index + 1))

    def _may_follow(self, head: tuple[int, int]) -> bool:
        """Whether an entry may follow this head.

        Not in quarantine, and not where the database was put back, or failed over, behind what this process
        has seen of any head, or any process has signed.
        """
        known = max(self.seen, self.signed())
        if head < known:
            self.found_older(head, known)
            return False
        self.seen = head
        return not self.quarantined()

    def _tell(self, written: Written) -> None:
        for listener in self.listeners:
            listener(written)

    async def _act(self, tx: Tx, note: Note, change: Change) -> tuple[Done, Effect | None]:
        self._known = Known()
        locked = await lock_head(tx, self.clock)
        known = await find_once(tx, self.keys, note)
        if known is not None:
            return known, None
        numbers = await read_epochs(tx, [scope for scope, _ in note.epochs])
        if any(numbers.get(scope, 0) != number for scope, number in note.epochs):
            raise ContendedError("what this act rests on has just changed")
        at = max(locked.recorded_at, locked.now)
        effect = await change(tx, at)
        require_waited(effect.note, effect.opens_at, at)
        await bump(tx, effect.bumps)
        follows = self._may_follow((locked.ledger, locked.size))
        effect = await with_receipt(tx, effect, at, entered=follows)
        if not follows:
            return await self._unrecorded(tx, effect, at), effect
        await self.budgets.count(tx, effect.note.counts, at)
        viewers = [
            viewer_handle(self.keys, viewer, effect.note.person)
            for viewer in effect.note.views
            if effect.note.person is not None
        ]
        top = Head(locked.ledger, locked.size, at, await read_chains(tx, viewers))
        key = await self.owners.make(tx, owner_of(effect.note.person, _agency(effect.note)))
        line = line_of_note(self.keys, key, effect.note, self.policy_digest, self._purposes)
        entry = add(self.keys, top, line)
        await close_head(tx, top)
        await tell_others(tx, self.keys, self.owners, self.terms, effect, entry)
        await keep_once(tx, self.keys, effect, at, entry)
        if effect.narrowing is not None:
            await self._journal(tx, effect, entry)
        return Done(effect.reference, entry), effect

    async def _journal(self, tx: Tx, effect: Effect, entry: Recorded) -> None:
        name = f"{entry.ledger:04d}-{entry.index:012d}-{entry.decision_id}"
        record = {"decision_id": entry.decision_id, "at": entry.recorded_at, **(effect.narrowing or {})}
        sealed = self.keys.seal_journal(name, orjson.dumps(record, option=orjson.OPT_SORT_KEYS))
        await tx.run(_PUT_JOURNAL, ledger=entry.ledger, idx=entry.index, name=name, sealed=sealed)

    async def _unrecorded(self, tx: Tx, effect: Effect, at: Instant) -> Done:
        """In quarantine nothing is appended; what narrows and opens nothing takes effect, in the tables."""
        if effect.narrowing is None or effect.opens:
            raise QuarantinedError("the ledger takes no entry until a person has looked")
        record = {"decision_id": effect.note.decision_id, "at": at, **effect.narrowing}
        # Kept with the key: whoever sends it again has it put to the mirrors again.
        effect = replace(effect, reference={**effect.reference, "journal": record})
        await keep_once(tx, self.keys, effect, at, None)
        return Done(effect.reference, None, proven=False)


def _settle(future: asyncio.Future[Answer], answer: Answer | GatewayError) -> None:
    if future.done():
        return
    if isinstance(answer, GatewayError):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def _agency(note: Note) -> str | None:
    return note.owner or (note.caller.agency if note.caller is not None else None)
