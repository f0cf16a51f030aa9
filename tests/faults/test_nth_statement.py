"""Whichever statement fails, an act is whole or has not been; what is asked next is answered."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway import registering
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import metadata
from gateway.adapters.sql.verify.whole import verify_ledger
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.errors import LedgerUnavailableError
from gateway.domain.ids import ConsentId, FragmentId
from gateway.releasing import Asked, Released
from gateway.usecases.stop_sharing import Stopped
from tests.support.fault_driver import Breaker, When, breaking
from tests.support.fault_stack import LETTER, Scene, found_network, open_altered
from tests.support.proof import Proof

Dump = Mapping[str, frozenset[str]]
_TABLES = {table.name: select(table) for table in metadata.sorted_tables}
_MADE_BEFOREHAND = {"agency_keys", "subject_keys"}


async def read_all(tx: Tx) -> Dump:
    return {
        name: frozenset(repr(sorted(dict(row).items())) for row in await tx.all(statement))
        for name, statement in _TABLES.items()
    }


@dataclass
class Sweep:
    """One act, tried with every statement failing in turn."""

    scene: Scene
    breaker: Breaker
    keys: "count[int]" = field(default_factory=count)
    failures: int = 0
    first: Mapping[str, int] = field(default_factory=dict)

    async def dump(self) -> Dump:
        return await self.scene.parts.database.snapshot(read_all)

    async def run(self, act: "Act", when: When) -> None:
        """Until the act is through before the statement that would fail is reached."""
        changes = await self._changes_of(act)
        for number in count(1):
            ready, key = await act.prepare(), f"key-{next(self.keys)}"
            before = await self.dump()
            self.breaker.arm(number, when)
            error, answer = None, None
            try:
                answer = await act.do(ready, key)
            except LedgerUnavailableError as raised:
                error = raised
            self.breaker.disarm()
            told = (when, number, self.breaker.failed, error)
            # Nothing at all, or everything: no table is changed without the others and the entry.
            left = differing(before, await self.dump())
            if act.in_two and left and left != changes:
                # The first of its two entries alone; each time the same tables, for none is half done.
                self.first = self.first or left
            assert left in ({}, changes, self.first), told
            # Whole, and yet an error: only where the answer of the commit itself was lost.
            assert not (left and error) or (when, self.breaker.failed) == ("after", "COMMIT"), told
            if error is None:
                assert is_done(answer), told
                if not self.breaker.failed:
                    return
                if left == changes:
                    continue
            self.failures += 1
            assert is_done(await act.do(ready, key)), told
            changed = differing(before, await self.dump())
            assert changed.keys() == changes.keys(), told
            assert changed["entries"] in act.entries, told
            await act.check()
            await self.verify()

    async def _changes_of(self, act: "Act") -> Mapping[str, int]:
        """In which tables the whole act leaves something, and how many rows each gains."""
        for _ in range(2):
            ready, key = await act.prepare(), f"key-{next(self.keys)}"
            before = await self.dump()
            await act.do(ready, key)
        return differing(before, await self.dump())

    async def verify(self) -> None:
        signer = self.scene.parts.state.signer.verifier
        report = await self.scene.parts.database.snapshot(lambda tx: verify_ledger(tx, {1: signer}))
        assert report.holds, report.findings


def is_done(answer: object) -> bool:
    assert not isinstance(answer, Refused), answer
    return isinstance(answer, Released | Done | Stopped)


def differing(before: Dump, after: Dump) -> dict[str, int]:
    return {
        name: len(after[name]) - len(before[name])
        for name in before
        if before[name] != after[name] and name not in _MADE_BEFOREHAND
    }


@dataclass
class Act(ABC):
    """`entries` says how many an act that failed once and was repeated may have left.

    One that is `in_two` tells in a second entry what the first could not know; a repeat catches up on it.
    """

    scene: Scene
    entries: frozenset[int] = frozenset({1})
    in_two: bool = False

    async def prepare(self) -> Any:  # noqa: ANN401 - whatever `do` takes
        store = self.scene.parts.store
        for cache in (store._facts, store._callers, store._sealed):
            cache.clear()

    @abstractmethod
    async def do(self, ready: Any, key: str, /) -> object:  # noqa: ANN401
        """Do it, under this idempotency key where the act takes one."""

    async def check(self) -> None:  # noqa: B027 - most acts have nothing beyond
        """Beyond the tables: what a reader finds."""


@dataclass
class Releasing(Act):
    # A repeat is a new release, with an entry of its own.
    entries: frozenset[int] = frozenset({1, 2})

    async def do(self, _: None, key: str, /) -> object:
        asked = Asked(await self.scene.who("bob"), LETTER, "coordination", "", key, key.encode())
        return await self.scene.stack.uses.release(asked)


@dataclass
class Withdrawing(Act):
    async def prepare(self) -> ConsentId:
        await super().prepare()
        return await self.scene.give("education")

    async def do(self, ready: ConsentId, key: str, /) -> object:
        return await self.scene.withdraw(ready, key)


@dataclass
class Stopping(Act):
    entries: frozenset[int] = frozenset({2})
    in_two: bool = True
    last: list[str] = field(default_factory=list)

    async def prepare(self) -> None:
        await super().prepare()
        while self.last:
            await self.scene.undo(self.last.pop())
        await self.scene.give("education")

    async def do(self, _: None, key: str, /) -> object:
        stopped = await self.scene.stop(once=key)
        assert isinstance(stopped, Stopped), stopped
        self.last = [str(stopped.done.reference["stop"])]
        return stopped


@dataclass
class Depositing(Act):
    size: int = 100
    last: str = ""

    async def do(self, _: None, key: str, /) -> object:
        done = await self.scene.deposit(b"d" * self.size, once=key)
        assert isinstance(done, Done), done
        self.last = str(done.reference["fragment"])
        return done

    async def check(self) -> None:
        released = await self.scene.release(FragmentId(self.last), who="ada", purpose="service_delivery")
        assert isinstance(released, Released)
        read = b"".join(
            piece
            for section in released.content.sections
            if section.content is not None
            for piece in self.scene.stack.uses.release.stream(released, section, (0, self.size))
        )
        assert read + b"".join(text for _, text in released.sections) == b"d" * self.size


ACTS: dict[str, Callable[[Scene], Act]] = {
    "release": Releasing,
    "withdrawal": Withdrawing,
    "stop": Stopping,
    "deposit": Depositing,
    "large deposit": lambda scene: Depositing(scene, size=300_000),
}


HOW: Mapping[When, str] = {
    "before": "never arrived",
    "after": "done, its answer lost",
    "refused": "refused, what follows under way",
}
QUICK = (
    ("release", "after"),
    ("release", "refused"),
    ("withdrawal", "before"),
    ("deposit", "refused"),
    ("large deposit", "after"),
)
"""What `make test` tries on PostgreSQL; the rest, and SQLite, is quick enough or in `make prove`."""


async def sweep(url: str, state: Path, name: str, when: When) -> int:
    """So many statements failed, one after the other, before the act was through."""
    await found_network(url, state)
    async with open_altered(url, state) as scene:
        # The signer's own rounds would be counted, now here, now there.
        for task in asyncio.all_tasks():
            if getattr(task.get_coro(), "__qualname__", "") == "PublishCheckpoints.forever":
                task.cancel()
        await scene.release()
        async with breaking(scene.parts.database) as breaker:
            found = Sweep(scene, breaker)
            await found.run(ACTS[name](scene), when)
    return found.failures


@pytest.fixture(autouse=True)
def no_wait_for_a_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody signs here: nothing is waited for."""
    monkeypatch.setattr(registering, "PROOF_S", 0.004)


@pytest.mark.parametrize("name", ["release", "withdrawal", "large deposit"])
async def test_whichever_statement_fails_the_act_is_whole_or_has_not_been(
    sqlite_url: str, tmp_path: Path, name: str
) -> None:
    assert await sweep(sqlite_url, tmp_path / "state", name, "after") > 5


@pytest.mark.parametrize(("name", "when"), QUICK)
async def test_whichever_statement_fails_on_postgres_the_act_is_whole_or_has_not_been(
    postgres_url: str, tmp_path: Path, name: str, when: When
) -> None:
    assert await sweep(postgres_url, tmp_path / "state", name, when) > 5


@pytest.mark.prove
@pytest.mark.parametrize("when", list(HOW))
@pytest.mark.parametrize("name", list(ACTS))
async def test_every_statement_of_every_act_failing_in_turn(
    store_url: str, tmp_path: Path, proof: Proof, name: str, when: When
) -> None:
    failed = await sweep(store_url, tmp_path / "state", name, when)
    store = store_url.partition(":")[0]
    proof.line(
        f"{store}, {name}: each of {failed} statements {HOW[when]}; nothing half done, the repeat whole"
    )
    assert failed > 5
