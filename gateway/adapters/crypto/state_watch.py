"""What the processes of one state directory tell each other: how much is signed, and that all must stop.

`signer-<ledger>.json` holds the signed size. `quarantine` is there from when any of them found the stored
ledger shorter than, or other than, what was signed, until a start finds it whole: one JSON object, `format`,
`why`, `ledger`, `start` and `stop` (the range in doubt, its end exclusive).
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.adapters.crypto.durable import read_private, replace_durably, sync_folder
from gateway.domain.errors import KeysUnavailableError

_MARK: Final = "quarantine"
_FORMAT: Final = "gateway.quarantine@v1"
_SETTLED_NS: Final = 50_000_000
"""Well above one tick of a file system's clock: two changes within a tick leave the same time on a folder."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Why every process has stopped, and which range of which ledger is in doubt (`stop` exclusive)."""

    why: str
    ledger: int
    start: int
    stop: int


class StateWatch:
    """Reads the two files only when something in the folder has changed: one `stat` a look."""

    def __init__(self, folder: Path, ledger: int, now_ns: Callable[[], int] = time.time_ns) -> None:
        self._folder = folder
        self._signer = folder / f"signer-{ledger}.json"
        self._mark = folder / _MARK
        self._now_ns = now_ns
        self._read_at_ns = -1
        self.signed = 0
        """The size that was signed, as far as the last look saw; it never shrinks."""
        self.mark: Mark | None = None

    def look(self) -> None:
        """See what has changed; a folder that does not answer leaves what was seen before."""
        try:
            changed_ns = self._folder.stat().st_mtime_ns
        except OSError:
            return
        if changed_ns == self._read_at_ns:
            return
        self.signed = max(self.signed, self._read_signed())
        self.mark = self._read_mark()
        if self._now_ns() - changed_ns > _SETTLED_NS:
            self._read_at_ns = changed_ns

    def put(self, mark: Mark) -> None:
        """Tell every process of this state directory to stop; durable when it returns.

        Raises:
            OSError: The folder cannot be written.
        """
        document = {
            "format": _FORMAT,
            "why": mark.why,
            "ledger": mark.ledger,
            "start": mark.start,
            "stop": mark.stop,
        }
        replace_durably(self._mark, json.dumps(document, indent=2).encode() + b"\n")
        self.mark = mark

    def clear(self) -> None:
        """After a start that found the stored ledger whole.

        Raises:
            OSError: The folder cannot be written.
        """
        self.mark = None
        if self._mark.exists():
            self._mark.unlink()
            sync_folder(self._folder)

    def _read_signed(self) -> int:
        try:
            return int(json.loads(read_private(self._signer))["size"])
        except (KeysUnavailableError, ValueError, KeyError, TypeError):
            return 0  # Its owner refuses such a file; here it only tells nothing new.

    def _read_mark(self) -> Mark | None:
        """A mark that is there and cannot be read stops all the same."""
        if not os.path.lexists(self._mark):
            return None
        try:
            found = json.loads(read_private(self._mark))
            return Mark(str(found["why"]), int(found["ledger"]), int(found["start"]), int(found["stop"]))
        except (KeysUnavailableError, ValueError, KeyError, TypeError):
            return Mark("unreadable", 0, 0, 0)
