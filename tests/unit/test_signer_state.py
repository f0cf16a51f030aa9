"""The single signer: it remembers what it signed and signs nothing else."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.adapters.crypto import signer_state
from gateway.adapters.crypto.note import CheckpointSigner
from gateway.adapters.crypto.signer_state import SignerState
from gateway.domain.errors import ConflictError, CorruptionError, KeysUnavailableError, TamperedError
from gateway.domain.merkle import CompactRange, consistency_path, leaf_hash, verify_consistency
from tests.support.keys import private_folder

SIGNER = CheckpointSigner("gateway/dep_1/ledger-1", bytes(range(32)))
LEAVES = [leaf_hash(bytes([n])) for n in range(40)]
FORGED = [leaf_hash(b"forged"), *LEAVES[1:]]


def node_at(leaves: list[bytes]) -> Callable[[int, int], bytes]:
    nodes: dict[tuple[int, int], bytes] = {}
    frontier = CompactRange()
    for index, leaf in enumerate(leaves):
        nodes[0, index] = leaf
        nodes |= {(level, at): made for level, at, made in frontier.append(leaf)}
    return lambda level, index: nodes[level, index]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = private_folder(tmp_path / "state")
    SignerState.create(folder, 1, SIGNER.origin)
    return folder


@pytest.fixture
def state(folder: Path) -> Iterator[SignerState]:
    state = SignerState.open(folder, 1, SIGNER.verifier)
    yield state
    state.close()


def open_again(folder: Path) -> SignerState:
    return SignerState.open(folder, 1, SIGNER.verifier)


def test_signing_gives_a_checkpoint_and_the_nodes_to_keep(state: SignerState) -> None:
    signed = state.sign(SIGNER, 0, LEAVES[:7])
    checkpoint = SIGNER.verifier.verify(signed.checkpoint)
    assert (checkpoint.size, checkpoint.root) == (7, signed.root) == (state.size, state.root)
    assert [(level, index) for level, index, _ in signed.nodes] == [(1, 0), (1, 1), (2, 0), (1, 2)]


def test_after_a_restart_the_signer_goes_on_where_it_stopped(folder: Path) -> None:
    first = open_again(folder)
    first.sign(SIGNER, 0, LEAVES[:5])
    first.close()
    second = open_again(folder)
    signed = second.sign(SIGNER, 5, LEAVES[5:9])
    expected = CompactRange()
    for leaf in LEAVES[:9]:
        expected.append(leaf)
    assert signed.root == expected.root()
    assert second.checkpoint == signed.checkpoint
    second.close()


@pytest.mark.parametrize("first", [0, 4, 6, -1])
def test_entries_that_do_not_follow_are_not_signed(state: SignerState, first: int) -> None:
    signed = state.sign(SIGNER, 0, LEAVES[:5])
    with pytest.raises(CorruptionError):
        state.sign(SIGNER, first, LEAVES[:3])
    assert state.checkpoint == signed.checkpoint


def test_a_stored_ledger_that_was_cut_or_changed_is_refused(state: SignerState) -> None:
    state.sign(SIGNER, 0, LEAVES[:13])
    state.require_extended_by(13, node_at(LEAVES))
    state.require_extended_by(40, node_at(LEAVES))
    for size, leaves in ((12, LEAVES), (0, LEAVES), (13, FORGED), (40, FORGED)):
        with pytest.raises(CorruptionError):
            state.require_extended_by(size, node_at(leaves))


def test_another_key_signs_nothing(state: SignerState) -> None:
    with pytest.raises(ValueError, match="does not sign"):
        state.sign(CheckpointSigner(SIGNER.origin, bytes(32)), 0, LEAVES[:1])


def test_there_is_one_signer_at_a_time(folder: Path, state: SignerState) -> None:
    with pytest.raises(ConflictError):
        open_again(folder)
    assert state.size == 0


def test_a_signer_that_closed_lets_another_in(folder: Path) -> None:
    open_again(folder).close()
    open_again(folder).close()


def test_a_disk_that_fails_leaves_nothing_signed(state: SignerState, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(signer_state, "replace_durably", fail)
        with pytest.raises(OSError, match="no space"):
            state.sign(SIGNER, 0, LEAVES[:3])
    assert (state.size, state.checkpoint) == (0, None)
    assert state.sign(SIGNER, 0, LEAVES[:4]).size == 4


def test_every_altered_character_of_the_state_is_refused_or_means_the_same(folder: Path) -> None:
    first = open_again(folder)
    first.sign(SIGNER, 0, LEAVES[:5])
    expected = (first.size, first.root)
    first.close()
    file = folder / "signer-1.json"
    content = file.read_bytes()
    wrong = []
    for at in range(len(content)):
        file.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        try:
            state = open_again(folder)
        except CorruptionError:
            continue
        if (state.size, state.root) != expected:
            wrong.append(at)
        state.close()
    assert wrong == []


def test_a_missing_state_is_not_an_empty_ledger(folder: Path) -> None:
    (folder / "signer-1.json").unlink()
    with pytest.raises(KeysUnavailableError):
        open_again(folder)
    with pytest.raises(KeysUnavailableError):
        open_again(folder)


def test_a_state_is_not_begun_twice(folder: Path) -> None:
    with pytest.raises(ConflictError):
        SignerState.create(folder, 1, SIGNER.origin)


def test_a_lost_state_is_made_again_from_a_mirrors_checkpoint(folder: Path) -> None:
    first = open_again(folder)
    checkpoint = first.sign(SIGNER, 0, LEAVES[:11]).checkpoint
    expected = first.sign(SIGNER, 11, LEAVES[11:20]).root
    first.close()
    (folder / "signer-1.json").unlink()
    SignerState.restore(folder, 1, SIGNER.verifier, checkpoint, node_at(LEAVES))
    second = open_again(folder)
    assert second.sign(SIGNER, 11, LEAVES[11:20]).root == expected
    second.close()


def test_a_lost_state_is_not_made_from_a_changed_ledger_or_a_strangers_checkpoint(folder: Path) -> None:
    first = open_again(folder)
    checkpoint = first.sign(SIGNER, 0, LEAVES[:11]).checkpoint
    first.close()
    (folder / "signer-1.json").unlink()
    with pytest.raises(CorruptionError):
        SignerState.restore(folder, 1, SIGNER.verifier, checkpoint, node_at(FORGED))
    stranger = CheckpointSigner(SIGNER.origin, bytes(32))
    with pytest.raises(TamperedError):
        SignerState.restore(folder, 1, stranger.verifier, checkpoint, node_at(LEAVES))


def test_each_checkpoint_extends_all_earlier_ones(state: SignerState) -> None:
    steps = [state.sign(SIGNER, at, LEAVES[at : at + 4]) for at in range(0, 40, 4)]
    stored = node_at(LEAVES)
    for older in steps:
        for newer in steps:
            if older.size <= newer.size:
                path = consistency_path(older.size, newer.size, stored)
                assert verify_consistency(
                    older.size, newer.size, old_root=older.root, new_root=newer.root, path=path
                )
