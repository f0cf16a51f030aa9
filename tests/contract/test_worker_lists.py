"""A list of workers brings accounts to what it says, on every store; the same list again changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.onboarding_store import SqlOnboarding
from gateway.adapters.sql.publishing import read_journal
from gateway.domain.acts import ActRefusedError
from gateway.domain.errors import QuarantinedError
from gateway.domain.ids import AgencyId
from gateway.domain.vocabulary import AgencyStatus
from gateway.domain.workforce import WorkerLine, read_lines
from tests.support.registry_store import CLINIC, SCHOOL, Opened, caller_of, fill, open_store


@pytest.fixture
async def network(store_url: str, tmp_path: Path) -> AsyncIterator[Opened]:
    async with open_store(store_url, tmp_path) as opened:
        yield await fill(opened)


def a_line(number: int, **changed: Any) -> WorkerLine:  # noqa: ANN401
    fields: dict[str, Any] = {"id": f"w:new{number}", "name": "Inventée", "roles": ("caseworker",)}
    return WorkerLine(number, **{**fields, **changed})


async def send(
    store: Opened, *lines: WorkerLine, agency: AgencyId = SCHOOL, dry_run: bool = False
) -> list[tuple[int, str, str | None]]:
    onboarding = SqlOnboarding(store.inner, store.acts)
    read, refused = read_lines(lines)
    assert not refused
    note = store.note(await caller_of(store))
    done = await onboarding.import_workers(note, agency, read, dry_run=dry_run)
    return [(one["line"], one["outcome"], one["code"]) for one in done.reference["answers"]]


async def test_a_list_creates_and_the_same_list_again_changes_nothing(network: Opened) -> None:
    hers = {"identity_issuer": "https://issuer.invalid", "identity_subject": "new"}
    lines = (a_line(1, **hers), a_line(2, active=False))
    assert await send(network, *lines) == [(1, "created", None), (2, "created", None)]
    epoch = await network.epoch("account:w:new1")
    assert await send(network, *lines) == [(1, "unchanged", None), (2, "unchanged", None)]
    assert await network.epoch("account:w:new1") == epoch
    row = await network.registry.row("workers", "w:new2")
    assert row is not None
    assert (row["active"], row["roles"], row["name"]) == (False, ["caseworker"], "Inventée")


async def test_a_dry_run_answers_as_the_list_would_and_writes_nothing(network: Opened) -> None:
    assert await send(network, a_line(1), dry_run=True) == [(1, "created", None)]
    assert await network.registry.row("workers", "w:new1") is None


async def test_a_list_changes_roles_name_and_activity_and_moves_the_epoch(network: Opened) -> None:
    before = await network.epoch("account:w:two")
    changed = a_line(1, id="w:two", name="Invented w:two", roles=("pivot",), active=False)
    assert await send(network, changed) == [(1, "changed", None)]
    row = await network.registry.row("workers", "w:two")
    assert row is not None
    assert (row["roles"], row["active"], row["etag"]) == (["pivot"], False, "2")
    assert await network.epoch("account:w:two") == before + 1


async def test_in_quarantine_a_list_that_gives_something_too_is_not_taken_at_all(network: Opened) -> None:
    network.inner.writer.quarantined = lambda: True
    with pytest.raises(QuarantinedError):
        await send(network, a_line(1), a_line(2, id="w:two", name="Invented w:two", active=False))
    row = await network.registry.row("workers", "w:two")
    assert row is not None
    assert row["active"]


async def test_whom_a_list_leaves_out_stays(network: Opened) -> None:
    await send(network, a_line(1))
    row = await network.registry.row("workers", "w:two")
    assert row is not None
    assert row["active"]


REFUSED = {
    "another agency's worker": (a_line(1, id="w:clinic"), "taken"),
    "the caller herself": (a_line(1, id="w:caller"), "own_account"),
    "an account that is another human's": (
        a_line(1, id="w:two", identity_issuer="https://issuer.invalid", identity_subject="w:three"),
        "identity_differs",
    ),
    "an identity that a colleague has": (
        a_line(1, identity_issuer="https://issuer.invalid", identity_subject="w:two"),
        "taken",
    ),
}


@pytest.mark.parametrize(("line", "code"), REFUSED.values(), ids=REFUSED)
async def test_a_line_is_refused_and_the_others_are_done(
    network: Opened, line: WorkerLine, code: str
) -> None:
    assert await send(network, line, a_line(2)) == [(1, "refused", code), (2, "created", None)]


async def test_a_suspended_agency_sends_no_list(network: Opened) -> None:
    await network.acts.set_agency_status(network.note(), SCHOOL, AgencyStatus.SUSPENDED, "1")
    with pytest.raises(ActRefusedError):
        await send(network, a_line(1))


async def test_what_a_list_took_away_is_taken_from_an_older_copy_too(network: Opened) -> None:
    await send(network, a_line(1, id="w:two", name="Invented w:two", roles=("pivot",), active=False))
    held = await network.database.snapshot(_newest_record)
    assert held == 1
    record = {
        "kind": "workers_narrowed",
        "workers": [{"worker": "w:annex", "disabled": True, "roles_removed": ["pivot"]}],
        "scopes": ["account:w:annex"],
    }
    assert [await network.narrow(record), await network.narrow(record)] == [True, False]
    row = await network.registry.row("workers", "w:annex")
    assert row is not None
    assert not row["active"]


async def test_a_list_that_takes_nothing_away_is_no_narrowing(network: Opened) -> None:
    await send(network, a_line(1), a_line(2))
    assert await network.database.snapshot(_newest_record) == 0


async def test_an_agency_is_not_reached_by_the_list_of_another(network: Opened) -> None:
    assert await send(network, a_line(1, id="w:two"), agency=CLINIC) == [(1, "refused", "taken")]


async def _newest_record(tx: Tx) -> int:
    return len(await read_journal(tx, 1, 0, 100))
