"""Consents and stops on both stores: each act one effect, and narrow again from its journal."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.sql.acts import consents, stops
from gateway.adapters.sql.directives import newest_directive
from gateway.adapters.sql.reads.consents import find_stop
from gateway.domain.acting import Once
from gateway.domain.consent import ConsentStatus, Directive, ReachKind, StopReach
from gateway.domain.errors import ConflictError, ContendedError, CorruptionError
from gateway.domain.ids import ConsentId, PersonId, StopId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.domain.stopping import refusal_within
from tests.support.acting import STOP_ALL, Bench, far, narrowing_of, open_bench
from tests.support.consents import CHILD, MOTHER, a_permit


@pytest.fixture
async def bench(store_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_bench(store_url, tmp_path / "state") as opened:
        yield opened


async def test_a_line_starts_at_the_acts_own_instant_unless_it_says_when(bench: Bench) -> None:
    done = await bench.give(far(a_permit(from_at=Instant(0))))
    assert done.entry is not None
    line = (await bench.lines())["cns_permit", 1]
    assert line.from_at == done.entry.recorded_at == done.reference["from_at"]


async def test_withdrawing_ends_a_line_at_the_acts_own_instant_and_again_changes_nothing(
    bench: Bench,
) -> None:
    await bench.give(far(a_permit()))
    assert await bench.live() == {"cns_permit"}
    first = await bench.withdraw()
    again = await bench.withdraw()
    assert first.entry is not None
    assert first.reference["withdrawn_at"] == again.reference["withdrawn_at"] == first.entry.recorded_at
    line = (await bench.lines())["cns_permit", 1]
    assert (line.status, line.withdrawn_at) == (ConsentStatus.WITHDRAWN, first.entry.recorded_at)
    assert await bench.live() == set()


async def test_a_repeated_key_brings_the_first_effect_back(bench: Bench) -> None:
    once = Once("key-1", b"\x01" * 32)
    first = bench.note(once=once)
    await bench.act(
        consents.give(bench.keys, bench.owners, first, far(a_permit()), None, bench.receipts), first
    )
    second = bench.note(once=once)
    other = far(a_permit("cns_other"))
    again = await bench.act(
        consents.give(bench.keys, bench.owners, second, other, None, bench.receipts), second
    )
    assert (again.replayed, again.reference["consent"]) == (True, "cns_permit")
    assert set(await bench.lines()) == {("cns_permit", 1)}


async def test_a_new_version_supersedes_the_one_it_replaces(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    await bench.give(far(a_permit(version=2, purposes=("assessment",))), (ConsentId("cns_permit"), 1))
    lines = await bench.lines()
    assert lines["cns_permit", 1].status is ConsentStatus.SUPERSEDED
    assert lines["cns_permit", 2].status is ConsentStatus.ACTIVE
    newest = await bench.database.snapshot(lambda tx: newest_directive(tx, ConsentId("cns_permit")))
    assert newest is not None
    assert newest.version == 2


@pytest.mark.parametrize(
    "line",
    [
        a_permit(version=2, giver=PersonId("per_father")),
        a_permit("cns_unknown", version=2),
        a_permit(version=3),
    ],
)
async def test_nobody_replaces_what_is_not_hers_or_not_the_last(bench: Bench, line: Directive) -> None:
    await bench.give(far(a_permit()))
    with pytest.raises(ConflictError):
        await bench.give(far(line), (line.id, line.version - 1))
    assert set(await bench.lines()) == {("cns_permit", 1)}


async def test_how_a_consent_was_given_is_sealed_and_nowhere_else(bench: Bench, store_url: str) -> None:
    await bench.give(far(a_permit(capture={"grantor_name": "Mme Exemple Inventée"})))
    if store_url.startswith("sqlite"):
        path = Path(store_url.removeprefix("sqlite:///"))
        files = [one for one in path.parent.iterdir() if one.is_file()]
        assert all(b"Exemple Invent" not in one.read_bytes() for one in files)
    assert (await bench.lines())["cns_permit", 1].capture == {}


async def test_a_stop_withdraws_her_permits_within_reach_and_refuses_from_then_on(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    await bench.give(far(a_permit("cns_health", categories=("mental_health",))))
    await bench.give(far(a_permit("cns_father", giver=PersonId("per_father"))))
    reach = StopReach(ReachKind.CATEGORY, category="education")
    done = await bench.stop(reach)
    assert done.reference["withdrawn"] == [{"id": "cns_permit", "version": 1}]
    assert await bench.live() == {"cns_health", "cns_father", "cns_stop"}
    row = await bench.database.snapshot(lambda tx: find_stop(tx, StopId(done.reference["stop"])))
    assert row is not None
    assert (row["giver"], row["reach"]["category"], row["undone_at"]) == (MOTHER, "education", None)


async def test_undoing_lifts_the_refusal_and_revives_nothing(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    stopped = await bench.stop()
    note = bench.note(EntryKind.STOP_LIFTED)
    done = await bench.act(stops.undo_stop(note, StopId(stopped.reference["stop"]), bench.receipts), note)
    assert await bench.live() == set()
    assert (await bench.lines())["cns_permit", 1].status is ConsentStatus.WITHDRAWN
    note = bench.note(EntryKind.STOP_LIFTED)
    again = await bench.act(stops.undo_stop(note, StopId(stopped.reference["stop"]), bench.receipts), note)
    assert again.reference["lifted_at"] == done.reference["lifted_at"]


async def test_withdrawing_a_stops_refusal_lifts_the_stop(bench: Bench) -> None:
    stopped = await bench.stop()
    await bench.withdraw("cns_stop")
    row = await bench.database.snapshot(lambda tx: find_stop(tx, StopId(stopped.reference["stop"])))
    assert row is not None
    assert row["undone_at"] is not None


async def test_a_refusal_that_took_a_permits_place_is_not_lifted_by_what_would_end_the_permit(
    bench: Bench,
) -> None:
    permit = far(a_permit())
    await bench.give(permit)
    refusal = replace(permit, version=2, decision="deny")
    await bench.give(refusal, (permit.id, 1))
    with pytest.raises(ContendedError):
        await bench.end(permit)
    assert (await bench.lines())[permit.id, 2].status is ConsentStatus.ACTIVE
    await bench.end(refusal)
    assert (await bench.lines())[permit.id, 2].status is ConsentStatus.WITHDRAWN


async def test_an_older_copy_learns_a_withdrawal_from_the_journal(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    record = await narrowing_of(bench, consents.withdraw(bench.note(), a_permit(), bench.receipts))
    assert await bench.live() == {"cns_permit"}
    assert await bench.apply(record)
    assert await bench.live() == set()
    assert not await bench.apply(record)


async def test_an_older_copy_learns_a_stop_with_its_refusal_from_the_journal(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    refusal = refusal_within(STOP_ALL, (ConsentId("cns_stop"), CHILD), MOTHER)
    record = await narrowing_of(bench, stops.stop(bench.note(), refusal, STOP_ALL, bench.receipts))
    assert await bench.apply(record)
    assert await bench.live() == {"cns_stop"}
    assert not await bench.apply(record)


async def test_a_stop_that_was_lifted_since_is_not_put_back(bench: Bench) -> None:
    refusal = refusal_within(STOP_ALL, (ConsentId("cns_stop"), CHILD), MOTHER)
    record = await narrowing_of(bench, stops.stop(bench.note(), refusal, STOP_ALL, bench.receipts))
    await bench.stop()
    await bench.withdraw("cns_stop")
    assert not await bench.apply(record)
    assert await bench.live() == set()


async def test_an_older_copy_learns_a_refusal_and_what_it_replaced(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    denial = a_permit(version=2, decision="deny", until_at=None)
    change = consents.give(
        bench.keys, bench.owners, bench.note(), denial, (ConsentId("cns_permit"), 1), bench.receipts
    )
    record = await narrowing_of(bench, change)
    assert await bench.apply(record)
    lines = await bench.lines()
    assert lines["cns_permit", 1].status is ConsentStatus.SUPERSEDED
    assert lines["cns_permit", 2].decision == "deny"
    assert not await bench.apply(record)


@pytest.mark.parametrize("record", [{"kind": "unheard_of"}, {"kind": "withdrawn"}, {}])
async def test_a_record_that_is_not_understood_stops_everything(
    bench: Bench, record: Mapping[str, Any]
) -> None:
    with pytest.raises(CorruptionError):
        await bench.apply(record)
