"""The ledger's tree: RFC 6962 hashes, proofs made and verified, and the frontier that lets it grow.

A node is named by (level, index): level 0 holds the leaf hashes, and node (level, index) covers the leaves
from `index << level` to `(index + 1) << level`. Only complete nodes, which never change, have a name.
"""

import hashlib
from collections.abc import Callable, Sequence

from gateway.domain.errors import CorruptionError

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = tuple[int, int, bytes]
"""(level, index, hash) of a complete inner node: level 1 and up."""
NodeAt = Callable[[int, int], bytes]
"""`node_at(level, index)` gives the hash of a complete node; level 0 is a leaf hash."""

_RANGE_VERSION = b"\x01"
_RANGE_HEADER_BYTES = 9


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children (RFC 6962, 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The roots of the complete subtrees that make up a tree of `size` leaves, largest first.

    Enough to append and to know the root, in at most 64 hashes. Serialised:
    `version (1) | size (8, big-endian) | 32 bytes for each bit that is set in size`.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: Sequence[bytes] = ()) -> None:
        if len(peaks) != size.bit_count() or any(len(peak) != HASH_BYTES for peak in peaks):
            raise CorruptionError("a compact range has the wrong number of hashes")
        self._size = size
        self._peaks = list(peaks)

    @property
    def size(self) -> int:
        return self._size

    def append(self, new_leaf_hash: bytes) -> list[Node]:
        """Add one leaf hash; give the inner nodes that it completes, lowest first, for a store to keep."""
        completed: list[Node] = []
        level, index, current = 0, self._size, new_leaf_hash
        while index & 1:
            level, index, current = level + 1, index >> 1, node_hash(self._peaks.pop(), current)
            completed.append((level, index, current))
        self._peaks.append(current)
        self._size += 1
        return completed

    def root(self) -> bytes:
        """Give the root of the tree as it stands (RFC 6962, 2.1); of no leaf, SHA-256 of nothing."""
        if not self._peaks:
            return EMPTY_ROOT
        root = self._peaks[-1]
        for peak in self._peaks[-2::-1]:
            root = node_hash(peak, root)
        return root

    def copy(self) -> "CompactRange":
        return CompactRange(self._size, self._peaks)

    def to_bytes(self) -> bytes:
        return _RANGE_VERSION + self._size.to_bytes(8, "big") + b"".join(self._peaks)

    @classmethod
    def parse(cls, text: bytes) -> "CompactRange":
        """Read what `to_bytes` wrote.

        Raises:
            CorruptionError: Another version or length.
        """
        if text[:1] != _RANGE_VERSION or (len(text) - _RANGE_HEADER_BYTES) % HASH_BYTES:
            raise CorruptionError("a compact range has the wrong shape")
        size = int.from_bytes(text[1:_RANGE_HEADER_BYTES], "big")
        starts = range(_RANGE_HEADER_BYTES, len(text), HASH_BYTES)
        return cls(size, [text[at : at + HASH_BYTES] for at in starts])


def subtree_root(begin: int, end: int, node_at: NodeAt) -> bytes:
    """Give the root over the leaves `begin` to `end` (half-open).

    `begin` is a multiple of the first power of two that is not below the length.

    Reads at most one complete node for each bit of the length.
    """
    if begin == end:
        return EMPTY_ROOT
    length = end - begin
    if length & (length - 1) == 0:
        level = length.bit_length() - 1
        return node_at(level, begin >> level)
    middle = begin + _split(length)
    return node_hash(subtree_root(begin, middle, node_at), subtree_root(middle, end, node_at))


def compact_range_at(size: int, node_at: NodeAt) -> CompactRange:
    """Give the compact range of the first `size` leaves of a stored tree."""
    peaks: list[bytes] = []
    begin = 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            peaks.append(node_at(level, begin >> level))
            begin += 1 << level
    return CompactRange(size, peaks)


def inclusion_path(size: int, index: int, node_at: NodeAt) -> list[bytes]:
    """List the hashes from leaf `index` to the root of `size` leaves, lowest first (RFC 6962, 2.1.1).

    Raises:
        ValueError: There is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("the tree has no such leaf")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(subtree_root(middle, end, node_at))
            end = middle
        else:
            path.append(subtree_root(begin, middle, node_at))
            begin = middle
    path.reverse()
    return path


def consistency_path(old: int, new: int, node_at: NodeAt) -> list[bytes]:
    """List the hashes that show that `new` leaves begin with the `old` ones (RFC 6962, 2.1.2).

    Empty if `old` is 0, or is `new`.

    Raises:
        ValueError: `old` is negative or exceeds `new`.
    """
    if not 0 <= old <= new:
        raise ValueError("the older tree is not the smaller one")
    if old in {0, new}:
        return []
    path: list[bytes] = []
    begin, end, known = 0, new, True
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            path.append(subtree_root(middle, end, node_at))
            end = middle
        else:
            path.append(subtree_root(begin, middle, node_at))
            begin, known = middle, False
    if not known:
        path.append(subtree_root(begin, end, node_at))
    path.reverse()
    return path


def verify_inclusion(leaf: bytes, index: int, *, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Say whether the leaf hash stands at `index` in the tree (`size`, `root`) (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or len(leaf) != HASH_BYTES:
        return False
    node, last, current = index, size - 1, leaf
    for sibling in path:
        if last == 0 or len(sibling) != HASH_BYTES:
            return False
        if node & 1 or node == last:
            current = node_hash(sibling, current)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            current = node_hash(current, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and current == root


def verify_consistency(
    old: int, new: int, *, old_root: bytes, new_root: bytes, path: Sequence[bytes]
) -> bool:
    """Say whether (`new`, `new_root`) begins with (`old`, `old_root`) (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new or any(len(step) != HASH_BYTES for step in path):
        return False
    if old == 0:
        return not path and old_root == EMPTY_ROOT and (new > 0 or new_root == EMPTY_ROOT)
    if old == new:
        return not path and old_root == new_root
    # A complete older tree is itself the first hash of the path, and is left out of it.
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    return bool(steps) and _climb(old - 1, new - 1, steps) == (old_root, new_root)


def _climb(node: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Rebuild both roots from a consistency path; None if it does not end at the top."""
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            older, newer = node_hash(step, older), node_hash(step, newer)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            newer = node_hash(newer, step)
        node, last = node >> 1, last >> 1
    return (older, newer) if last == 0 else None


def _split(length: int) -> int:
    """Give the largest power of two below `length` (RFC 6962, 2.1)."""
    return 1 << ((length - 1).bit_length() - 1)
