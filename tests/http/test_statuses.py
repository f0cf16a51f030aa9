"""What the owner of a fragment says of it, and who may read it then, on both stores."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest_asyncio

from tests.http.served import ADA, BOB, CONTE, Served, codes, serve

HOLDS = "/v1/fragments/frg_letter/holds"
CORRECTIONS = "/v1/fragments/frg_letter/corrections"


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with serve(store_url, tmp_path / "state") as served:
        yield served


async def change(served: Served, method: str, path: str, seen: int) -> httpx2.Response:
    return await served.ask(ADA, method, path, headers={"If-Match": f'"{seen}"'})


async def test_a_hold_binds_everybody_but_the_owner_until_it_is_lifted(served: Served) -> None:
    held = await change(served, "POST", HOLDS, 1)
    assert (held.status_code, held.json()["etag"], held.json()["in_force"]) == (201, "2", True)
    refused = await served.release(BOB, "frg_letter")
    assert (refused.status_code, codes(refused.json())) == (403, ["OWNER_HOLD"])
    assert (await served.release(ADA, "frg_letter", "service_delivery")).status_code == 201
    rows = (await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert "fragment_held" in {row["kind"] for row in rows}
    lifted = await change(served, "DELETE", HOLDS, 2)
    assert (lifted.status_code, (await served.newest())["kind"]) == (200, "hold_lifted")
    assert (await served.release(BOB, "frg_letter")).status_code == 201


async def test_what_was_entered_in_error_is_nobodys_until_a_next_version(served: Served) -> None:
    assert (await change(served, "POST", CORRECTIONS, 1)).status_code == 201
    for reader, purpose in ((BOB, "coordination"), (ADA, "service_delivery")):
        refused = await served.release(reader, "frg_letter", purpose)
        assert (refused.status_code, codes(refused.json())) == (403, ["FRAGMENT_UNAVAILABLE"])
    for method, path in (("POST", HOLDS), ("DELETE", HOLDS), ("POST", CORRECTIONS)):
        assert (await change(served, method, path, 2)).status_code == 409, (method, path)
    await served.handle(ADA)
    labels = {
        "category": "family_situation",
        "sensitivity": "N",
        "sections": [{"id": "a", "content": "Right."}],
    }
    renewed = await served.ask(
        ADA,
        "POST",
        "/v1/dossiers/dos_child/fragments",
        json={**labels, "follows": "frg_letter"},
        headers={"If-Match": '"2"'},
    )
    assert renewed.status_code == 201, renewed.text
    assert (await served.release(BOB, "frg_letter")).status_code == 201


async def test_a_change_rests_on_what_its_caller_saw(served: Served) -> None:
    assert (await served.ask(ADA, "POST", HOLDS)).status_code == 428
    assert (await change(served, "POST", HOLDS, 7)).status_code == 412
    assert (await served.release(BOB, "frg_letter")).status_code == 201


async def test_another_agencys_fragment_is_as_if_it_did_not_exist(served: Served) -> None:
    for fragment in ("frg_letter", "frg_unknown"):
        for method, what in (("POST", "holds"), ("DELETE", "holds"), ("POST", "corrections")):
            answer = await served.ask(
                BOB, method, f"/v1/fragments/{fragment}/{what}", headers={"If-Match": '"1"'}
            )
            assert answer.status_code == 404, (fragment, method, what)
