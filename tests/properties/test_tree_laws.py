"""The tree obeys RFC 6962, as its own recursion says it, and no proof shows what is not so."""

import hashlib
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.merkle import (
    CompactRange,
    compact_range_at,
    consistency_path,
    inclusion_path,
    leaf_hash,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)

sizes = st.integers(1, 130)


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


@dataclass
class Tree:
    leaves: list[bytes]
    frontier: CompactRange
    nodes: dict[tuple[int, int], bytes]

    @classmethod
    def of(cls, size: int) -> "Tree":
        tree = cls([index.to_bytes(2, "big") for index in range(size)], CompactRange(), {})
        for index, leaf in enumerate(tree.leaves):
            tree.nodes[0, index] = leaf_hash(leaf)
            tree.nodes |= {(level, at): made for level, at, made in tree.frontier.append(leaf_hash(leaf))}
        return tree

    def node_at(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def root(self, size: int) -> bytes:
        return naive_root(self.leaves[:size])


TREE = Tree.of(130)


@given(st.integers(0, 130))
def test_the_frontier_has_the_root_of_the_recursion(size: int) -> None:
    tree = Tree.of(size)
    assert tree.frontier.root() == naive_root(tree.leaves)
    assert subtree_root(0, size, tree.node_at) == naive_root(tree.leaves)


@given(st.integers(0, 130))
def test_a_frontier_read_back_or_rebuilt_grows_alike(size: int) -> None:
    tree = Tree.of(size)
    read = CompactRange.parse(tree.frontier.to_bytes())
    rebuilt = compact_range_at(size, TREE.node_at)
    completed = [frontier.append(leaf_hash(b"next")) for frontier in (tree.frontier, read, rebuilt)]
    assert completed[0] == completed[1] == completed[2]
    assert tree.frontier.root() == read.root() == rebuilt.root()


@given(sizes, st.data())
def test_each_leaf_is_proved_in_its_own_place_only(size: int, data: st.DataObject) -> None:
    index, elsewhere = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    path, root = inclusion_path(size, index, TREE.node_at), TREE.root(size)
    leaf = TREE.node_at(0, index)
    assert len(path) <= max(size - 1, 0).bit_length()
    assert verify_inclusion(leaf, index, size=size, path=path, root=root)
    shown_elsewhere = verify_inclusion(leaf, elsewhere, size=size, path=path, root=root)
    assert shown_elsewhere == (elsewhere == index)


@given(sizes, st.data())
def test_an_altered_proof_of_inclusion_shows_nothing(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, root, leaf = inclusion_path(size, index, TREE.node_at), TREE.root(size), TREE.node_at(0, index)
    assert not verify_inclusion(leaf_hash(b"other"), index, size=size, path=path, root=root)
    assert not verify_inclusion(leaf, index, size=size, path=[*path, root], root=root)
    for at in range(len(path)):
        altered = [*path[:at], leaf_hash(path[at]), *path[at + 1 :]]
        assert not verify_inclusion(leaf, index, size=size, path=altered, root=root)
        assert not verify_inclusion(leaf, index, size=size, path=path[:at] + path[at + 1 :], root=root)


@given(sizes, st.data())
def test_a_grown_ledger_is_proved_to_begin_with_the_older_one(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    path = consistency_path(old, size, TREE.node_at)
    old_root, root = TREE.root(old), TREE.root(size)
    assert verify_consistency(old, size, old_root=old_root, new_root=root, path=path)
    assert not verify_consistency(old, size, old_root=leaf_hash(b""), new_root=root, path=path)
    assert not verify_consistency(old, size, old_root=old_root, new_root=root, path=[*path, root])
    for at in range(len(path)):
        altered = [*path[:at], leaf_hash(path[at]), *path[at + 1 :]]
        assert not verify_consistency(old, size, old_root=old_root, new_root=root, path=altered)


@given(sizes, st.data())
def test_a_rewritten_entry_breaks_every_older_checkpoint(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    rewritten = data.draw(st.integers(0, old - 1))
    forged = Tree.of(0)
    for index in range(size):
        leaf = b"forged" if index == rewritten else TREE.leaves[index]
        forged.nodes[0, index] = leaf_hash(leaf)
        forged.nodes |= {(level, at): made for level, at, made in forged.frontier.append(leaf_hash(leaf))}
    path = consistency_path(old, size, forged.node_at)
    assert not verify_consistency(
        old, size, old_root=TREE.root(old), new_root=forged.frontier.root(), path=path
    )


@given(st.integers(-3, 140), st.integers(-3, 140), st.lists(st.binary(max_size=40), max_size=9))
def test_nonsense_proofs_are_refused_and_never_raise(old: int, new: int, path: list[bytes]) -> None:
    root = leaf_hash(b"some root")
    assert not verify_inclusion(root, old, size=new, path=path, root=leaf_hash(b"another"))
    assert not verify_consistency(old, new, old_root=root, new_root=leaf_hash(b"another"), path=path)
