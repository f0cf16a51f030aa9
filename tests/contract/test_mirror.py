"""What every mirror promises: it never goes back, and an act that it took is still there."""

from pathlib import Path

import pytest

from gateway.adapters.crypto.mirror import FolderMirror
from gateway.adapters.crypto.note import CheckpointSigner
from gateway.domain.errors import ConflictError, MalformedError

SIGNER = CheckpointSigner("gateway/dep_1/ledger-1", bytes(32))
NEXT = CheckpointSigner("gateway/dep_1/ledger-2", bytes(32))


def note(size: int, root: bytes = bytes(32), signer: CheckpointSigner = SIGNER) -> str:
    return signer.sign(signer.origin, size, root)


@pytest.fixture
def mirror(tmp_path: Path) -> FolderMirror:
    return FolderMirror(tmp_path / "mirror")


async def test_a_new_mirror_holds_nothing(mirror: FolderMirror) -> None:
    assert await mirror.checkpoint() is None
    assert await mirror.list_acts() == ()


async def test_the_newest_checkpoint_is_kept_over_a_restart(mirror: FolderMirror, tmp_path: Path) -> None:
    await mirror.put_checkpoint(note(1))
    await mirror.put_checkpoint(note(9))
    assert await FolderMirror(tmp_path / "mirror").checkpoint() == note(9)


async def test_an_older_checkpoint_never_takes_the_place_of_a_newer(mirror: FolderMirror) -> None:
    await mirror.put_checkpoint(note(9))
    await mirror.put_checkpoint(note(8))
    assert await mirror.checkpoint() == note(9)


async def test_two_checkpoints_of_one_size_are_a_fork(mirror: FolderMirror) -> None:
    await mirror.put_checkpoint(note(9))
    with pytest.raises(ConflictError):
        await mirror.put_checkpoint(note(9, root=bytes([1]) * 32))
    assert await mirror.checkpoint() == note(9)


async def test_another_ledgers_checkpoint_needs_a_reopening(mirror: FolderMirror, tmp_path: Path) -> None:
    await mirror.put_checkpoint(note(9))
    with pytest.raises(ConflictError):
        await mirror.put_checkpoint(note(1, signer=NEXT))
    await mirror.reopen(note(1, signer=NEXT))
    assert await mirror.checkpoint() == note(1, signer=NEXT)
    assert (tmp_path / "mirror" / "checkpoint-1").read_text() == note(9)


async def test_the_same_ledger_is_not_reopened(mirror: FolderMirror) -> None:
    await mirror.put_checkpoint(note(9))
    with pytest.raises(ConflictError):
        await mirror.reopen(note(1))


@pytest.mark.parametrize("text", ["", "x", "a\nb\nc\n", "gateway\n01\nAAAA\n\n— "])
async def test_what_is_no_checkpoint_is_refused(mirror: FolderMirror, text: str) -> None:
    with pytest.raises(MalformedError):
        await mirror.put_checkpoint(text)


async def test_acts_come_back_in_their_order_and_from_any_point(mirror: FolderMirror, tmp_path: Path) -> None:
    for name in ("0003-c", "0001-a", "0002-b"):
        await mirror.put_act(name, name.encode())
    again = FolderMirror(tmp_path / "mirror")
    assert [name for name, _ in await again.list_acts()] == ["0001-a", "0002-b", "0003-c"]
    assert await again.list_acts(after="0001-a", limit=1) == (("0002-b", b"0002-b"),)


async def test_the_same_act_may_be_put_again_and_another_may_not_take_its_name(mirror: FolderMirror) -> None:
    await mirror.put_act("0001", b"act")
    await mirror.put_act("0001", b"act")
    with pytest.raises(ConflictError):
        await mirror.put_act("0001", b"another")
    assert await mirror.list_acts() == (("0001", b"act"),)


@pytest.mark.parametrize("name", ["", ".", "../x", "A", "a/b", "-a", ".partial", "a\n"])
async def test_an_acts_name_stays_in_its_folder(mirror: FolderMirror, name: str) -> None:
    with pytest.raises(MalformedError):
        await mirror.put_act(name, b"act")


async def test_a_write_that_was_cut_leaves_no_act(mirror: FolderMirror, tmp_path: Path) -> None:
    (tmp_path / "mirror" / "acts" / ".0001.abcd.partial").write_bytes(b"half")
    assert await mirror.list_acts() == ()


async def test_what_a_mirror_holds_is_private(mirror: FolderMirror, tmp_path: Path) -> None:
    await mirror.put_checkpoint(note(1))
    await mirror.put_act("0001", b"act")
    files = [path for path in (tmp_path / "mirror").rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
