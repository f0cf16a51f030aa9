"""The signer covers every entry within a second, keeps what it signed, and mirrors hold it outside."""

import asyncio
import time
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.crypto.mirror import FolderMirror
from gateway.adapters.crypto.signer_state import SignerState
from gateway.adapters.sql.ledger_store import SqlPublishing
from gateway.adapters.sql.verify.whole import verify_ledger
from gateway.domain.acting import Done
from gateway.domain.errors import LedgerUnavailableError
from gateway.domain.merkle import Node
from gateway.observe import OperationalLog
from gateway.usecases.stop_sharing import Stopped
from gateway.wiring.parts import Parts
from tests.support.fault_stack import Scene, found_network, open_altered, open_new


class CutPublishing(SqlPublishing):
    """Fails to keep what was just signed, as often as told."""

    failures = 1
    failure: type[BaseException] = LedgerUnavailableError

    async def keep(self, ledger: int, size: int, note: str, nodes: Sequence[Node], *, mirrored: bool) -> None:
        if nodes and self.failures > 0:
            self.failures -= 1
            raise self.failure("cut")
        await super().keep(ledger, size, note, nodes, mirrored=mirrored)


async def verified(scene: Scene) -> list[str]:
    keys, signer = scene.parts.state.keyring, scene.parts.state.signer
    report = await scene.parts.database.snapshot(
        lambda tx: verify_ledger(tx, {scene.parts.state.ledger: signer.verifier}, keys=keys)
    )
    return [one.text for one in report.findings]


async def published(scene: Scene) -> int:
    """Wait until a checkpoint covers every entry there is now; how many that is."""
    size = (await scene.parts.publishing.extent() or (1, 0))[1]
    async with asyncio.timeout(5):
        while await signed_size(scene) < size:  # noqa: ASYNC110 - the signer's own round
            await asyncio.sleep(0.01)
    return size


async def signed_size(scene: Scene) -> int:
    note = await scene.parts.ledger.checkpoint()
    return 0 if note is None else scene.parts.state.signer.verifier.verify(note).size


async def test_every_entry_is_under_a_mirrored_checkpoint_within_a_second(
    store_url: str, tmp_path: Path
) -> None:
    async with open_new(store_url, tmp_path / "state") as scene:
        for _ in range(3):
            await asyncio.sleep(0.3)
            answer = await scene.release()
            assert answer.entry is not None
            assert await scene.parts.ledger.proven(answer.entry, 1.0)
            note = await scene.parts.mirrors[0].checkpoint()
            assert note is not None
            assert scene.parts.state.signer.verifier.verify(note).size > answer.entry.index


async def test_what_was_signed_but_not_kept_is_kept_in_the_next_round(store_url: str, tmp_path: Path) -> None:
    await found_network(store_url, tmp_path / "state")

    def cut(parts: Parts) -> None:
        parts.publishing = CutPublishing(parts.store)

    async with open_altered(store_url, tmp_path / "state", cut) as scene:
        await scene.live_round()
        await published(scene)
        assert await verified(scene) == []


async def test_a_process_killed_between_signing_and_keeping_starts_again_as_if_nothing_had_been(
    store_url: str, tmp_path: Path
) -> None:
    await found_network(store_url, tmp_path / "state")

    def cut(parts: Parts) -> None:
        publishing = parts.publishing = CutPublishing(parts.store)
        publishing.failures, publishing.failure = 1_000, LedgerUnavailableError

    async with open_altered(store_url, tmp_path / "state", cut) as scene:
        await scene.release()
        await scene.deposit()
        await asyncio.sleep(0.6)
    async with open_altered(store_url, tmp_path / "state") as scene:
        assert scene.parts.quarantine is None
        await scene.release()
        await published(scene)
        assert await verified(scene) == []


async def test_a_withdrawal_that_no_mirror_takes_is_in_force_and_proven_later(
    store_url: str, tmp_path: Path
) -> None:
    async with open_new(store_url, tmp_path / "state") as scene:
        consent = await scene.give()
        mirror = Path(scene.parts.settings.mirrors[0].removeprefix("file:"))
        away = mirror.with_name("away")
        await published(scene)
        await asyncio.to_thread(mirror.rename, away)
        began = asyncio.get_running_loop().time()
        ended = await scene.withdraw(consent, once="withdraw-once")
        waited = asyncio.get_running_loop().time() - began
        assert isinstance(ended, Done)
        assert ended.entry is not None
        assert ended.proven is False
        assert 1.9 < waited < 3.5
        line = await scene.parts.registry.directive(consent)
        assert line is not None
        assert line.withdrawn_at is not None
        await asyncio.to_thread(away.rename, mirror)
        again = await scene.withdraw(consent, once="withdraw-once")
        assert isinstance(again, Done)
        assert (again.replayed, again.proven, again.entry) == (True, True, ended.entry)
        names = [name for name, _ in await scene.parts.mirrors[0].list_acts()]
        assert any(ended.entry.decision_id in name for name in names)


