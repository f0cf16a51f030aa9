"""The way down: each key opens in its own row, and none once the root key is gone."""

import pickle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gateway.adapters.crypto import keyring as keyring_module
from gateway.adapters.crypto.keyring import Keyring
from gateway.adapters.crypto.sealing import part_key, unseal
from gateway.adapters.crypto.sub_roots import SubRoots
from gateway.domain.contexts import SectionSlot
from gateway.domain.errors import KeysUnavailableError, TamperedError
from gateway.domain.ids import AgencyId, FragmentId, PersonId, SectionId
from gateway.domain.keys import KeyPath
from tests.support.keys import Clock, CountingRoot, in_row_of, new_path, new_root, private_folder

if TYPE_CHECKING:
    from collections.abc import Callable

FRAGMENT, OTHER = FragmentId("frg_1"), FragmentId("frg_2")
SLOT = SectionSlot(SectionId("sec_1"), "section", "application/json")
SUB_ROOTS = SubRoots(bytes(32), bytes([1]) * 32, bytes([2]) * 32)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> CountingRoot:
    return CountingRoot(new_root(private_folder(tmp_path / "keys")))


@pytest.fixture
def keyring(root: CountingRoot, clock: Clock) -> Keyring:
    return Keyring(root, "dep_1", SUB_ROOTS, monotonic=clock)


async def refused(keyring: Keyring, path: KeyPath, wrap: bytes) -> bool:
    try:
        await keyring.unwrap(path, FRAGMENT, 1, wrap)
    except TamperedError:
        return True
    return False


async def test_a_data_key_opens_in_its_row_and_opens_what_it_sealed(keyring: Keyring) -> None:
    path = await new_path(keyring)
    key, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    opened = await keyring.unwrap(path, FRAGMENT, 1, wrap)
    assert opened.unseal(SLOT, key.seal(SLOT, b"content")) == b"content"


async def test_a_data_key_opens_for_no_other_fragment_version_agency_person_or_deployment(
    keyring: Keyring, root: CountingRoot
) -> None:
    path = await new_path(keyring)
    _, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    for fragment, version in ((OTHER, 1), (FRAGMENT, 2), (FRAGMENT, 0)):
        with pytest.raises(TamperedError):
            await keyring.unwrap(path, fragment, version, wrap)
    other = await new_path(keyring, "hospital", "per_2")
    mixed = [*in_row_of(path, other), other]
    assert [await refused(keyring, wrong, wrap) for wrong in mixed] == [True] * 7
    elsewhere = Keyring(root, "dep_2", SUB_ROOTS)
    with pytest.raises(TamperedError):
        await elsewhere.unwrap(path, FRAGMENT, 1, wrap)


async def test_a_cached_key_does_not_open_for_a_row_with_another_wrap(keyring: Keyring) -> None:
    path, other = await new_path(keyring), await new_path(keyring)
    _, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    assert not await refused(keyring, path, wrap)
    assert [await refused(keyring, wrong, wrap) for wrong in in_row_of(path, other)[:2]] == [True, True]


async def test_a_section_opens_in_its_own_slot_only(keyring: Keyring) -> None:
    path = await new_path(keyring)
    key, _ = await keyring.new_data_key(path, FRAGMENT, 1)
    twin, _ = await keyring.new_data_key(path, FRAGMENT, 2)
    sealed = key.seal(SLOT, b"content")
    wrong = [
        SectionSlot(SectionId("sec_2"), "section", "application/json"),
        SectionSlot(SectionId("sec_1"), "document", "application/json"),
        SectionSlot(SectionId("sec_1"), "section", "text/plain"),
    ]
    for slot in wrong:
        with pytest.raises(TamperedError):
            key.unseal(slot, sealed)
    with pytest.raises(TamperedError):
        twin.unseal(SLOT, sealed)


async def test_a_long_section_streams_in_and_out(keyring: Keyring) -> None:
    path = await new_path(keyring)
    key, _ = await keyring.new_data_key(path, FRAGMENT, 1)
    sealer = key.sealer(SLOT)
    sealed = sealer.header + sealer.update(b"x" * 50_000) + sealer.finish()
    pieces = key.unseal_range(
        SLOT, lambda at, length: sealed[at : at + length], sealed_length=len(sealed), start=10, stop=40_010
    )
    assert b"".join(pieces) == b"x" * 40_000


