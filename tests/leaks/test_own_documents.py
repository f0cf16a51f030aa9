"""Documents of one's own: `PROOF_DOCUMENTS=FOLDER make prove` deposits, releases and looks for each."""

import hashlib
import json
import mimetypes
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import pytest

from tests.leaks.test_documents import OWNER, READER, deposit, make_dossier
from tests.support.leak_documents import Made
from tests.support.leak_search import read_all, search
from tests.support.leak_stage import staged
from tests.support.proof import Proof

TEXTS, WINDOWS, WINDOW = 60, 40, 24
_KINDS = frozenset({"resourceType", "type"})
"""Words of the format, `Condition` or `Procedure`: they tell of nobody."""
_TELLING = re.compile(r"[A-Z0-9À-Þ]")
"""A word without a capital or a digit is anybody's: `private`, `reading`."""


@pytest.mark.prove
def test_documents_of_ones_own_come_back_and_nothing_of_them_is_found(
    store_url: str, tmp_path: Path, proof: Proof
) -> None:
    made = dict(_own_documents())
    with staged(tmp_path, store_url) as stage:
        make_dossier(stage)
        before = read_all(stage.folder, *_server_folders(store_url))
        for name, document in made.items():
            fragment = deposit(stage, name, document)
            for caller in (OWNER, READER):
                answer = stage.release(caller, fragment)
                assert (answer.status, answer.body == document.content) == (201, True), name
        kept = read_all(stage.folder, *_server_folders(store_url))
        assert any(place.endswith(".db") or "/pg_wal/" in place for place in kept)
    texts = [text for name, document in made.items() for text in texts_of(name, document)]
    # What stood there before anything was deposited, a country in the server's own tables, tells nothing.
    stood = [content.lower() for content in before.values()]
    texts = [text for text in texts if not any(text.lower().encode() in content for content in stood)]
    pieces = [piece for document in made.values() for piece in pieces_of(document)]
    assert search(texts, kept) == []
    assert not [place for place, content in kept.items() for piece in pieces if piece in content]
    store, total = store_url.partition(":")[0], sum(len(one.content) for one in made.values())
    proof.line(
        f"{store}: {len(made)} documents of {total} bytes released byte for byte to two callers; "
        f"{len(texts)} texts in every form and {len(pieces)} pieces of {WINDOW} bytes not found in "
        f"{sum(map(len, kept.values()))} bytes kept"
    )


def _own_documents() -> Iterator[tuple[str, Made]]:
    folder = os.environ.get("PROOF_DOCUMENTS")
    if not folder:
        pytest.skip("PROOF_DOCUMENTS names no folder of documents to prove this with")
    for path in sorted(Path(folder).iterdir()):
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        yield path.name, Made(kind, path.read_bytes())


def texts_of(name: str, made: Made) -> Sequence[str]:
    """The document's own digest; of JSON, names, identifiers and sentences too, taken from all of it."""
    digest = hashlib.sha256(made.content).hexdigest()
    if not made.media_type.endswith("json"):
        return [name, digest]
    found = {text for text in _strings(json.loads(made.content)) if 6 <= len(text) <= 200}
    telling = sorted(text for text in found if _TELLING.search(text))
    return [name, digest, *telling[:: max(1, len(telling) // TEXTS)]]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, one in value.items():
            if key not in _KINDS:
                yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def pieces_of(made: Made) -> Sequence[bytes]:
    """Pieces of any document that nothing else is likely to hold."""
    step = max(1, len(made.content) // WINDOWS)
    found = (made.content[at : at + WINDOW] for at in range(0, len(made.content) - WINDOW, step))
    digest = hashlib.sha256(made.content).digest()
    return [digest, *(piece for piece in found if len(set(piece)) > WINDOW // 2)]


def _server_folders(url: str) -> Sequence[Path]:
    """On PostgreSQL the database's tables and indexes, and the write-ahead log."""
    if url.startswith("sqlite"):
        return ()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        shown = connection.execute(
            "SELECT current_setting('data_directory'), oid FROM pg_database "
            "WHERE datname = current_database()"
        ).fetchone()
    assert shown is not None
    folder = Path(shown[0])
    if not folder.is_dir():
        pytest.skip("the server's disk is not on this machine")
    return folder / "base" / str(shown[1]), folder / "pg_wal"
