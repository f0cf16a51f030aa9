"""What the single signer has signed, kept beside its keys: it signs nothing that does not extend it.

`signer-<ledger>.json` is one JSON object: `format`, `origin`, `size`, `range` (the compact range, base64) and
`checkpoint` (the last signed note; null before the first). It is on disk before a checkpoint leaves.
"""

import base64
import binascii
import fcntl
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.adapters.crypto.durable import create_durably, read_private, replace_durably
from gateway.adapters.crypto.note import CheckpointSigner, VerifierKey
from gateway.domain.errors import ConflictError, CorruptionError, TamperedError
from gateway.domain.merkle import CompactRange, Node, NodeAt, compact_range_at, subtree_root

_FORMAT: Final = "gateway.signer@v1"
_LOCK: Final = "signer.lock"


@dataclass(frozen=True, slots=True)
class Signed:
    """A new checkpoint, and the inner nodes that its leaves completed, for the store to keep."""

    checkpoint: str
    size: int
    root: bytes
    nodes: tuple[Node, ...]


class SignerState:
    """Held by one process at a time; `close` lets another have it."""

    def __init__(
        self, path: Path, verifier: VerifierKey, frontier: CompactRange, checkpoint: str | None, lock: int
    ) -> None:
        self._path = path
        self._verifier = verifier
        self._frontier = frontier
        self._checkpoint = checkpoint
        self._lock = lock

    @staticmethod
    def create(folder: Path, ledger: int, origin: str) -> None:
        """Begin a ledger that holds nothing.

        Raises:
            ConflictError: That ledger was begun already.
        """
        create_durably(folder / _name(ledger), _encode(origin, CompactRange(), None))

    @staticmethod
    def restore(folder: Path, ledger: int, verifier: VerifierKey, checkpoint: str, node_at: NodeAt) -> None:
        """Make a lost state anew from a mirror's checkpoint and the stored ledger that it covers.

        Raises:
            ConflictError: The state is there.
            TamperedError: The checkpoint is not this ledger's.
            CorruptionError: The stored ledger is not the one that was signed.
        """
        signed = verifier.verify(checkpoint)
        frontier = compact_range_at(signed.size, node_at)
        if frontier.root() != signed.root:
            raise CorruptionError("the stored ledger does not extend what was signed")
        create_durably(folder / _name(ledger), _encode(signed.origin, frontier, checkpoint))

    @classmethod
    def open(cls, folder: Path, ledger: int, verifier: VerifierKey) -> "SignerState":
        """Become the signer of a ledger.

        Raises:
            ConflictError: Another process is the signer.
            KeysUnavailableError: The file is missing or open to others.
            CorruptionError: The file contradicts itself or its checkpoint.
        """
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path = folder / _name(ledger)
            frontier, checkpoint = _decode(read_private(path), verifier)
        except BlockingIOError:
            os.close(lock)
            raise ConflictError("another process signs this ledger") from None
        except BaseException:
            os.close(lock)
            raise
        return cls(path, verifier, frontier, checkpoint, lock)

    @property
    def size(self) -> int:
        return self._frontier.size

    @property
    def root(self) -> bytes:
        return self._frontier.root()

    @property
    def checkpoint(self) -> str | None:
        return self._checkpoint

    def require_extended_by(self, size: int, node_at: NodeAt) -> None:
        """Refuse a stored ledger that does not begin with what was signed.

        Raises:
            CorruptionError: It is smaller, or its first entries are others: quarantine.
        """
        if size < self.size or subtree_root(0, self.size, node_at) != self.root:
            raise CorruptionError("the stored ledger does not extend what was signed")

    def sign(self, signer: CheckpointSigner, first: int, leaf_hashes: Sequence[bytes]) -> Signed:
        """Sign the ledger grown by these leaves; durable before it returns (two syncs of the disk).

        Args:
            signer: The ledger's key.
            first: Index of the first of `leaf_hashes`; it must be the size that was signed last.
            leaf_hashes: 32 bytes each, in ledger order; none signs the same size again.

        Raises:
            CorruptionError: They do not begin where the signed ledger ends.
            OSError: The state cannot be written; nothing was signed.
            ValueError: The key is not this ledger's.
        """
        if signer.verifier != self._verifier:
            raise ValueError("this key does not sign this ledger")
        if first != self.size:
            raise CorruptionError("these entries do not extend what was signed")
        frontier = self._frontier.copy()
        nodes: list[Node] = []
        for leaf_hash in leaf_hashes:
            nodes += frontier.append(leaf_hash)
        root = frontier.root()
        checkpoint = signer.sign(signer.origin, frontier.size, root)
        replace_durably(self._path, _encode(signer.origin, frontier, checkpoint))
        self._frontier, self._checkpoint = frontier, checkpoint
        return Signed(checkpoint, frontier.size, root, tuple(nodes))

    def close(self) -> None:
        """Stop being the signer."""
        os.close(self._lock)


def _name(ledger: int) -> str:
    return f"signer-{ledger}.json"


def _encode(origin: str, frontier: CompactRange, checkpoint: str | None) -> bytes:
    document = {
        "format": _FORMAT,
        "origin": origin,
        "size": frontier.size,
        "range": base64.b64encode(frontier.to_bytes()).decode(),
        "checkpoint": checkpoint,
    }
    return json.dumps(document, indent=2).encode() + b"\n"


def _decode(content: bytes, verifier: VerifierKey) -> tuple[CompactRange, str | None]:
    try:
        document: dict[str, Any] = json.loads(content)
        frontier = CompactRange.parse(base64.b64decode(document["range"], validate=True))
        checkpoint = document["checkpoint"]
        signed = verifier.verify(checkpoint) if checkpoint is not None else None
        named = (document["format"], document["origin"], document["size"])
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error, TamperedError):
        raise CorruptionError("the signer's state is unreadable") from None
    agrees = (
        frontier.size == 0
        if signed is None
        else (signed.size, signed.root) == (frontier.size, frontier.root())
    )
    if not agrees or named != (_FORMAT, verifier.name, frontier.size):
        raise CorruptionError("the signer's state contradicts its checkpoint")
    return frontier, checkpoint