async def test_health_is_asked_at_most_once_a_second(
    keyring: Keyring, root: CountingRoot, clock: Clock
) -> None:
    path = await new_path(keyring)
    _, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    for _ in range(50):
        await keyring.unwrap(path, FRAGMENT, 1, wrap)
    assert root.checks == 1
    clock.now_s += 1.0
    await keyring.unwrap(path, FRAGMENT, 1, wrap)
    assert root.checks == 2


async def test_opened_keys_are_kept_for_five_minutes(
    keyring: Keyring, root: CountingRoot, clock: Clock
) -> None:
    path = await new_path(keyring)
    _, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    assert root.unwraps == 1
    clock.now_s += 299
    await keyring.unwrap(path, FRAGMENT, 1, wrap)
    assert root.unwraps == 1
    clock.now_s += 1
    await keyring.unwrap(path, FRAGMENT, 1, wrap)
    assert root.unwraps == 2


async def test_a_removed_root_key_stops_cached_keys_too_and_its_return_heals(
    keyring: Keyring, clock: Clock, tmp_path: Path
) -> None:
    path = await new_path(keyring)
    _, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    file, away = tmp_path / "keys" / "root.key", tmp_path / "keys" / "away"
    file.rename(away)
    clock.now_s += 1.0
    for act in (keyring.unwrap(path, FRAGMENT, 1, wrap), keyring.new_data_key(path, OTHER, 1)):
        with pytest.raises(KeysUnavailableError):
            await act
    with pytest.raises(KeysUnavailableError):
        await keyring.new_agency_key(AgencyId("hospital"), 1)
    away.rename(file)
    clock.now_s += 1.0
    assert (await keyring.unwrap(path, FRAGMENT, 1, wrap)).id == "frg_1:1"


@pytest.mark.parametrize("failure", [OSError("no route"), TimeoutError(), KeysUnavailableError("silent")])
async def test_a_provider_that_fails_in_any_way_is_one_error(
    keyring: Keyring, root: CountingRoot, clock: Clock, failure: Exception
) -> None:
    path = await new_path(keyring)
    _, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    keyring.forget()
    root.failure = failure
    with pytest.raises(KeysUnavailableError):
        await keyring.unwrap(path, FRAGMENT, 1, wrap)
    clock.now_s += 1.0
    with pytest.raises(KeysUnavailableError):
        await keyring.health()


