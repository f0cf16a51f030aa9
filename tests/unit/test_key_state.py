"""The state directory: made once, private, complete, and refused when its files disagree."""

import json
from pathlib import Path

import pytest

from gateway.adapters.crypto.state import KeyState, origin_of
from gateway.domain.errors import ConflictError, CorruptionError, KeysUnavailableError, MalformedError
from tests.support.keys import TEST_COST, new_state, private_folder

FILES = {"root.key", "machine.key", "keyring.json", "ledger.key", "signer-1.json", "deployment.json"}
SOURCE_TREE = Path(__file__).resolve().parents[2]


async def open_again(state: KeyState) -> KeyState:
    return await KeyState.open(state.directory, insecure_test_cost=TEST_COST)


async def test_a_state_directory_is_private_and_complete(tmp_path: Path) -> None:
    state = await new_state(tmp_path / "deep" / "state")
    assert {path.name for path in state.directory.iterdir()} == FILES
    assert state.directory.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in state.directory.iterdir()} == {0o600}


async def test_what_init_gave_is_what_open_gives(tmp_path: Path) -> None:
    state = await new_state(tmp_path / "state")
    again = await open_again(state)
    assert (again.deployment, again.vkey, again.ledger) == (state.deployment, state.vkey, 1)
    assert again.origin == origin_of(state.deployment, 1)
    assert again.keyring.derive("cursor") == state.keyring.derive("cursor")
    wrap = state.keyring.new_record_key("deployment")
    assert again.keyring.record_key("deployment", wrap).owner == "deployment"


async def test_two_deployments_share_nothing(tmp_path: Path) -> None:
    one, other = await new_state(tmp_path / "one"), await new_state(tmp_path / "other")
    assert one.deployment != other.deployment
    assert one.vkey != other.vkey
    assert one.keyring.handle("person", "x") != other.keyring.handle("person", "x")


async def test_keys_are_never_made_in_the_source_tree() -> None:
    with pytest.raises(MalformedError, match="source tree"):
        await KeyState.init(SOURCE_TREE / "keys" / "state", cost=TEST_COST)
    assert not (SOURCE_TREE / "keys" / "state").exists()


async def test_a_directory_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    state = await new_state(tmp_path / "state")
    with pytest.raises(ConflictError):
        await new_state(state.directory)
    assert (await open_again(state)).deployment == state.deployment


async def test_the_root_key_may_live_elsewhere(tmp_path: Path) -> None:
    url = f"file:{private_folder(tmp_path / 'stick')}/gateway.key"
    state = await KeyState.init(tmp_path / "state", root_url=url, passphrase=b"invented", cost=TEST_COST)
    assert {path.name for path in state.directory.iterdir()} == FILES - {"root.key", "machine.key"}
    again = await KeyState.open(state.directory, url, passphrase=b"invented", insecure_test_cost=TEST_COST)
    assert again.vkey == state.vkey


@pytest.mark.parametrize("name", sorted(FILES - {"signer-1.json"}))
@pytest.mark.parametrize("mode", [0o640, 0o604])
async def test_a_file_open_to_others_refuses_to_start(tmp_path: Path, name: str, mode: int) -> None:
    state = await new_state(tmp_path / "state")
    (state.directory / name).chmod(mode)
    with pytest.raises(KeysUnavailableError):
        await open_again(state)


@pytest.mark.parametrize("mode", [0o750, 0o701, 0o770])
async def test_a_directory_open_to_others_refuses_to_start(tmp_path: Path, mode: int) -> None:
    state = await new_state(tmp_path / "state")
    state.directory.chmod(mode)
    with pytest.raises(KeysUnavailableError):
        await open_again(state)


@pytest.mark.parametrize("name", sorted(FILES - {"signer-1.json"}))
async def test_a_missing_file_refuses_to_start(tmp_path: Path, name: str) -> None:
    state = await new_state(tmp_path / "state")
    (state.directory / name).unlink()
    with pytest.raises(KeysUnavailableError):
        await open_again(state)


async def test_a_missing_directory_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(KeysUnavailableError, match="gateway keys init"):
        await KeyState.open(tmp_path / "none")


@pytest.mark.parametrize("name", ["keyring.json", "ledger.key", "deployment.json"])
async def test_a_file_of_another_deployment_refuses_to_start(tmp_path: Path, name: str) -> None:
    state, other = await new_state(tmp_path / "one"), await new_state(tmp_path / "other")
    (state.directory / name).write_bytes((other.directory / name).read_bytes())
    with pytest.raises(CorruptionError):
        await open_again(state)


@pytest.mark.parametrize("name", ["keyring.json", "ledger.key", "deployment.json"])
@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": "gateway.other@v1"}'])
async def test_an_unreadable_file_refuses_to_start(tmp_path: Path, name: str, text: str) -> None:
    state = await new_state(tmp_path / "state")
    (state.directory / name).write_text(text)
    with pytest.raises(CorruptionError):
        await open_again(state)


async def test_the_files_hold_no_key_in_the_clear(tmp_path: Path) -> None:
    state = await new_state(tmp_path / "state")
    document = json.loads((state.directory / "deployment.json").read_text())
    assert set(document) == {"format", "deployment", "ledger", "vkey"}
    derived = state.keyring.derive("cursor")
    assert not any(derived in path.read_bytes() for path in state.directory.iterdir())


async def test_a_next_ledger_has_a_name_of_its_own_and_nothing_in_it(tmp_path: Path) -> None:
    state = await new_state(tmp_path / "state")
    following = await state.begin_next_ledger()
    again = await open_again(state)
    assert (following.ledger, again.ledger) == (2, 2)
    assert again.vkey == following.vkey != state.vkey
    signer = again.open_signer()
    assert signer.size == 0
    signer.close()
