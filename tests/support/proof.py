"""Dated, committed output of the long figures (`make prove`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


class Proof:
    """Writes lines to a proof's file and to the terminal."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    @classmethod
    @contextmanager
    def opened(cls, path: Path, *, title: str) -> Iterator["Proof"]:
        """Append to the file of this date; a title line separates the tests of one module."""
        path.parent.mkdir(exist_ok=True)
        with path.open("a", encoding="utf-8") as out:
            proof = cls(out)
            proof.line(f"# {title}")
            yield proof

    def line(self, text: str) -> None:
        """Keep one line; it must hold figures, never a person."""
        print(text)
        self._out.write(f"{text}\n")
        self._out.flush()
