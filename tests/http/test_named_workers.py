"""Whether a family reads in its log which worker acted, by name, is the word of the owner's profile."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.http.served import ADA, BOB, CAM, CONTE, DIA, Served, serve_stack
from tests.http.test_obligations import OLGA, log, obligation_network, released
from tests.support.bundles import copy_changed
from tests.support.stack import open_stack

NAMING = (
    "gateway/profiles/data.yaml",
    "name_worker_to_family: false\n  ON-CYFSA",
    "name_worker_to_family: true\n  ON-CYFSA",
)
"""In the school's profile alone."""

KNEE = {"category": "health_general", "sensitivity": "N", "sections": [{"id": "a", "content": "Inventé."}]}


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    bundle = copy_changed(tmp_path / "policies", *NAMING)
    seed = obligation_network()
    async with open_stack(store_url, tmp_path / "state", seed=seed, policies=bundle) as stack:
        yield serve_stack(stack)


async def rows(served: Served, **said: str) -> list[dict[str, Any]]:
    return [one for one in await log(served) if all(one.get(name) == value for name, value in said.items())]


async def test_a_family_learns_the_name_where_the_owners_profile_says_so_and_there_alone(
    served: Served,
) -> None:
    assert (await served.release(BOB, "frg_letter")).status_code == 201
    await served.handle(BOB)
    deposited = await served.ask(BOB, "POST", "/v1/dossiers/dos_child/fragments", json=KNEE)
    assert deposited.status_code == 201, deposited.text
    (read,), (put,) = await rows(served, kind="released"), await rows(served, kind="deposited")
    assert (read["worker"], read["agency"], read["owner_agency"]) == (
        "Inventé bob",
        "qc:clinic",
        "qc:school",
    )
    assert "worker" not in put
    assert not [one for one in await log(served) if one.get("agency") is None and "worker" in one]
    (again,) = [await served.ask(CONTE, "GET", f"/v1/ledger/entries/{read['id']}?person=p:child")]
    assert again.json()["worker"] == "Inventé bob"


async def test_by_the_shipped_profiles_no_worker_is_named(sqlite_url: str, tmp_path: Path) -> None:
    async with open_stack(sqlite_url, tmp_path / "state", seed=obligation_network()) as stack:
        served = serve_stack(stack)
        assert (await served.release(BOB, "frg_letter")).status_code == 201
        assert not [one for one in await log(served) if "worker" in one]


async def test_what_is_told_later_names_who_did_it_and_not_who_let_it_be_told(served: Served) -> None:
    await released(served, "delay_family_notice")
    held = (await served.ask(OLGA, "GET", "/v1/notices/held")).json()["items"]
    for one in held:
        told = await served.ask(OLGA, "POST", f"/v1/notices/{one['id']}/release")
        assert told.status_code == 201
    (row,) = [one for one in await log(served) if "happened_at" in one]
    assert (row["kind"], row["worker"]) == ("released", "Inventé bob")


async def test_a_reporter_and_who_was_told_nothing_are_never_named(served: Served) -> None:
    assert (await served.release(CAM, "frg_letter")).status_code == 404
    assert (await served.release(DIA, "frg_letter")).status_code == 404
    report = {"agency": "qc:house", "words": "Des cris inventés, trois soirs.", "person": None}
    report["person"] = await served.handle(ADA)
    answer = await served.ask(ADA, "POST", "/v1/reports", json=report)
    assert answer.status_code == 201, answer.text
    for one in (await served.ask(OLGA, "GET", "/v1/notices/held")).json()["items"]:
        await served.ask(OLGA, "POST", f"/v1/notices/{one['id']}/release")
    shown = await log(served)
    assert "report_submitted" in {one.get("kind") for one in shown}
    assert [one for one in shown if one["view"] == "generic"]
    assert not [one for one in shown if "worker" in one]
