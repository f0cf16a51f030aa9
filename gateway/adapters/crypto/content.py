"""Sealed content above 256 KiB, in a folder: one file each, under an opaque random name.

`<folder>/<2 characters>/<name>`; a name is `cnt_` and 26 characters of Crockford base 32, never derived from
what it holds. The bytes are sealed before they come here, and opened after they leave.
"""

import asyncio
import os
import re
import secrets
from collections.abc import AsyncIterable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from gateway.adapters.crypto.durable import sync_folder
from gateway.domain.errors import ConflictError, MalformedError, TamperedError

_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_NAME: Final = re.compile(r"cnt_[0-9a-hjkmnp-tv-z]{26}\Z")


class OpenContent:
    """A content opened for reading; `read_at` is what `sealing.unseal_range` asks for."""

    __slots__ = ("_descriptor", "length")

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self.length = os.fstat(descriptor).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """Give `length` bytes from `offset`, fewer only at the end of the file."""
        return os.pread(self._descriptor, length, offset)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class FolderContent:
    """Keeps sealed content in a folder of one machine."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder

    @staticmethod
    def new_name() -> str:
        return "cnt_" + "".join(secrets.choice(_CROCKFORD) for _ in range(26))

    async def put(self, name: str, chunks: AsyncIterable[bytes]) -> int:
        """Keep a content, whole or not at all, durable when it returns; give its length in bytes.

        Raises:
            MalformedError: The name is not one of `new_name`.
            ConflictError: The name is taken.
            OSError: The disk is full or fails; nothing is left under the name.
        """
        path = self._path(name)
        await asyncio.to_thread(_make_folder, path.parent)
        partial = path.with_name(f".{name}.partial")
        try:
            descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            raise ConflictError("that content is being written already") from None
        length = 0
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                async for chunk in chunks:
                    length += await asyncio.to_thread(_write_all, file.fileno(), chunk)
            await asyncio.to_thread(_publish, partial, path)
        finally:
            partial.unlink(missing_ok=True)
        return length

    def open(self, name: str) -> OpenContent:
        """Open a content for reading; the caller closes it.

        Raises:
            MalformedError: The name is not one of `new_name`.
            TamperedError: There is no such content: a row names bytes that are gone.
        """
        try:
            return OpenContent(os.open(self._path(name), os.O_RDONLY | os.O_CLOEXEC))
        except FileNotFoundError:
            raise TamperedError("sealed bytes are missing") from None

    async def size(self, name: str) -> int:
        """Give a content's length in bytes.

        Raises:
            MalformedError: The name is not one of `new_name`.
            TamperedError: There is no such content.
        """
        try:
            return (await asyncio.to_thread(self._path(name).stat)).st_size
        except FileNotFoundError:
            raise TamperedError("sealed bytes are missing") from None

    async def delete(self, name: str) -> None:
        """Remove a content, durably; one that is gone already is no error.

        Raises:
            MalformedError: The name is not one of `new_name`.
        """
        path = self._path(name)
        await asyncio.to_thread(_remove, path)

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
