"""The root key's file: who may read it, what opens it, and what happens when it goes."""

import json
import os
from pathlib import Path

import pytest

from gateway.adapters.crypto import durable
from gateway.adapters.crypto.provider import open_root
from gateway.adapters.crypto.root_file import Argon2Cost, FileRoot
from gateway.domain.errors import ConflictError, KeysUnavailableError, MalformedError, TamperedError
from tests.support.keys import TEST_COST, new_root, private_folder

PASSPHRASE = b"invented and long enough"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return private_folder(tmp_path / "keys")


def open_again(folder: Path) -> FileRoot:
    return FileRoot.open(folder / "root.key", insecure_test_cost=TEST_COST)


async def test_what_was_wrapped_opens_after_a_restart_in_its_context_only(folder: Path) -> None:
    wrapped = await new_root(folder).wrap(b"context", bytes(32))
    assert await open_again(folder).unwrap(b"context", wrapped) == bytes(32)
    with pytest.raises(TamperedError):
        await open_again(folder).unwrap(b"another", wrapped)


async def test_another_root_key_opens_nothing(folder: Path, tmp_path: Path) -> None:
    wrapped = await new_root(folder).wrap(b"context", bytes(32))
    with pytest.raises(TamperedError):
        await new_root(private_folder(tmp_path / "other")).unwrap(b"context", wrapped)


def test_the_standard_cost_is_256_mib_and_three_passes() -> None:
    assert Argon2Cost() == Argon2Cost(memory_kib=262_144, iterations=3, lanes=1)


def test_a_file_sealed_too_cheaply_is_refused_outside_tests(folder: Path) -> None:
    new_root(folder)
    with pytest.raises(KeysUnavailableError, match="standard cost"):
        FileRoot.open(folder / "root.key")


def test_no_key_is_made_at_less_than_the_standard_cost_by_mistake(folder: Path) -> None:
    with pytest.raises(ValueError, match="standard cost"):
        FileRoot.create(folder / "root.key", cost=Argon2Cost(memory_kib=262_143))
    assert list(folder.iterdir()) == []


def test_a_pipe_in_the_files_place_is_refused_at_once(folder: Path) -> None:
    new_root(folder)
    (folder / "root.key").unlink()
    os.mkfifo(folder / "root.key", 0o600)
    with pytest.raises(KeysUnavailableError, match="no plain file"):
        open_again(folder)


def test_only_its_passphrase_opens_it(folder: Path) -> None:
    FileRoot.create(folder / "root.key", passphrase=PASSPHRASE, cost=TEST_COST)
    assert not (folder / "machine.key").exists()
    FileRoot.open(folder / "root.key", passphrase=PASSPHRASE, insecure_test_cost=TEST_COST)
    for wrong in (b"", PASSPHRASE + b" "):
        with pytest.raises(KeysUnavailableError):
            FileRoot.open(folder / "root.key", passphrase=wrong, insecure_test_cost=TEST_COST)
    with pytest.raises(KeysUnavailableError):
        open_again(folder)


@pytest.mark.parametrize("name", ["root.key", "machine.key"])
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o666, 0o000, 0o200])
def test_a_file_that_others_can_read_or_its_owner_cannot_is_refused(
    folder: Path, name: str, mode: int
) -> None:
    new_root(folder)
    (folder / name).chmod(mode)
    with pytest.raises(KeysUnavailableError):
        open_again(folder)


def test_files_are_made_for_their_owner_alone(folder: Path) -> None:
    new_root(folder)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_a_network_file_system_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new_root(folder)
    mounts = f"disk / ext4 rw 0 0\nserver:/keys {folder} nfs4 rw 0 0\n"
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: mounts)
    with pytest.raises(KeysUnavailableError, match="network"):
        open_again(folder)


def test_an_existing_key_is_never_written_over(folder: Path) -> None:
    new_root(folder)
    before = (folder / "root.key").read_bytes()
    with pytest.raises(ConflictError):
        FileRoot.create(folder / "root.key", passphrase=PASSPHRASE, cost=TEST_COST)
    assert (folder / "root.key").read_bytes() == before


@pytest.mark.parametrize("field", ["format", "key_id", "kdf", "sealed"])
def test_a_file_with_a_field_altered_or_missing_is_refused(folder: Path, field: str) -> None:
    new_root(folder)
    file = folder / "root.key"
    document = json.loads(file.read_text())
    for altered in ({**document, field: "AAAA"}, {k: v for k, v in document.items() if k != field}):
        file.write_text(json.dumps(altered))
        with pytest.raises(KeysUnavailableError):
            open_again(folder)


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"kdf": 1}', "\x00"])
def test_what_is_no_key_file_is_refused(folder: Path, text: str) -> None:
    new_root(folder)
    (folder / "root.key").write_text(text)
    with pytest.raises(KeysUnavailableError):
        open_again(folder)


@pytest.mark.parametrize("name", ["root.key", "machine.key"])
async def test_health_notices_that_a_file_went_and_that_it_came_back(folder: Path, name: str) -> None:
    root = new_root(folder)
    await root.health()
    content = (folder / name).read_bytes()
    (folder / name).unlink()
    with pytest.raises(KeysUnavailableError):
        await root.health()
    durable.create_durably(folder / name, content)
    await root.health()


@pytest.mark.parametrize("name", ["root.key", "machine.key"])
async def test_health_notices_a_file_that_was_replaced(folder: Path, name: str) -> None:
    root = new_root(folder)
    content = (folder / name).read_bytes()
    durable.replace_durably(folder / name, content[::-1])
    for _ in range(2):
        with pytest.raises(KeysUnavailableError, match="replaced"):
            await root.health()
    durable.replace_durably(folder / name, content)
    await root.health()


@pytest.mark.parametrize("mode", [0o644, 0o000])
async def test_health_notices_a_changed_mode(folder: Path, mode: int) -> None:
    root = new_root(folder)
    (folder / "root.key").chmod(mode)
    with pytest.raises(KeysUnavailableError):
        await root.health()
    (folder / "root.key").chmod(0o600)
    await root.health()


async def test_health_survives_a_touch(folder: Path) -> None:
    root = new_root(folder)
    os.utime(folder / "root.key")
    await root.health()


def test_a_root_key_has_no_face(folder: Path) -> None:
    root = new_root(folder)
    assert repr(root) == f"FileRoot({root.key_id}, 32 bytes)"


def test_a_url_names_a_file(folder: Path) -> None:
    made = new_root(folder)
    assert open_root(f"file:{folder}/root.key", insecure_test_cost=TEST_COST).key_id == made.key_id
    assert open_root(f"file://{folder}/root.key", insecure_test_cost=TEST_COST).key_id == made.key_id


@pytest.mark.parametrize("url", ["", "/x", "vault:x", "pkcs11:x", "http://x/y", "FILE"])
def test_an_unknown_scheme_is_named_as_such(url: str) -> None:
    with pytest.raises(MalformedError, match="unknown scheme"):
        open_root(url)


@pytest.mark.parametrize("url", ["file:", "file:x", "file://host/x", "file:/x?y", "file:/x#y"])
def test_another_shape_of_file_url_is_refused(url: str) -> None:
    with pytest.raises(MalformedError, match="absolute"):
        open_root(url)


def test_a_missing_file_is_keys_unavailable(folder: Path) -> None:
    with pytest.raises(KeysUnavailableError):
        open_root(f"file:{folder}/none", insecure_test_cost=TEST_COST)
