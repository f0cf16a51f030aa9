"""A protected agency is named to whoever named it herself, and not to the other guardian; on both stores."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio

from tests.http.served import ADA, CONTE, RECIT, Served, serve_stack
from tests.support.stack import ISSUER, network, open_stack

SHELTER = "qc:shelter"


def moment(hours: int) -> str:
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


def with_a_shelter() -> dict[str, Any]:
    seed = network()
    name = {"fr": "Refuge inventé", "en": "Invented shelter"}
    seed["agencies"].append({"id": SHELTER, "name": name, "profile": "QC-PRIV", "protected": True})
    sol = {
        "id": "w:sol",
        "agency": SHELTER,
        "name": "Inventée sol",
        "identity": {"iss": ISSUER, "sub": "sol"},
    }
    seed["workers"].append({**sol, "roles": ["caseworker", "committee_member"]})
    seed["authorities"] = [
        {"id": f"aut_{person}", "subject": "p:child", "person": f"p:{person}", "authority": "joint"}
        for person in ("parent", "other")
    ]
    seed["authorities"].append(
        {
            "id": "aut_shelter",
            "subject": "p:child",
            "person": SHELTER,
            "authority": "agency",
            "scope": ["education"],
        }
    )
    return seed


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(store_url, tmp_path / "state", seed=with_a_shelter()) as stack:
        yield serve_stack(stack)


async def line_of_conte(served: Served) -> str:
    """The mother names the shelter, and one of its workers."""
    said = {
        "person": "p:child",
        "decision": "permit",
        "recipients": [{"agency": SHELTER, "role": "caseworker"}, {"person": "w:sol"}],
        "owners": ["qc:school"],
        "purposes": ["transfer"],
        "categories": ["family_situation"],
        "until": moment(24),
    }
    answer = await served.ask(CONTE, "POST", "/v1/consents", json=said)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["consent"]) if "consent" in answer.json() else str(answer.json()["id"])


async def told(served: Served, caller: str, path: str) -> dict[str, Any]:
    answer = await served.ask(caller, "GET", path)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_another_guardians_line_is_shown_without_the_shelter_she_named(served: Served) -> None:
    name = await line_of_conte(served)
    pages = [(await told(served, who, "/v1/consents?person=p:child"))["items"] for who in (CONTE, RECIT)]
    own, other = (next(one for one in page if one["id"] == name) for page in pages)
    assert own["recipients"] == [{"agency": SHELTER, "role": "caseworker"}, {"person": "w:sol"}]
    assert other["recipients"] == [{"agency": None}, {"person": None}]
    assert (other["status"], other["owners"], other["until"]) == ("active", ["qc:school"], own["until"])
    (version,) = (await told(served, RECIT, f"/v1/consents/{name}"))["versions"]
    assert version["recipients"] == other["recipients"]


async def test_a_transfer_to_a_shelter_names_it_to_who_named_it_and_to_workers(served: Served) -> None:
    await line_of_conte(served)
    asked = {"person": await served.handle(ADA), "to_person": "w:sol", "package": ["frg_letter"]}
    offered = await served.ask(ADA, "POST", "/v1/transfers", json=asked)
    assert offered.status_code == 201, offered.text
    path = f"/v1/transfers/{offered.json()['id']}"
    named = [(await told(served, who, path))["to_agency"] for who in (ADA, CONTE, RECIT)]
    assert named == [SHELTER, SHELTER, None]


async def test_a_session_leaves_the_shelter_out_for_who_did_not_name_it(served: Served) -> None:
    await line_of_conte(served)
    asked = {
        "person": await served.handle(ADA),
        "members": ["w:sol"],
        "package": ["frg_letter"],
        "opens": moment(-1),
        "closes": moment(1),
    }
    opened = await served.ask(ADA, "POST", "/v1/sessions", json=asked)
    assert opened.status_code == 201, opened.text
    path = f"/v1/sessions/{opened.json()['id']}"
    named = [(await told(served, who, path))["agencies"] for who in (CONTE, RECIT)]
    assert named == [[SHELTER], []]


async def test_an_authority_of_a_shelter_has_no_name_for_who_did_not_name_it(served: Served) -> None:
    await line_of_conte(served)
    pages = [await told(served, who, "/v1/persons/p:child/authorities") for who in (CONTE, RECIT)]
    holders = [{one["id"]: one["holder"] for one in page["items"]} for page in pages]
    assert [one["aut_shelter"] for one in holders] == [{"agency": SHELTER}, {"agency": None}]
    assert all(one["aut_parent"] == {"person": "p:parent"} for one in holders)


async def test_a_youth_who_decides_is_told_of_the_shelter_that_another_named(
    store_url: str, tmp_path: Path
) -> None:
    seed = with_a_shelter()
    child = next(one for one in seed["persons"] if one["id"] == "p:child")
    child |= {"birth_date": "today-5700d", "identity": {"iss": ISSUER, "sub": "fable"}}
    seed["consents"][0]["recipients"] = [{"agency": SHELTER}]
    async with open_stack(store_url, tmp_path / "youth", seed=seed) as stack:
        served = serve_stack(stack)
        page = await told(served, "fable@client:family+youth", "/v1/consents?person=p:child")
        assert [one["recipients"] for one in page["items"] if one["id"] == "cns_1"] == [[{"agency": SHELTER}]]


def with_work_of_the_shelter() -> dict[str, Any]:
    """The shelter's worker is assigned, and it holds a letter of its own; the mother's consent names it."""
    seed = with_a_shelter()
    seed["assignments"].append({"id": "asg_sol", "worker": "w:sol", "person": "p:child", "from": "now-1d"})
    letter = next(one for one in seed["fragments"] if one["id"] == "frg_letter")
    seed["fragments"].append({**letter, "id": "frg_stay", "owner_agency": SHELTER})
    seed["consents"][0]["recipients"] = [{"agency": SHELTER}]
    return seed


async def going_on(served: Served, caller: str) -> tuple[set[tuple[str, str]], str]:
    """Stop all; who may still read whose documents, and the text of the receipt."""
    asked = {"person": "p:child", "reach": {"kind": "all"}}
    answer = await served.ask(caller, "POST", "/v1/stops", json=asked)
    assert answer.status_code == 201, answer.text
    said = answer.json()
    async with served.client(caller, Accept="text/plain") as client:
        receipt = await client.get(f"/v1/receipts/{said['receipt']}")
    assert receipt.status_code == 200
    return {(one["agency"], one["owner_agency"]) for one in said["continues"]}, receipt.text


async def test_a_stop_tells_of_the_shelters_own_work_to_who_named_it_alone(
    store_url: str, tmp_path: Path
) -> None:
    async with open_stack(store_url, tmp_path / "work", seed=with_work_of_the_shelter()) as stack:
        served = serve_stack(stack)
        lines, text = await going_on(served, CONTE)
        assert (SHELTER, SHELTER) in lines
        assert "Refuge inventé" in text
        lines, text = await going_on(served, RECIT)
        assert ("qc:school", "qc:school") in lines
        assert not [one for one in lines if SHELTER in one]
        assert "Refuge" not in text


async def test_a_stop_of_a_youth_who_decides_tells_of_the_shelter(store_url: str, tmp_path: Path) -> None:
    seed = with_work_of_the_shelter()
    child = next(one for one in seed["persons"] if one["id"] == "p:child")
    child |= {"birth_date": "today-5700d", "identity": {"iss": ISSUER, "sub": "fable"}}
    seed["consents"] = []
    async with open_stack(store_url, tmp_path / "youth", seed=seed) as stack:
        lines, text = await going_on(serve_stack(stack), "fable@client:family+youth")
        assert (SHELTER, SHELTER) in lines
        assert "Refuge inventé" in text
