"""A shelter shows in the log of who named it herself, and of nobody else in the family, whatever they do."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.http.served import BOB, CONTE, RECIT, Served, serve_stack
from tests.http.test_masks import SHELTER, moment, with_a_shelter
from tests.support.stack import open_stack

SOL = "sol@client:shelter+caseworker"
OWN = "frg_shelter"
STOPS: tuple[Mapping[str, Any], ...] = (
    {"kind": "all"},
    {"kind": "agency", "agency": SHELTER},
    {"kind": "category", "category": "finances_housing"},
    {"kind": "category", "category": "family_situation"},
    {"kind": "document", "fragment": "frg_letter"},
)


def with_its_own_file() -> dict[str, Any]:
    seed = with_a_shelter()
    seed["authorities"] = [one for one in seed["authorities"] if one["id"] != "aut_shelter"]
    seed["clients"].append({"id": "client:shelter", "agency": SHELTER})
    seed["assignments"].append({"worker": "w:sol", "person": "p:child", "from": "now-30d"})
    letter = next(one for one in seed["fragments"] if one["id"] == "frg_letter")
    seed["fragments"].append({**letter, "id": OWN, "owner_agency": SHELTER})
    return seed


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(store_url, tmp_path / "state", seed=with_its_own_file()) as stack:
        served = serve_stack(stack)
        read = await served.release(SOL, OWN)
        assert read.status_code == 201, read.text
        assert (await served.release(BOB, OWN)).status_code == 403
        yield served


async def said_of_the_shelter(served: Served, caller: str) -> set[str]:
    """The outcomes of the rows in her log in which it stands; its own reading among them."""
    answer = await served.ask(caller, "GET", "/v1/ledger/entries?person=p:child")
    assert answer.status_code == 200, answer.text
    rows = answer.json()["items"]
    return {str(one["kind"]) for one in rows if SHELTER in str(one)}


@pytest.mark.parametrize("reach", STOPS, ids=lambda reach: "-".join(reach.values()))
async def test_no_stop_brings_a_shelter_into_sight(served: Served, reach: Mapping[str, Any]) -> None:
    assert await said_of_the_shelter(served, RECIT) == set()
    stop = await served.ask(RECIT, "POST", "/v1/stops", json={"person": "p:child", "reach": reach})
    assert stop.status_code == 201, stop.text
    assert (await served.release(SOL, OWN)).status_code in {201, 403}
    assert await said_of_the_shelter(served, RECIT) <= {"stopped"}


async def test_who_named_it_as_an_owner_sees_its_own_reading_too(served: Served) -> None:
    assert await said_of_the_shelter(served, CONTE) == set()
    line = {
        "person": "p:child",
        "decision": "permit",
        "recipients": [{"agency": "qc:school"}],
        "owners": [SHELTER],
        "purposes": ["transfer"],
        "categories": ["family_situation"],
        "until": moment(24),
    }
    assert (await served.ask(CONTE, "POST", "/v1/consents", json=line)).status_code == 201
    await served.release(SOL, OWN)
    await served.release(BOB, OWN)
    assert {"released", "refused"} <= await said_of_the_shelter(served, CONTE)
    assert await said_of_the_shelter(served, RECIT) == set()
