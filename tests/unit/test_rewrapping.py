"""Keys are replaced above a data key; what it sealed stays as it is."""

from pathlib import Path

import pytest

from gateway.adapters.crypto.keyring import Keyring
from gateway.adapters.crypto.sub_roots import SubRoots, open_sub_roots, rewrap_sub_roots
from gateway.domain.contexts import SectionSlot
from gateway.domain.errors import CorruptionError, TamperedError
from gateway.domain.ids import FragmentId, SectionId
from gateway.domain.keys import KeyPath
from tests.support.keys import new_path, new_root, new_state, private_folder

FRAGMENT = FragmentId("frg_1")
SLOT = SectionSlot(SectionId("sec_1"), "section", "application/json")
SUB_ROOTS = SubRoots(bytes(32), bytes([1]) * 32, bytes([2]) * 32)


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring(new_root(private_folder(tmp_path / "keys")), "dep_1", SUB_ROOTS)


async def test_wraps_move_to_newer_keys_and_the_content_stays(keyring: Keyring) -> None:
    old = await new_path(keyring)
    key, wrap = await keyring.new_data_key(old, FRAGMENT, 1)
    sealed = key.seal(SLOT, b"content")
    agency_wrap = await keyring.new_agency_key(old.agency, 2)
    moved = await keyring.rewrap_subject_key(old, 2, agency_wrap)
    middle = KeyPath(old.agency, 2, agency_wrap, old.person, 1, moved)
    assert (await keyring.unwrap(middle, FRAGMENT, 1, wrap)).unseal(SLOT, sealed) == b"content"
    subject_wrap = await keyring.new_subject_key(old.agency, 2, agency_wrap, old.person, 2)
    new = KeyPath(old.agency, 2, agency_wrap, old.person, 2, subject_wrap)
    moved_wrap = await keyring.rewrap_data_key(middle, new, FRAGMENT, 1, wrap)
    assert (await keyring.unwrap(new, FRAGMENT, 1, moved_wrap)).unseal(SLOT, sealed) == b"content"
    with pytest.raises(TamperedError):
        await keyring.unwrap(middle, FRAGMENT, 1, moved_wrap)


async def test_a_data_key_is_not_moved_to_another_person(keyring: Keyring) -> None:
    path, other = await new_path(keyring), await new_path(keyring, person="per_2")
    _, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    with pytest.raises(TamperedError):
        await keyring.rewrap_data_key(path, other, FRAGMENT, 1, wrap)


async def test_a_new_root_key_takes_over_everything(tmp_path: Path) -> None:
    state = await new_state(tmp_path / "state")
    path = await new_path(state.keyring)
    data_key, wrap = await state.keyring.new_data_key(path, FRAGMENT, 1)
    successor = new_root(private_folder(tmp_path / "successor"))
    content = (state.directory / "keyring.json").read_bytes()
    moved = await rewrap_sub_roots(state.root, successor, state.deployment, content)
    agency_wrap = await state.keyring.rewrap_agency_key(path.agency, 1, path.agency_wrap, successor)
    sub_roots = await open_sub_roots(successor, state.deployment, moved)
    keyring = Keyring(successor, state.deployment, sub_roots)
    new = KeyPath(path.agency, 1, agency_wrap, path.person, 1, path.subject_wrap)
    opened = await keyring.unwrap(new, FRAGMENT, 1, wrap)
    assert opened.unseal(SLOT, data_key.seal(SLOT, b"content")) == b"content"
    assert keyring.handle("person", "per_1") == state.keyring.handle("person", "per_1")
    with pytest.raises(CorruptionError):
        await open_sub_roots(successor, state.deployment, content)
