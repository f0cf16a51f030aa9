"""Documents of one's own: `PROOF_DOCUMENTS=FOLDER make prove` deposits, releases and looks for each."""

import json
import mimetypes
import os
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


@pytest.mark.prove
def test_documents_of_ones_own_come_back_and_nothing_of_them_is_found(
    store_url: str, tmp_path: Path, proof: Proof
) -> None:
    made = dict(_own_documents())
    with staged(tmp_path, store_url) as stage:
        make_dossier(stage)
        for name, document in made.items():
            fragment = deposit(stage, name, document)
            for caller in (OWNER, READER):
                answer = stage.release(caller, fragment)
                assert (answer.status, answer.body == document.content) == (201, True), name
        kept = read_all(stage.folder, *_server_folders(store_url))
        assert any(place.endswith(".db") or "/pg_wal/" in place for place in kept)
    texts = [text for document in made.values() for text in texts_of(document)]
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


def texts_of(made: Made) -> Sequence[str]:
    """Names, identifiers and sentences of a JSON document, taken evenly from all of it."""
    if not made.media_type.endswith("json"):
        return ()
    found = sorted({text for text in _strings(json.loads(made.content)) if 12 <= len(text) <= 200})
    return found[:: max(1, len(found) // TEXTS)]


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def pieces_of(made: Made) -> Sequence[bytes]:
    """Pieces of any document that nothing else is likely to hold."""
    step = max(1, len(made.content) // WINDOWS)
    found = (made.content[at : at + WINDOW] for at in range(0, len(made.content) - WINDOW, step))
    return [piece for piece in found if len(set(piece)) > WINDOW // 2]


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
