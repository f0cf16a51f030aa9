"""Files that nobody but their owner reads: tokens, and private keys as JWKs."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.adapters.identity.key_making import PrivateKey, make_key
from gateway.cli.failure import USAGE, CommandError

_MAX_BYTES = 16 * 1024
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def write_private(path: Path, content: bytes, *, new: bool = False) -> None:
    """Write a file, 0600; `new` refuses one that is there.

    Raises:
        CommandError: It is there already, or cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | (os.O_EXCL if new else os.O_TRUNC)
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        raise CommandError(USAGE, f"{path} is there already") from None
    except OSError as error:
        raise CommandError(USAGE, f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, 0o600)
        file.write(content)


def read_private_text(path: Path) -> bytes:
    """Read a file that only its owner can read.

    Raises:
        CommandError: It is not there, too large, or open to others.
    """
    try:
        status = path.stat()
        if status.st_mode & _OTHERS:
            raise CommandError(USAGE, f"{path} is readable by other users", (f"chmod 600 {path}",))
        if status.st_size > _MAX_BYTES:
            raise CommandError(USAGE, f"{path} is too large")
        return path.read_bytes()
    except OSError as error:
        raise CommandError(USAGE, f"{path}: {error.strerror}") from None


def read_key_file(path: Path) -> PrivateKey:
    """Read a private key.

    Raises:
        CommandError: It is no private JWK of P-256, RSA or Ed25519, or open to others.
    """
    try:
        return PrivateKey.of_json(read_private_text(path))
    except ValueError:
        raise CommandError(USAGE, f"{path} holds no private JWK of P-256, RSA or Ed25519") from None


@contextmanager
def new_key_file(path: Path) -> Iterator[PrivateKey]:
    """Make a private key and its file; where the block comes to nothing, the file goes again.

    A key that is registered nowhere serves nobody.

    Raises:
        CommandError: The file is there already.
    """
    key = make_key_file(path)
    try:
        yield key
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def make_key_file(path: Path) -> PrivateKey:
    """Make a private key and its file.

    Raises:
        CommandError: The file is there already.
    """
    key = make_key()
    write_private(path, key.to_json() + b"\n", new=True)
    return key
