"""The root key in a file, sealed under Argon2id: for the quick start and small networks.

The file is one JSON object: `format`, `key_id`, `kdf` {name, memory_kib, iterations, lanes, salt}, `sealed`:
the 32-byte root key sealed under the derived key, with everything else as its context; binary in base64.
A file `machine.key` beside it, 64 hexadecimal digits of a random key, stands for a passphrase where none is
given: it protects a copy of the one file, not a copy of both.
"""

import base64
import binascii
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from gateway.adapters.crypto.durable import create_durably, read_private, require_local, require_private
from gateway.adapters.crypto.sealing import KEY_BYTES, seal, unseal
from gateway.domain.contexts import encode_context
from gateway.domain.errors import KeysUnavailableError, TamperedError

MACHINE_KEY: Final = "machine.key"
_FORMAT: Final = "gateway.root-key@v1"
_SALT_BYTES: Final = 16
_MAX_MEMORY_KIB: Final = 4 * 1024 * 1024
_MAX_ITERATIONS: Final = 64
_Seen = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What one guess at the passphrase costs; the defaults are the least that is accepted."""

    memory_kib: int = 256 * 1024
    iterations: int = 3
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class InsecureTestCost(Argon2Cost):
    """A cost that protects nothing and takes a millisecond; no setting leads here."""

    memory_kib: int = 64
    iterations: int = 1


STANDARD_COST: Final = Argon2Cost()


class FileRoot:
    """A root key opened once, at start; it fails its health check as soon as its file is gone or changed."""

    def __init__(self, key_id: str, root_key: bytes, files: tuple[Path, ...], digest: bytes) -> None:
        self.key_id = key_id
        self._root_key = root_key
        self._files = files
        self._digest = digest
        self._seen: _Seen = _stat_all(files)

    def __repr__(self) -> str:
        return f"FileRoot({self.key_id}, {len(self._root_key)} bytes)"

    @staticmethod
    def create(path: Path, *, passphrase: bytes | None = None, cost: Argon2Cost = STANDARD_COST) -> None:
        """Make a new random root key; without a passphrase, a machine key is made beside it.

        Raises:
            ConflictError: One of the files exists already.
            KeysUnavailableError: The folder lies on a network file system.
            ValueError: The cost is below the standard and no `InsecureTestCost`.
        """
        if not (isinstance(cost, InsecureTestCost) or _at_least_standard(cost)):
            raise ValueError("a root key is sealed at the standard cost at least")
        require_local(path.parent)
        if passphrase is None:
            passphrase = secrets.token_hex(KEY_BYTES).encode()
            create_durably(path.with_name(MACHINE_KEY), passphrase + b"\n")
        key_id = f"root_{secrets.token_hex(8)}"
        salt = os.urandom(_SALT_BYTES)
        derived = _stretch(passphrase, salt, cost)
        sealed = seal(derived, _context(key_id, salt, cost), os.urandom(KEY_BYTES))
        document = {
            "format": _FORMAT,
            "key_id": key_id,
            "kdf": {
                "name": "argon2id",
                "memory_kib": cost.memory_kib,
                "iterations": cost.iterations,
                "lanes": cost.lanes,
                "salt": base64.b64encode(salt).decode(),
            },
            "sealed": base64.b64encode(sealed).decode(),
        }
        create_durably(path, json.dumps(document, indent=2).encode() + b"\n")

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        passphrase: bytes | None = None,
        insecure_test_cost: InsecureTestCost | None = None,
    ) -> "FileRoot":
        """Open a root key file.

        Args:
            path: The sealed root key.
            passphrase: Opens it; without one, the machine key beside it is read.
            insecure_test_cost: Accepts a file sealed at less than the standard cost; tests only.

        Raises:
            KeysUnavailableError: A file is missing, open to others, on a network, unreadable, sealed too
                cheaply, or does not open with this passphrase. Never says what was wrong with a secret.
        """
        require_local(path)
        files = (path,) if passphrase is not None else (path, path.with_name(MACHINE_KEY))
        contents = [read_private(one) for one in files]
        secret = contents[1].strip() if passphrase is None else passphrase
        try:
            key_id, salt, cost, sealed = _parse(json.loads(contents[0]))
        except (ValueError, KeyError, TypeError, binascii.Error):
            raise KeysUnavailableError("the root key file is unreadable") from None
        if insecure_test_cost is None and not _at_least_standard(cost):
            raise KeysUnavailableError("the root key file is sealed at less than the standard cost")
        try:
            root_key = unseal(_stretch(secret, salt, cost), _context(key_id, salt, cost), sealed)
        except TamperedError:
            raise KeysUnavailableError("the root key file does not open") from None
        return cls(key_id, root_key, files, _digest(contents))

    async def wrap(self, context: bytes, key: bytes) -> bytes:
        return seal(self._root_key, self._bind(context), key)

    async def unwrap(self, context: bytes, wrapped: bytes) -> bytes:
        return unseal(self._root_key, self._bind(context), wrapped)

    async def health(self) -> None:
        """Look whether the files are still those that were opened: two `stat` calls, about 8 µs.

        Raises:
            KeysUnavailableError: A file is missing, replaced, altered or unreadable; until it is back.
        """
        try:
            seen = _stat_all(self._files)
        except OSError:
            raise KeysUnavailableError("the root key file is gone") from None
        if seen == self._seen:
            return
        # Touched, moved or restored: the same content in private files is the same key again.
        if _digest([read_private(one) for one in self._files]) != self._digest:
            raise KeysUnavailableError("the root key file was replaced")
        self._seen = seen

    def _bind(self, context: bytes) -> bytes:
        return encode_context("gateway.root-wrap@v1", self.key_id, context)


def _stat_all(files: tuple[Path, ...]) -> _Seen:
    seen = []
    for file in files:
        found = file.stat()
        require_private(found)
        seen.append(
            (found.st_dev, found.st_ino, found.st_mode, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        )
    return tuple(seen)


def _digest(contents: list[bytes]) -> bytes:
    return hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in contents)).digest()


def _stretch(secret: bytes, salt: bytes, cost: Argon2Cost) -> bytes:
    kdf = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return kdf.derive(secret)


def _context(key_id: str, salt: bytes, cost: Argon2Cost) -> bytes:
    return encode_context(_FORMAT, key_id, cost.memory_kib, cost.iterations, cost.lanes, salt)


def _at_least_standard(cost: Argon2Cost) -> bool:
    return cost.memory_kib >= STANDARD_COST.memory_kib and cost.iterations >= STANDARD_COST.iterations


def _parse(document: Mapping[str, Any]) -> tuple[str, bytes, Argon2Cost, bytes]:
    kdf = document["kdf"]
    if document["format"] != _FORMAT or kdf["name"] != "argon2id":
        raise ValueError("unknown format")
    cost = Argon2Cost(int(kdf["memory_kib"]), int(kdf["iterations"]), int(kdf["lanes"]))
    if not (
        cost.memory_kib <= _MAX_MEMORY_KIB and 0 < cost.iterations <= _MAX_ITERATIONS and cost.lanes == 1
    ):
        raise ValueError("cost out of bounds")
    salt = base64.b64decode(kdf["salt"], validate=True)
    return str(document["key_id"]), salt, cost, base64.b64decode(document["sealed"], validate=True)
