"""Chains, searches, readers and dossiers as both stores give them."""

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.reads import ledger, lists
from gateway.adapters.sql.reads.consents import list_readers
from gateway.adapters.sql.tables import (
    accounts,
    assignments,
)
from gateway.domain.ids import DossierId, PersonId
from gateway.domain.stopping import Beside
from gateway.domain.vocabulary import Role
from tests.support.acting import BY_MOTHER, LATER, Bench, far, open_bench
from tests.support.consents import CHILD, CLINIC, MOTHER, SCHOOL, a_permit
from tests.support.registry import AT, a_caller

_ADD_ACCOUNT, _ADD_ASSIGNMENT = insert(accounts), insert(assignments)


@pytest.fixture
async def bench(store_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    async with open_bench(store_url, tmp_path / "state") as opened:
        yield opened


async def test_a_viewer_walks_her_own_chain_newest_first(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    await bench.withdraw()
    await bench.stop()

    async def walk(before: int | None, limit: int) -> list[tuple[int, str]]:
        rows = await bench.database.snapshot(
            lambda tx: ledger.read_chain(tx, bench.keys, bench.owners, (MOTHER, CHILD), (before, limit))
        )
        return [(row.told["n"], row.told["kind"]) for row in rows]

    assert await walk(None, 2) == [(3, "stopped"), (2, "consent_withdrawn")]
    assert await walk(2, 2) == [(1, "consent_given")]
    nobody = PersonId("per_father")
    rows = await bench.database.snapshot(
        lambda tx: ledger.read_chain(tx, bench.keys, bench.owners, (nobody, CHILD), (None, 5))
    )
    assert rows == []


async def test_entries_are_found_by_their_columns_and_opened_for_the_officer(bench: Bench) -> None:
    await bench.give(far(a_permit()))
    await bench.withdraw()

    async def search(
        where: Mapping[str, Any], after: tuple[int, int] | None = None
    ) -> list[Mapping[str, Any]]:
        found = await bench.database.snapshot(
            lambda tx: ledger.search_entries(tx, bench.keys, where, after, 10)
        )
        return list(found)

    assert [row["kind"] for row in await search({})] == ["consent_withdrawn", "consent_given"]
    assert len(await search({"person": CHILD, "kind": "consent_given"})) == 1
    assert len(await search({"account": MOTHER})) == 2
    assert await search({"person": "per_nobody"}) == []
    assert await search({"of_agency": SCHOOL}) == []
    assert await search({"until_at": 5}) == []
    newest = (await search({}))[0]
    assert [row["kind"] for row in await search({}, (newest["ledger"], newest["index"]))] == ["consent_given"]
    detail = await bench.database.snapshot(
        lambda tx: ledger.open_detail(tx, bench.keys, bench.owners, newest["ledger"], newest["index"])
    )
    assert detail is not None
    assert (detail["person"], detail["account"]) == (CHILD, MOTHER)


async def test_readers_are_the_assigned_workers_of_now(bench: Bench) -> None:
    account = {
        "kind": "worker",
        "identity": None,
        "roles": json.dumps(["caseworker", "agency_admin"]),
        "network_wide": False,
        "overdue_reviews": 0,
        "attributes": None,
        "revision": 1,
    }

    async def furnish(tx: Tx) -> None:
        for name, active in (("w:one", True), ("w:gone", False)):
            await tx.run(_ADD_ACCOUNT, id=name, agency=CLINIC, active=active, **account)
            row = {"id": f"asg_{name}", "worker": name, "person": CHILD, "from_at": AT, "until_at": LATER}
            await tx.run(_ADD_ASSIGNMENT, **row)

    await bench.database.transaction(furnish)
    now = await bench.database.snapshot(lambda tx: list_readers(tx, CHILD, AT, Beside()))
    assert now is not None
    assert [(one["id"], one["role"], one["agency_status"]) for one in now] == [
        ("w:one", "caseworker", "member")
    ]
    assert await bench.database.snapshot(lambda tx: list_readers(tx, CHILD, LATER, Beside())) == []


async def test_a_dossier_is_known_to_the_person_and_to_no_stranger(bench: Bench) -> None:
    youth, stranger = a_caller(Role.YOUTH, account=CHILD), a_caller(Role.CASEWORKER)

    async def find(caller: Any, name: str = "dos_1") -> Mapping[str, Any] | None:  # noqa: ANN401
        return await bench.database.snapshot(lambda tx: lists.find_dossier(tx, caller, DossierId(name), AT))

    assert (await find(youth) or {})["person"] == CHILD
    assert await find(stranger) is None
    assert await find(BY_MOTHER) is None
    assert await find(youth, "dos_9") is None
