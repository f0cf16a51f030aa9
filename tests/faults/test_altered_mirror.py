"""A mirror whose files were altered is a reason for quarantine, never a traceback."""

from pathlib import Path

import pytest

from gateway.domain.errors import QuarantinedError
from gateway.domain.ids import ConsentId
from tests.support.fault_places import FilePlace
from tests.support.fault_stack import Scene, found_network, open_altered


async def is_in_quarantine(scene: Scene, why: str) -> None:
    assert scene.parts.quarantine is not None
    assert scene.parts.quarantine.why == why
    with pytest.raises(QuarantinedError):
        await scene.release()


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"nothing of the kind"])
async def test_a_checkpoint_that_cannot_be_read(sqlite_url: str, tmp_path: Path, content: bytes) -> None:
    state = tmp_path / "state"
    await found_network(sqlite_url, state)
    (state / "mirror" / "checkpoint").write_bytes(content)
    async with open_altered(sqlite_url, state) as scene:
        await is_in_quarantine(scene, "other_ledger")


@pytest.mark.parametrize("alter", ["flipped", "emptied", "renamed"])
async def test_an_act_that_the_tables_lack_and_that_cannot_be_read(tmp_path: Path, alter: str) -> None:
    place, state = FilePlace(tmp_path / "gateway.db"), tmp_path / "state"
    await found_network(place.url, state)
    (state / "mirror" / "checkpoint").rename(state / "kept")
    async with open_altered(place.url, state) as scene:  # In quarantine: only the mirror takes the act.
        assert scene.parts.quarantine is not None
        await scene.withdraw(ConsentId("cns_1"))
    (state / "kept").rename(state / "mirror" / "checkpoint")
    act = next((state / "mirror" / "acts").glob("0000-*"))
    sealed = act.read_bytes()
    if alter == "flipped":
        act.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
    elif alter == "emptied":
        act.write_bytes(b"")
    else:
        act.rename(act.with_name("noname"))
    async with open_altered(place.url, state) as scene:
        await is_in_quarantine(scene, "altered_act")
    if alter == "flipped":
        act.write_bytes(sealed)
        async with open_altered(place.url, state) as scene:
            assert scene.parts.quarantine is None
