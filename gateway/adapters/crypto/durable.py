"""Files that survive a power cut, and private files that only their owner reads."""

import os
import secrets
import stat
from pathlib import Path
from typing import Final

from gateway.domain.errors import ConflictError, KeysUnavailableError

_FOR_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "glusterfs", "lustre", "beegfs", "gpfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "fuse.ceph"}
)


def create_durably(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600, whole or not at all, and sync it and its folder.

    Raises:
        ConflictError: Something of that name is there already; it is left as it is.
    """
    partial = _write_partial(path, content)
    try:
        os.link(partial, path)
    except FileExistsError:
        raise ConflictError("a file of that name exists already") from None
    finally:
        partial.unlink()
    sync_folder(path.parent)


def replace_durably(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 over what was there, at once and whole, and sync it and its folder."""
    _write_partial(path, content).replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_private(path: Path, *, limit: int = 1 << 20) -> bytes:
    """Read a small file that nobody but its owner may read.

    Raises:
        KeysUnavailableError: Missing, no plain file, another user's, open to group or others, or too large.
    """
    try:
        # Not to wait for ever on a pipe that somebody put in the file's place.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise KeysUnavailableError("a key file is no plain file")
            require_private(status)
            content = file.read(limit + 1)
    except OSError:
        raise KeysUnavailableError("a key file cannot be read") from None
    if len(content) > limit:
        raise KeysUnavailableError("a key file is too large")
    return content


def require_private(status: os.stat_result) -> None:
    """Refuse a file or folder that is not this user's alone.

    Raises:
        KeysUnavailableError: Another user's (root's is accepted), open to group or others, or no longer
            readable by its owner.
    """
    if status.st_uid not in {os.geteuid(), 0}:
        raise KeysUnavailableError("a key file belongs to another user")
    if status.st_mode & _FOR_OTHERS:
        raise KeysUnavailableError("a key file is open to group or others; set its mode to 0600")
    # The superuser reads a file of mode 0000 too: taking the right away must count all the same.
    if not status.st_mode & stat.S_IRUSR:
        raise KeysUnavailableError("a key file is not readable by its owner")


def require_local(path: Path) -> None:
    """Refuse a path on a network file system, as far as the system tells (Linux; best effort).

    Raises:
        KeysUnavailableError: The mount it lies on is a network's.
    """
    try:
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    target = path.resolve()
    nearest, kind = -1, ""
    for mount in mounts:
        _, place, fs_type, *_ = mount.split(" ")
        point = Path(place.replace("\\040", " "))
        # Later lines shadow earlier ones that are mounted at the same point.
        if (target == point or point in target.parents) and len(point.parts) >= nearest:
            nearest, kind = len(point.parts), fs_type
    if kind in _NETWORK:
        raise KeysUnavailableError("a key file lies on a network file system")


def _write_partial(path: Path, content: bytes) -> Path:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return partial