async def test_a_provider_that_never_answers_is_given_up(
    keyring: Keyring, root: CountingRoot, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await new_path(keyring)
    _, wrap = await keyring.new_data_key(path, FRAGMENT, 1)
    monkeypatch.setattr(keyring_module, "PROVIDER_DEADLINE_S", 0.01)
    root.silent = True
    clock.now_s += 1.0
    with pytest.raises(KeysUnavailableError):
        await keyring.unwrap(path, FRAGMENT, 1, wrap)
    root.silent = False
    clock.now_s += 1.0
    await keyring.unwrap(path, FRAGMENT, 1, wrap)


async def test_the_record_goes_on_without_the_provider(
    keyring: Keyring, root: CountingRoot, clock: Clock
) -> None:
    root.failure = KeysUnavailableError("silent")
    clock.now_s += 10
    key = keyring.record_key("person:per_1", keyring.new_record_key("person:per_1"))
    assert keyring.unseal_part(key, "dec_1", 0, keyring.seal_part(key, "dec_1", 0, b"detail")) == b"detail"
    assert (root.checks, root.unwraps) == (0, 0)


async def test_a_disclosed_part_key_opens_its_part_and_no_other(keyring: Keyring) -> None:
    key = keyring.record_key("person:per_1", keyring.new_record_key("person:per_1"))
    parts = [keyring.seal_part(key, "dec_1", n, b"part %d" % n) for n in range(3)]
    disclosed = part_key(key.reveal(), "dec_1", 1)
    assert unseal(disclosed, keyring.part_context("dec_1", 1), parts[1]) == b"part 1"
    for n in (0, 2):
        with pytest.raises(TamperedError):
            unseal(disclosed, keyring.part_context("dec_1", n), parts[n])


async def test_what_is_sealed_under_a_record_key_opens_in_its_row_only(keyring: Keyring) -> None:
    key = keyring.record_key("person:per_1", keyring.new_record_key("person:per_1"))
    other = keyring.record_key("person:per_2", keyring.new_record_key("person:per_2"))
    handle, elsewhere = keyring.snapshot_handle(b"digest"), keyring.snapshot_handle(b"other")
    place = keyring.place(AgencyId("school"), PersonId("per_1"), FRAGMENT, 1)
    next_version = keyring.place(AgencyId("school"), PersonId("per_1"), FRAGMENT, 2)
    snapshot = keyring.seal_snapshot(key, handle, b"facts")
    attributes = keyring.seal_attributes(key, 1, b"names")
    manifest = keyring.seal_manifest(key, place, b"sections")
    act = keyring.seal_journal("act-1", b"withdrawn")
    assert keyring.unseal_snapshot(key, handle, snapshot) == b"facts"
    assert keyring.unseal_attributes(key, 1, attributes) == b"names"
    assert keyring.unseal_manifest(key, place, manifest) == b"sections"
    assert keyring.unseal_journal("act-1", act) == b"withdrawn"
    wrong: list[Callable[[], bytes]] = [
        lambda: keyring.unseal_snapshot(key, elsewhere, snapshot),
        lambda: keyring.unseal_snapshot(other, handle, snapshot),
        lambda: keyring.unseal_attributes(key, 2, attributes),
        lambda: keyring.unseal_attributes(other, 1, attributes),
        lambda: keyring.unseal_attributes(key, 1, snapshot),
        lambda: keyring.unseal_manifest(key, next_version, manifest),
        lambda: keyring.unseal_manifest(other, place, manifest),
        lambda: keyring.unseal_journal("act-2", act),
        lambda: keyring.unseal_part(other, "dec_1", 0, keyring.seal_part(key, "dec_1", 0, b"")),
        lambda: keyring.unseal_part(key, "dec_2", 0, keyring.seal_part(key, "dec_1", 0, b"")),
    ]
    for attempt in wrong:
        with pytest.raises(TamperedError):
            attempt()


def test_a_record_keys_wrap_opens_for_its_owner_only(keyring: Keyring) -> None:
    wrap = keyring.new_record_key("person:per_1")
    for owner in ("person:per_2", "agency:per_1", "deployment"):
        with pytest.raises(TamperedError):
            keyring.record_key(owner, wrap)
    with pytest.raises(ValueError, match="no such owner"):
        keyring.new_record_key("per_1")


def test_a_forgotten_record_key_is_opened_anew(keyring: Keyring) -> None:
    wrap = keyring.new_record_key("deployment")
    kept = keyring.record_key("deployment", wrap)
    assert keyring.record_key("deployment", wrap) is kept
    keyring.forget_record_key("deployment")
    assert keyring.record_key("deployment", wrap) is not kept


def test_handles_agree_for_equal_values_of_one_kind_only(keyring: Keyring) -> None:
    assert keyring.handle("person", "per_1") == keyring.handle("person", b"per_1")
    handles = {
        keyring.handle("person", "per_1"),
        keyring.handle("worker", "per_1"),
        keyring.handle("person", "per_2"),
        keyring.subject_handle(PersonId("per_1")),
    }
    assert {len(handle) for handle in handles} == {16}
    assert len(handles) == 4


def test_derived_keys_differ_by_purpose_and_deployment(keyring: Keyring, root: CountingRoot) -> None:
    elsewhere = Keyring(root, "dep_2", SUB_ROOTS)
    keys = {keyring.derive("cursor"), keyring.derive("nonce"), elsewhere.derive("cursor")}
    assert len(keys) == 3
    assert keyring.derive("cursor") == Keyring(root, "dep_1", SUB_ROOTS).derive("cursor")


async def test_secrets_have_no_face(keyring: Keyring) -> None:
    path = await new_path(keyring)
    data_key, _ = await keyring.new_data_key(path, FRAGMENT, 1)
    record_key = keyring.record_key("deployment", keyring.new_record_key("deployment"))
    assert repr(data_key) == "DataKey(frg_1:1, 32 bytes)"
    assert repr(record_key) == "RecordKey(deployment, 32 bytes)"
    assert "\\x01" not in repr(SUB_ROOTS)
    with pytest.raises(TypeError):
        pickle.dumps(data_key)
