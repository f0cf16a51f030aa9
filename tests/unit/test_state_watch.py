"""What one process of a state directory says, the others see at their next look, and a look is one `stat`."""

import json
import os
from pathlib import Path

import pytest

from gateway.adapters.crypto import state_watch
from gateway.adapters.crypto.durable import replace_durably
from gateway.adapters.crypto.state_watch import Mark, StateWatch

FORKED = Mark("forked", 1, 3, 9)


def sign(folder: Path, size: int) -> None:
    replace_durably(folder / "signer-1.json", json.dumps({"size": size}).encode())


def test_another_process_sees_the_signed_size_and_the_mark_however_soon(tmp_path: Path) -> None:
    mine, other = StateWatch(tmp_path, 1), StateWatch(tmp_path, 1)
    for size in range(1, 200):
        sign(tmp_path, size)
        other.look()
        assert other.signed == size
    mine.put(FORKED)
    other.look()
    assert other.mark == FORKED
    assert (tmp_path / "quarantine").stat().st_mode & 0o777 == 0o600
    mine.clear()
    other.look()
    assert other.mark is None


def test_a_signed_size_never_shrinks(tmp_path: Path) -> None:
    watch = StateWatch(tmp_path, 1)
    sign(tmp_path, 9)
    watch.look()
    sign(tmp_path, 3)
    watch.look()
    assert watch.signed == 9


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"why": "x", "ledger": "?"}'])
def test_a_mark_that_cannot_be_read_stops_all_the_same(tmp_path: Path, content: bytes) -> None:
    replace_durably(tmp_path / "quarantine", content)
    watch = StateWatch(tmp_path, 1)
    watch.look()
    assert watch.mark is not None
    assert watch.mark.why == "unreadable"


def test_a_mark_that_is_open_to_others_stops_all_the_same(tmp_path: Path) -> None:
    StateWatch(tmp_path, 1).put(FORKED)
    (tmp_path / "quarantine").chmod(0o644)
    watch = StateWatch(tmp_path, 1)
    watch.look()
    assert watch.mark is not None


def test_nothing_is_read_again_while_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sign(tmp_path, 5)
    os.utime(tmp_path, ns=(0, 1_000_000_000))
    watch = StateWatch(tmp_path, 1)
    watch.look()
    monkeypatch.setattr(state_watch, "read_private", None)
    for _ in range(3):
        watch.look()
    assert watch.signed == 5
