"""Deposits, labels and erasures on both stores."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from gateway.adapters.sql.acts import deposit, labels, statuses
from gateway.adapters.sql.tables import fragments, sections, versions
from gateway.domain.acting import Done
from gateway.domain.errors import ConflictError, MalformedError, PreconditionFailedError
from gateway.domain.facts import FragmentRef
from gateway.domain.fragment import (
    Labels,
    Manifest,
    NewLabels,
    SealedSection,
    SectionChange,
    SectionLabel,
)
from gateway.domain.ids import DossierId, FragmentId, SectionId
from gateway.domain.keys import KeyPath
from gateway.domain.ledger import EntryKind
from gateway.domain.vocabulary import FragmentStatus, Sensitivity
from tests.support.acting import Bench, narrowing_of, open_bench
from tests.support.consents import CHILD, SCHOOL
from tests.support.registry import AT


@pytest.fixture
async def bench(store_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_bench(store_url, tmp_path / "state") as opened:
        yield opened


_FRAGMENTS, _SECTIONS, _VERSIONS = select(fragments), select(sections), select(versions)
PATH = KeyPath(SCHOOL, 1, b"wrap", CHILD, 1, b"wrap")
FRAGMENT = FragmentId("frg_1")
TWO = (SectionLabel(SectionId("s1")), SectionLabel(SectionId("s2"), sensitivity=Sensitivity.RESTRICTED))


def a_version(version: int = 1, if_match: str | None = None) -> deposit.Deposited:
    ref = FragmentRef(FRAGMENT, version, DossierId("dos_1"), CHILD, SCHOOL, "education", PATH, b"data wrap")
    labelled = Labels("education", Sensitivity.NORMAL, AT, TWO)
    sealed = [SealedSection(TWO[0].id, 5, b"sealed", None), SealedSection(TWO[1].id, 9, None, "cnt_1")]
    return deposit.Deposited(
        ref,
        labelled,
        Manifest(structured=True, media_type="application/json", sections=TWO),
        sealed,
        if_match,
    )


async def deposited(bench: Bench, version: deposit.Deposited) -> Done:
    note = bench.note(EntryKind.DEPOSITED)
    return await bench.act(deposit.deposit(bench.keys, bench.owners, note, version), note)


async def rows_of(bench: Bench, statement: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - any statement
    found = await bench.database.snapshot(lambda tx: tx.all(statement))
    return [dict(one) for one in found]


async def test_a_deposit_is_labelled_at_least_as_high_as_its_sections(bench: Bench) -> None:
    done = await deposited(bench, a_version())
    assert done.reference == {"fragment": FRAGMENT, "version": 1, "etag": "1"}
    row = (await rows_of(bench, _FRAGMENTS))[0]
    assert (row["sensitivity"], row["status"], row["owner"]) == ("R", "active", SCHOOL)
    assert [one["content"] for one in await rows_of(bench, _SECTIONS)] == [None, "cnt_1"]


async def test_the_next_version_needs_the_etag_of_the_one_before(bench: Bench) -> None:
    await deposited(bench, a_version())
    for etag in (None, "7"):
        with pytest.raises(PreconditionFailedError):
            await deposited(bench, a_version(2, etag))
    done = await deposited(bench, a_version(2, '"1"'))
    assert done.reference == {"fragment": FRAGMENT, "version": 2, "etag": "2"}
    with pytest.raises(PreconditionFailedError):
        await deposited(bench, a_version(2, "2"))


async def test_relabelling_never_falls_below_the_sections(bench: Bench) -> None:
    await deposited(bench, a_version())
    lower = NewLabels("education", Sensitivity.NORMAL, youth_alone=False)
    note = bench.note(EntryKind.RELABELLED)
    done = await bench.act(labels.relabel(bench.keys, bench.owners, note, (FRAGMENT, lower), "1"), note)
    assert done.reference == {"fragment": FRAGMENT, "etag": "2", "sensitivity": "R"}
    open_section = replace(lower, sections=(SectionChange(SectionId("s2"), sensitivity=Sensitivity.NORMAL),))
    note = bench.note(EntryKind.RELABELLED)
    done = await bench.act(
        labels.relabel(bench.keys, bench.owners, note, (FRAGMENT, open_section), "2"), note
    )
    assert done.reference["sensitivity"] == "N"
    unknown = replace(lower, sections=(SectionChange(SectionId("s9")),))
    note = bench.note(EntryKind.RELABELLED)
    with pytest.raises(MalformedError):
        await bench.act(labels.relabel(bench.keys, bench.owners, note, (FRAGMENT, unknown), "3"), note)


async def test_an_erased_fragment_keeps_neither_key_nor_content_nor_name(bench: Bench) -> None:
    await deposited(bench, a_version())
    await deposited(bench, a_version(2, "1"))
    note = bench.note(EntryKind.ERASED)
    record = await narrowing_of(bench, labels.erase(bench.keys, bench.owners, note, FRAGMENT, "2"))
    done = await bench.act(labels.erase(bench.keys, bench.owners, note, FRAGMENT, "2"), note)
    assert done.reference["content"] == ["cnt_1", "cnt_1"]
    assert (await rows_of(bench, _FRAGMENTS))[0]["status"] == "erased"
    assert [one["data_wrap"] for one in await rows_of(bench, _VERSIONS)] == [None, None]
    assert await rows_of(bench, _SECTIONS) == []
    assert not await bench.apply(record)


async def test_an_older_copy_learns_an_erasure_from_the_journal(bench: Bench) -> None:
    await deposited(bench, a_version())
    record = await narrowing_of(bench, labels.erase(bench.keys, bench.owners, bench.note(), FRAGMENT, "1"))
    assert await bench.apply(record)
    assert (await rows_of(bench, _FRAGMENTS))[0]["status"] == "erased"


@pytest.mark.parametrize("status", [FragmentStatus.OWNER_HOLD, FragmentStatus.ENTERED_IN_ERROR])
async def test_an_older_copy_learns_a_hold_or_an_error_once(bench: Bench, status: FragmentStatus) -> None:
    await deposited(bench, a_version())
    record = await narrowing_of(bench, statuses.set_fragment_status(bench.note(), FRAGMENT, status, "1"))
    assert [await bench.apply(record), await bench.apply(record)] == [True, False]
    assert (await rows_of(bench, _FRAGMENTS))[0]["status"] == status


async def test_an_error_in_one_version_does_not_concern_the_next(bench: Bench) -> None:
    await deposited(bench, a_version())
    error = FragmentStatus.ENTERED_IN_ERROR
    record = await narrowing_of(bench, statuses.set_fragment_status(bench.note(), FRAGMENT, error, "1"))
    await deposited(bench, a_version(2, "1"))
    assert not await bench.apply(record)
    assert (await rows_of(bench, _FRAGMENTS))[0]["status"] == "active"


async def test_what_is_in_error_is_not_held_nor_freed_and_a_hold_takes_no_next_version(bench: Bench) -> None:
    await deposited(bench, a_version())
    hold = statuses.set_fragment_status(bench.note(), FRAGMENT, FragmentStatus.OWNER_HOLD, "1")
    await bench.act(hold)
    with pytest.raises(PreconditionFailedError):
        await deposited(bench, a_version(2, "2"))
    error = FragmentStatus.ENTERED_IN_ERROR
    await bench.act(statuses.set_fragment_status(bench.note(), FRAGMENT, error, "2"))
    for status in (FragmentStatus.OWNER_HOLD, FragmentStatus.ACTIVE):
        with pytest.raises(ConflictError):
            await bench.act(statuses.set_fragment_status(bench.note(), FRAGMENT, status, "3"))
