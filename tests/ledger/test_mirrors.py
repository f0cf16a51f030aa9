"""Each mirror comes as far as it can by itself: never a checkpoint without the acts below it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.crypto.mirror import FolderMirror
from gateway.domain.acting import Done
from gateway.domain.ids import DecisionId
from gateway.wiring.parts import Parts
from tests.support.fault_stack import Scene, found_network, open_altered


@dataclass
class Moody:
    """A folder mirror that is away, or slow, or loses its acts, when told to."""

    inner: FolderMirror
    away: bool = False
    slow_s: float = 0.0
    refuses_acts: bool = False
    put: list[str] = field(default_factory=list)

    async def _mood(self) -> None:
        await asyncio.sleep(self.slow_s)
        if self.away:
            raise OSError("away")

    async def checkpoint(self) -> str | None:
        await self._mood()
        return await self.inner.checkpoint()

    async def put_checkpoint(self, note: str) -> None:
        await self._mood()
        await self.inner.put_checkpoint(note)

    async def reopen(self, note: str) -> None:
        await self.inner.reopen(note)

    async def put_act(self, name: str, sealed: bytes) -> None:
        await self._mood()
        if self.refuses_acts:
            raise OSError("full")
        self.put.append(name)
        await self.inner.put_act(name, sealed)

    async def list_acts(self, after: str = "", limit: int = 10_000) -> tuple[tuple[str, bytes], ...]:
        await self._mood()
        return await self.inner.list_acts(after, limit)

    async def holds(self, decision: DecisionId) -> bool:
        return any(decision in name for name, _ in await self.inner.list_acts())

    async def size(self, scene: Scene) -> int:
        note = await self.inner.checkpoint()
        return 0 if note is None else scene.parts.state.signer.verifier.verify(note).size


def beside(second: Moody) -> Callable[[Parts], None]:
    def alter(parts: Parts) -> None:
        mirrors: Any = (parts.mirrors[0], second)
        parts.mirrors = mirrors

    return alter


async def withdrawn(scene: Scene) -> Done:
    ended = await scene.withdraw(await scene.give("education"))
    assert isinstance(ended, Done)
    assert ended.proven
    return ended


async def caught_up(mirror: Moody, scene: Scene, size: int) -> None:
    async with asyncio.timeout(5):
        while await mirror.size(scene) < size:  # noqa: ASYNC110 - the signer's own round
            await asyncio.sleep(0.02)


async def test_a_mirror_that_missed_a_round_gets_its_acts_before_a_checkpoint(
    sqlite_url: str, tmp_path: Path
) -> None:
    await found_network(sqlite_url, tmp_path / "state")
    second = Moody(FolderMirror(tmp_path / "second"))
    async with open_altered(sqlite_url, tmp_path / "state", beside(second)) as scene:
        await withdrawn(scene)
        second.away = True
        missed = (await withdrawn(scene)).entry
        assert missed is not None
        second.away = False
        await caught_up(second, scene, missed.index + 1)
        assert await second.holds(missed.decision_id)


async def test_a_mirror_without_the_acts_never_takes_the_checkpoint_that_covers_them(
    sqlite_url: str, tmp_path: Path
) -> None:
    await found_network(sqlite_url, tmp_path / "state")
    second = Moody(FolderMirror(tmp_path / "second"))
    async with open_altered(sqlite_url, tmp_path / "state", beside(second)) as scene:
        await withdrawn(scene)
        second.refuses_acts = True
        refused = (await withdrawn(scene)).entry
        assert refused is not None
        for _ in range(3):
            await scene.release()
            await asyncio.sleep(0.6)
        assert await second.size(scene) <= refused.index


async def test_a_slow_mirror_holds_up_neither_signing_nor_proof(sqlite_url: str, tmp_path: Path) -> None:
    await found_network(sqlite_url, tmp_path / "state")
    second = Moody(FolderMirror(tmp_path / "second"))
    async with open_altered(sqlite_url, tmp_path / "state", beside(second)) as scene:
        second.slow_s = 30.0
        for _ in range(4):
            began = asyncio.get_running_loop().time()
            await withdrawn(scene)
            assert asyncio.get_running_loop().time() - began < 1.0


async def test_after_a_restart_only_what_a_mirror_lacks_is_put_to_it(sqlite_url: str, tmp_path: Path) -> None:
    await found_network(sqlite_url, tmp_path / "state")
    second = Moody(FolderMirror(tmp_path / "second"))
    async with open_altered(sqlite_url, tmp_path / "state", beside(second)) as scene:
        entry = (await withdrawn(scene)).entry
        assert entry is not None
        await caught_up(second, scene, entry.index + 1)
    second.put.clear()
    async with open_altered(sqlite_url, tmp_path / "state", beside(second)) as scene:
        new = (await withdrawn(scene)).entry
        assert new is not None
        await caught_up(second, scene, new.index + 1)
    assert [name.rsplit("-", 1)[1] for name in second.put] == [new.decision_id]


async def test_a_mirror_that_was_never_there_gets_the_whole_journal_page_by_page(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.usecases.publish_checkpoints.PAGE", 2)
    await found_network(sqlite_url, tmp_path / "state")
    async with open_altered(sqlite_url, tmp_path / "state") as scene:
        ended = [await withdrawn(scene) for _ in range(5)]
    second = Moody(FolderMirror(tmp_path / "second"))
    async with open_altered(sqlite_url, tmp_path / "state", beside(second)) as scene:
        for one in ended:
            assert one.entry is not None
            await caught_up(second, scene, one.entry.index + 1)
            assert await second.holds(one.entry.decision_id)
