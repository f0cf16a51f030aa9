"""Sealed content above 256 KiB, in a folder: one file each, under an opaque random name.

`<folder>/<2 characters>/<name>`; a name is `cnt_` and 26 characters of Crockford base 32, never derived from
what it holds. The bytes are sealed before they come here, and opened after they leave.
"""

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from gateway.adapters.crypto.durable import sync_folder
from gateway.domain.errors import ConflictError, MalformedError, TamperedError
from gateway.domain.instants import Instant

_NAME: Final = re.compile(r"cnt_[0-9a-hjkmnp-tv-z]{26}\Z")
_PARTIAL: Final = re.compile(r"\.cnt_[0-9a-hjkmnp-tv-z]{26}\.partial\Z")


class FolderContent:
    """Keeps sealed content in a folder of one machine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder

    def put(self, name: str, chunks: Iterable[bytes]) -> int:
        """Keep a content, whole or not at all, durable when it returns; give its length in bytes.

        Raises:
            MalformedError: The name is not `cnt_` and 26 characters.
            ConflictError: The name is taken.
            OSError: The disk is full or fails; nothing is left under the name.
        """
        path = self._path(name)
        _make_folder(path.parent)
        partial = path.with_name(f".{name}.partial")
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise ConflictError("that content is being written already") from None
        length = 0
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                for chunk in chunks:
                    length += _write_all(file.fileno(), chunk)
            _publish(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        return length

    def read_at(self, name: str) -> Callable[[int, int], bytes]:
        """Give `read_at(offset, length)` over a content: fewer bytes only at its end.

        Raises:
            MalformedError: The name is not `cnt_` and 26 characters.
            TamperedError: There is no such content, now or at a later read: a row names bytes that are gone.
        """
        path = self._path(name)

        def read(offset: int, length: int) -> bytes:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                raise TamperedError("sealed bytes are missing") from None
            try:
                return os.pread(descriptor, length, offset)
            finally:
                os.close(descriptor)

        return read

    def size(self, name: str) -> int:
        """Give a content's length in bytes.

        Raises:
            MalformedError: The name is not `cnt_` and 26 characters.
            TamperedError: There is no such content.
        """
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            raise TamperedError("sealed bytes are missing") from None

    def delete(self, name: str) -> None:
        """Remove a content, durably; one that is gone already is no error.

        Raises:
            MalformedError: The name is not `cnt_` and 26 characters.
        """
        _remove(self._path(name))

    def sweep(self, linked: frozenset[str], before: Instant) -> int:
        """Delete what is not linked, or never was finished, and was last written before that instant.

        A file whose name is none of ours stays. Gives how many went.
        """
        swept = 0
        for path in self._folder.glob("??/*cnt_*"):
            if not (_PARTIAL.match(path.name) or (_NAME.match(path.name) and path.name not in linked)):
                continue
            try:
                is_old = path.stat().st_mtime_ns // 1000 < before
            except FileNotFoundError:
                continue  # Another process sweeps too.
            if is_old:
                _remove(path)
                swept += 1
        return swept

    def _path(self, name: str) -> Path:
        if not _NAME.match(name):
            raise MalformedError("a content's name has the wrong shape", field="content")
        return self._folder / name[4:6] / name


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        return
    sync_folder(folder.parent)


def _write_all(descriptor: int, chunk: bytes) -> int:
    left = memoryview(chunk)
    while left:
        left = left[os.write(descriptor, left) :]
    return len(chunk)


def _publish(partial: Path, path: Path) -> None:
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        raise ConflictError("a content of that name exists already") from None
    partial.unlink()
    sync_folder(path.parent)


def _remove(path: Path) -> None:
    try:
        path.unlink()
    except FileNotFoundError:
        return
    sync_folder(path.parent)
