"""Verifying a copied database: what is said of it, what is not, and whose word counts."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from gateway.adapters.crypto.note import CheckpointSigner, VerifierKey
from gateway.adapters.crypto.state import origin_of
from gateway.adapters.sql.verify.findings import Report
from gateway.cli.failure import CommandError
from gateway.cli.verification import (
    Evidence,
    read_own_vkey,
    read_vkey,
    to_document,
    to_lines,
    verify_database,
)
from gateway.domain.errors import CorruptionError, LedgerUnavailableError
from tests.support.stack import open_stack

OTHER = CheckpointSigner("gateway/dep_00000000000000000000000000/ledger-1", bytes(32))


class Copy:
    """A copied database, its public key and the mirror's checkpoint."""

    def __init__(self, database: Path, state: Path) -> None:
        self.database = database
        self.url = f"sqlite:///{database}"
        self.vkey = read_own_vkey(state)
        self.checkpoint = (state / "mirror" / "checkpoint").read_text(encoding="utf-8")

    def change(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.database)) as database:
            database.execute(statement, values)
            database.commit()


@pytest.fixture
async def copy(tmp_path: Path) -> Copy:
    database, state = tmp_path / "gateway.db", tmp_path / "state"
    async with open_stack(f"sqlite:///{database}", state):
        pass
    kept = tmp_path / "elsewhere" / "copy of it.db"
    kept.parent.mkdir()
    shutil.copyfile(database, kept)
    return Copy(kept, state)


async def test_an_untouched_copy_holds_and_is_not_changed(copy: Copy) -> None:
    before = copy.database.read_bytes()
    report = await verify_database(copy.url, Evidence(copy.vkey, copy.checkpoint))
    assert report.holds, report.findings
    assert report.covered == report.entries
    assert copy.database.read_bytes() == before


async def test_the_entry_that_was_altered_is_named_first(copy: Copy) -> None:
    copy.change("UPDATE entries SET kind = 'released' WHERE idx = 9")
    copy.change("UPDATE entries SET leaf = zeroblob(120) WHERE idx = 5")
    report = await verify_database(copy.url, Evidence(copy.vkey))
    assert [one["first"] for one in to_document(report)["findings"][:2]] == [5, 9]
    assert to_lines(report)[0].startswith("ledger 1, entry 5: ")
    assert "THE LEDGER DOES NOT HOLD" in to_lines(report)


async def test_a_tail_that_was_cut_off_is_found_with_a_checkpoint_from_outside(copy: Copy) -> None:
    with closing(sqlite3.connect(copy.database)) as database:
        (size,) = database.execute("SELECT size FROM ledger_head").fetchone()
    copy.change("DELETE FROM entries WHERE idx >= ?", size - 3)
    copy.change("DELETE FROM checkpoints WHERE size > ?", size - 3)
    copy.change("UPDATE ledger_head SET size = ?", size - 3)
    report = await verify_database(copy.url, Evidence(copy.vkey, copy.checkpoint))
    missing = [(one.first, one.last) for one in report.findings if "though it was signed" in one.what]
    assert missing == [(size - 3, size - 1)]


async def test_a_later_ledger_that_nobody_signed_does_not_count(copy: Copy) -> None:
    copy.change("INSERT INTO entries SELECT * FROM entries WHERE 0")
    columns = "leaf, leaf_hash, parts, decision_id, recorded_at, kind, outcome, reason, purpose"
    copy.change(
        f"INSERT INTO entries (ledger, idx, {columns}) SELECT 2, 0, leaf, leaf_hash, parts,"
        " 'dec_x', recorded_at, kind, outcome, reason, purpose FROM entries WHERE idx = 0"
    )
    report = await verify_database(copy.url, Evidence(copy.vkey))
    assert any(one.ledger == 2 and "no public key" in one.what for one in report.findings)


async def test_a_checkpoint_that_another_key_signed_is_a_finding(copy: Copy) -> None:
    foreign = OTHER.sign(OTHER.origin, 3, bytes(32))
    report = await verify_database(copy.url, Evidence(copy.vkey, foreign))
    assert not report.holds
    assert "does not verify" in report.findings[0].what


async def test_another_deployments_key_verifies_nothing(copy: Copy) -> None:
    report = await verify_database(copy.url, Evidence(OTHER.verifier))
    assert not report.holds


async def test_what_is_no_database_is_said_to_be_none(tmp_path: Path) -> None:
    vkey = OTHER.verifier
    with pytest.raises(LedgerUnavailableError):
        await verify_database(f"sqlite:///{tmp_path / 'none.db'}", Evidence(vkey))
    (tmp_path / "text.db").write_text("not a database" * 100)
    with pytest.raises(CorruptionError):
        await verify_database(f"sqlite:///{tmp_path / 'text.db'}", Evidence(vkey))
    with closing(sqlite3.connect(tmp_path / "empty.db")) as database:
        database.execute("CREATE TABLE something (x)")
    with pytest.raises(CorruptionError, match="no ledger"):
        await verify_database(f"sqlite:///{tmp_path / 'empty.db'}", Evidence(vkey))


def test_what_was_not_checked_is_said() -> None:
    lines = to_lines(Report(entries=4, covered=3))
    assert lines[0] == "The ledger holds."
    assert "4 entries; the newest checkpoint covers 3 of them." in lines
    assert any("Without the keys, not checked" in line for line in lines)
    assert any("nothing proves that the ledger did not continue" in line for line in lines)


def _as_text(vkey: VerifierKey, _: Path) -> str:
    return str(vkey)


def _as_file(vkey: VerifierKey, folder: Path) -> str:
    path = folder / "ledger.vkey"
    path.write_text(f"{vkey}\n", encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("given", [_as_text, _as_file])
def test_a_verifier_key_is_given_as_text_or_as_a_file(
    given: Callable[[VerifierKey, Path], str], tmp_path: Path
) -> None:
    assert read_vkey(given(OTHER.verifier, tmp_path)) == OTHER.verifier


@pytest.mark.parametrize(
    "text", ["", "abc", "gateway+00000000+AAAA", str(VerifierKey.of("log.example", bytes(32)))]
)
def test_what_is_no_ledgers_key_is_wrong_usage(text: str) -> None:
    with pytest.raises(CommandError) as refused:
        read_vkey(text)
    assert refused.value.exit_code == 2


def test_no_two_ledgers_share_a_name() -> None:
    assert origin_of("dep_x", 1) != origin_of("dep_x", 2)
