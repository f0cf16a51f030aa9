"""A mirror in a folder: the latest checkpoint, and the sealed journal of narrowing acts, one file each.

    <folder>/checkpoint           the latest signed note
    <folder>/checkpoint-<n>       the last one of each earlier ledger, n from 1
    <folder>/acts/<name>          one sealed act; names sort in the order in which the acts were made

A mirror holds no key and verifies no signature; it only never goes back. What it returned from is on disk.
"""

import asyncio
import contextlib
import itertools
import os
import re
import threading
from pathlib import Path
from typing import Final

from gateway.adapters.crypto.durable import create_durably, replace_durably, sync_folder
from gateway.domain.errors import ConflictError, MalformedError, TamperedError

_ACT: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,119}\Z")
_NOTE: Final = re.compile(r"(\S{1,200})\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n\n— ", re.ASCII)


class FolderMirror:
    """Keeps checkpoints and the journal in a folder outside the database, best on another disk."""

    def __init__(self, folder: Path) -> None:
        self._checkpoint = folder / "checkpoint"
        self._acts = folder / "acts"
        self._turn = threading.Lock()
        # A folder that is not there is a mirror that does not answer: for the start to judge, not an end.
        with contextlib.suppress(OSError):
            self._acts.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def checkpoint(self) -> str | None:
        """Give the latest checkpoint's signed note; None if none was ever put.

        Raises:
            TamperedError: What is there is no text.
            OSError: The folder does not answer.
        """
        return await asyncio.to_thread(self._read)

    async def put_checkpoint(self, note: str) -> None:
        """Keep a checkpoint in place of an older one of the same ledger; an older one than kept is left out.

        Raises:
            MalformedError: It is no checkpoint.
            ConflictError: It is another ledger's, or contradicts the one that is kept.
            OSError: The folder does not answer; nothing was kept.
        """
        await asyncio.to_thread(self._put, note)

    async def reopen(self, note: str) -> None:
        """Keep the first checkpoint of a new ledger; the last one of the old ledger is set aside.

        Raises:
            MalformedError: It is no checkpoint.
            ConflictError: It is the same ledger's.
            OSError: The folder does not answer.
        """
        await asyncio.to_thread(self._reopen, note)

    async def put_act(self, name: str, sealed: bytes) -> None:
        """Keep one sealed act; the same again is no error.

        Args:
            name: Lower-case letters, digits, `_` and `-`; sorts as the acts do, and tells nothing of them.
            sealed: As `Keyring.seal_journal` sealed it under this name.

        Raises:
            MalformedError: The name has another shape.
            ConflictError: Another act has that name.
            OSError: The folder does not answer; the act was not kept.
        """
        if not _ACT.match(name):
            raise MalformedError("an act's name has the wrong shape", field="name")
        await asyncio.to_thread(self._put_act, name, sealed)

    async def list_acts(self, after: str = "", limit: int = 10_000) -> tuple[tuple[str, bytes], ...]:
        """Give (name, sealed act) in the order of the names, those after `after`, at most `limit`.

        Raises:
            OSError: The folder does not answer.
        """
        return await asyncio.to_thread(self._list, after, limit)

    def _read(self) -> str | None:
        try:
            return self._checkpoint.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except UnicodeDecodeError:
            raise TamperedError("the mirror's checkpoint is unreadable") from None

    def _put(self, note: str) -> None:
        with self._turn:
            self._put_newer(note)

    def _put_newer(self, note: str) -> None:
        origin, size, root = _parse(note)
        kept = self._read()
        if kept is not None:
            kept_origin, kept_size, kept_root = _parse(kept)
            if origin != kept_origin:
                raise ConflictError("the mirror holds another ledger's checkpoint")
            if size == kept_size and root != kept_root:
                raise ConflictError("the mirror holds another checkpoint of this size")
            if size <= kept_size:
                return
        replace_durably(self._checkpoint, note.encode())

    def _reopen(self, note: str) -> None:
        kept = self._read()
        if kept is not None:
            if _parse(kept)[0] == _parse(note)[0]:
                raise ConflictError("the mirror holds this ledger's checkpoint already")
            folder = self._checkpoint.parent
            aside = next(
                path for n in itertools.count(1) if not (path := folder / f"checkpoint-{n}").exists()
            )
            os.link(self._checkpoint, aside)
            sync_folder(folder)
        replace_durably(self._checkpoint, note.encode())

    def _put_act(self, name: str, sealed: bytes) -> None:
        path = self._acts / name
        try:
            create_durably(path, sealed)
        except ConflictError:
            if path.read_bytes() != sealed:
                raise
            # It may be there from an attempt that was cut before its folder was synced.
            sync_folder(self._acts)

    def _list(self, after: str, limit: int) -> tuple[tuple[str, bytes], ...]:
        names = sorted(path.name for path in self._acts.iterdir() if _ACT.match(path.name))
        wanted = [name for name in names if name > after][:limit]
        return tuple((name, (self._acts / name).read_bytes()) for name in wanted)


def _parse(note: str) -> tuple[str, int, str]:
    match = _NOTE.match(note)
    if match is None:
        raise MalformedError("this is no checkpoint", field="checkpoint")
    return match[1], int(match[2]), match[3]