async def test_a_stop_is_held_by_a_mirror_before_it_is_acknowledged_as_proven(
    store_url: str, tmp_path: Path
) -> None:
    async with open_new(store_url, tmp_path / "state") as scene:
        stopped = await scene.stop()
        assert isinstance(stopped, Stopped)
        assert stopped.done.proven is True
        assert stopped.done.entry is not None
        names = [name for name, _ in await scene.parts.mirrors[0].list_acts()]
        assert any(stopped.done.entry.decision_id in name for name in names)
        note = await scene.parts.mirrors[0].checkpoint()
        assert note is not None
        assert scene.parts.state.signer.verifier.verify(note).size > stopped.done.entry.index


async def test_a_second_process_never_signs_and_hears_the_signers_word(
    postgres_url: str, tmp_path: Path
) -> None:
    async with (
        open_new(postgres_url, tmp_path / "state") as first,
        open_altered(postgres_url, tmp_path / "state") as second,
    ):
        assert (first.parts.quarantine, second.parts.quarantine) == (None, None)
        assert len(signers(asyncio.all_tasks())) == 1
        ended = await second.withdraw(await second.give())
        assert isinstance(ended, Done)
        assert ended.proven is True
        await published(first)
        assert await verified(second) == []


def signers(tasks: set["asyncio.Task[object]"]) -> list[str]:
    names = [getattr(task.get_coro(), "__qualname__", "") for task in tasks]
    return [name for name in names if name == "PublishCheckpoints.forever"]


async def test_without_the_signer_a_narrowing_act_is_in_force_and_not_proven(
    postgres_url: str, tmp_path: Path
) -> None:
    await found_network(postgres_url, tmp_path / "state")
    async with open_altered(postgres_url, tmp_path / "state") as first:
        consent = await first.give()
        lock = first.parts.state.open_signer
        with pytest.raises(Exception, match="another process signs"):
            lock()
        task = next(
            task
            for task in asyncio.all_tasks()
            if getattr(task.get_coro(), "__qualname__", "") == "PublishCheckpoints.forever"
        )
        task.cancel()
        ended = await first.withdraw(consent)
        assert isinstance(ended, Done)
        assert ended.proven is False
        assert (await first.release()).entry is not None


async def test_a_round_that_is_cancelled_while_signing_leaves_nothing_for_the_next_start(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = SignerState.sign

    def slowly(state: SignerState, *rest: Any) -> object:  # noqa: ANN401 - the signer's own
        time.sleep(0.2)
        return honest(state, *rest)

    async with open_new(sqlite_url, tmp_path / "state") as scene:
        await published(scene)
        monkeypatch.setattr(SignerState, "sign", slowly)
        await scene.release()
        await asyncio.sleep(0.55)
        size = (await scene.parts.publishing.extent() or (1, 0))[1]
    async with open_altered(sqlite_url, tmp_path / "state") as scene:
        assert scene.parts.quarantine is None
        note = await scene.parts.mirrors[0].checkpoint()
        assert note is not None
        assert scene.parts.state.signer.verifier.verify(note).size >= size


async def test_a_stop_while_a_mirror_is_taking_a_checkpoint_tells_nothing_and_leaves_the_newest_mirrored(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taking = asyncio.Event()
    honest = FolderMirror.put_checkpoint

    async def slowly(mirror: FolderMirror, note: str) -> None:
        taking.set()
        await asyncio.sleep(0.2)
        await honest(mirror, note)

    told = StringIO()
    await found_network(sqlite_url, tmp_path / "state")
    monkeypatch.setattr(FolderMirror, "put_checkpoint", slowly)
    log = OperationalLog(told, "info")
    async with open_altered(sqlite_url, tmp_path / "state", log=log) as scene:
        await published(scene)
        taking.clear()
        await scene.release()
        await taking.wait()
        await scene.release()
        size = (await scene.parts.publishing.extent() or (1, 0))[1]
        mirror, signer = scene.parts.mirrors[0], scene.parts.state.signer
    note = await mirror.checkpoint()
    assert note is not None
    assert signer.verifier.verify(note).size == size
    assert told.getvalue() == ""
