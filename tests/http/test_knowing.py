"""A document that a family member may not know of is told by no stop, and by no id that she tries."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.http.served import BOB, CONTE, Served, serve_stack
from tests.http.test_sessions import with_committee
from tests.support.stack import ISSUER, open_stack

YOUTH = "fable@client:family+youth"
TEEN_BORN = "today-5600d"
LETTER = {"dossier": "dos_child", "sensitivity": "N", "media_type": "text/plain", "content": "Inventé."}
ALONE = {**LETTER, "id": "frg_alone", "owner_agency": "qc:clinic", "category": "sexual_health"}
KNEE = {**LETTER, "id": "frg_knee", "owner_agency": "qc:clinic", "category": "health_general"}
MIXED = {
    "id": "frg_mixed",
    "dossier": "dos_child",
    "owner_agency": "qc:clinic",
    "category": "development_disability",
    "sensitivity": "N",
    "sections": [
        {
            "id": "body",
            "category": "development_disability",
            "sensitivity": "N",
            "content": {"t": "Inventé."},
        },
        {"id": "mind", "category": "mental_health", "sensitivity": "N", "content": {"t": "Inventé."}},
    ],
}
TO_SCHOOL = {"kind": "agency", "agency": "qc:school"}


def a_teen(*fragments: Mapping[str, Any]) -> dict[str, Any]:
    """The small network with a child of fifteen, who has an account, and more in her dossier."""
    seed = with_committee()
    child = next(one for one in seed["persons"] if one["id"] == "p:child")
    child |= {"birth_date": TEEN_BORN, "identity": {"iss": ISSUER, "sub": "fable"}}
    seed["fragments"] += [dict(one) for one in fragments]
    return seed


@asynccontextmanager
async def gateway(url: str, state: Path, seed: dict[str, Any]) -> AsyncIterator[Served]:
    async with open_stack(url, state / "state", seed=seed) as stack:
        yield serve_stack(stack)


async def stop(served: Served, caller: str = CONTE, **reach: str) -> httpx2.Response:
    body = {"person": "p:child", "reach": reach or TO_SCHOOL}
    return await served.ask(caller, "POST", "/v1/stops", json=body)


async def said(served: Served, caller: str = CONTE, **reach: str) -> tuple[Any, bool, str]:
    """What a stop tells: its list, whether it holds, and the text of its receipt after the date."""
    answer = await stop(served, caller, **reach)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    async with served.client(caller, accept="text/plain", **{"accept-language": "en"}) as client:
        receipt = (await client.get(f"/v1/stops/{told['id']}/receipt")).text
    return told["continues"], told["in_force"], receipt


def kinds(continues: list[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {(one["owner_agency"], one["category"]) for one in continues}


async def determine(served: Served, **what: object) -> None:
    people = await served.ask(BOB, "GET", "/v1/dossiers")
    handle = people.json()["items"][0]["person"]
    body = {"to": ["guardian"], **what}
    answer = await served.ask(BOB, "POST", f"/v1/persons/{handle}/harm-determinations", json=body)
    assert answer.status_code == 201, answer.text


async def test_a_stop_tells_a_guardian_nothing_of_what_the_youth_decides_alone(
    store_url: str, tmp_path: Path
) -> None:
    seed = a_teen({**ALONE, "youth_alone": True}, KNEE)
    async with gateway(store_url, tmp_path, seed) as served:
        assert (await served.release(CONTE, "frg_alone", "family_access")).status_code == 404
        continues, _, receipt = await said(served)
        assert ("qc:clinic", "health_general") in kinds(continues)
        assert ("qc:clinic", "sexual_health") not in kinds(continues)
        assert "sexual" not in receipt
        hers, _, receipt = await said(served, YOUTH)
        assert ("qc:clinic", "sexual_health") in kinds(hers)
        assert "sexual" in receipt


async def test_an_owner_of_nothing_but_hidden_documents_is_as_if_it_held_none(
    sqlite_url: str, tmp_path: Path
) -> None:
    """The list, and whether the stop holds, are the same as without the document."""
    told = []
    for n, more in enumerate(([], [{**ALONE, "youth_alone": True}])):
        async with gateway(f"{sqlite_url}{n}", tmp_path / str(n), a_teen(*more)) as served:
            told.append((await said(served))[:2])
            told.append((await said(served, kind="category", category="sexual_health"))[:2])
    assert told[:2] == told[2:]


async def test_a_dossier_of_hidden_documents_is_answered_as_an_empty_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    told = []
    for n, more in enumerate(([], [{**ALONE, "youth_alone": True}])):
        seed = a_teen() | {"fragments": more}
        async with gateway(f"{sqlite_url}{n}", tmp_path / str(n), seed) as served:
            told.append((await said(served))[:2])
    assert told == [(None, True), (None, True)]


async def test_a_stop_tells_nothing_of_a_document_whose_reading_would_do_harm(
    store_url: str, tmp_path: Path
) -> None:
    async with gateway(store_url, tmp_path, a_teen(ALONE, KNEE)) as served:
        assert ("qc:clinic", "sexual_health") in kinds((await said(served))[0])
        await determine(served, fragment="frg_alone")
        continues, _, receipt = await said(served)
        assert ("qc:clinic", "sexual_health") not in kinds(continues)
        assert ("qc:clinic", "health_general") in kinds(continues)
        assert "sexual" not in receipt


async def test_harm_of_one_section_hides_the_kind_of_its_document(sqlite_url: str, tmp_path: Path) -> None:
    async with gateway(sqlite_url, tmp_path, a_teen(MIXED, KNEE)) as served:
        assert ("qc:clinic", "development_disability") in kinds((await said(served))[0])
        await determine(served, categories=["mental_health"])
        assert ("qc:clinic", "development_disability") not in kinds((await said(served))[0])


async def test_what_was_erased_is_not_told_as_going_on(sqlite_url: str, tmp_path: Path) -> None:
    async with gateway(sqlite_url, tmp_path, a_teen({**KNEE, "status": "entered_in_error"}, ALONE)) as served:
        continues = (await said(served))[0]
        assert ("qc:clinic", "health_general") not in kinds(continues)
        assert ("qc:clinic", "sexual_health") in kinds(continues)


async def test_a_document_that_was_stopped_does_not_go_on_and_others_of_its_kind_do(
    sqlite_url: str, tmp_path: Path
) -> None:
    seed = a_teen()
    seed["consents"][1] |= {"one_time": False}
    async with gateway(sqlite_url, tmp_path, seed) as served:
        continues, in_force, _ = await said(served, kind="document", fragment="frg_marks")
        assert in_force
        shared = {one["category"] for one in continues if one["agency"] == "qc:clinic"}
        assert shared == {"family_situation"}


def alike(answer: httpx2.Response, name: str) -> tuple[int, Any]:
    problem = {**answer.json(), "instance": None, "request_id": None, "trace": None}
    assert name not in answer.text
    return answer.status_code, problem


@pytest.mark.parametrize("hidden", ["alone", "harm", "barred"])
async def test_a_hidden_document_is_named_like_one_that_does_not_exist(
    store_url: str, tmp_path: Path, hidden: str
) -> None:
    seed = a_teen({**ALONE, "youth_alone": hidden == "alone"})
    if hidden == "barred":
        seed["orders"] = [BARS]
    async with gateway(store_url, tmp_path, seed) as served:
        if hidden == "harm":
            await determine(served, fragment="frg_alone")
        answers = []
        for name in ("frg_alone", "frg_nowhere"):
            stopped = await stop(served, kind="document", fragment=name)
            given = await served.ask(CONTE, "POST", "/v1/consents", json={**REFUSAL, "fragments": [name]})
            answers.append((alike(stopped, name), alike(given, name)))
        assert answers[0] == answers[1]
        assert answers[0][0][0] == 422


REFUSAL = {
    "person": "p:child",
    "decision": "deny",
    "recipients": [{"agency": "qc:house"}],
    "owners": "any",
    "purposes": "any",
    "categories": "any",
}


async def test_who_may_know_of_a_document_refuses_it_and_stops_it(store_url: str, tmp_path: Path) -> None:
    async with gateway(store_url, tmp_path, a_teen({**ALONE, "youth_alone": True}, KNEE)) as served:
        for caller, name in ((CONTE, "frg_knee"), (CONTE, "frg_letter"), (YOUTH, "frg_alone")):
            given = await served.ask(caller, "POST", "/v1/consents", json={**REFUSAL, "fragments": [name]})
            assert given.status_code == 201, given.text
            stopped = await stop(served, caller, kind="document", fragment=name)
            assert stopped.status_code == 201, stopped.text


async def test_what_she_named_herself_before_it_was_hidden_she_may_still_stop(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with gateway(sqlite_url, tmp_path, a_teen(ALONE)) as served:
        body = {**REFUSAL, "fragments": ["frg_alone"]}
        assert (await served.ask(CONTE, "POST", "/v1/consents", json=body)).status_code == 201
        await determine(served, fragment="frg_alone")
        assert (await stop(served, kind="document", fragment="frg_alone")).status_code == 201
        other = await stop(served, YOUTH, kind="document", fragment="frg_alone")
        assert other.status_code == 201


async def test_a_consent_names_no_owner_whose_documents_are_hidden_as_one_where_it_counts_for_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    told = []
    held: list[list[dict[str, Any]]] = [[], [{**ALONE, "youth_alone": True}], [ALONE]]
    for n, more in enumerate(held):
        async with gateway(f"{sqlite_url}{n}", tmp_path / str(n), a_teen(*more)) as served:
            given = await served.ask(CONTE, "POST", "/v1/consents", json=REFUSAL)
            assert given.status_code == 201, given.text
            told.append({one["owner_agency"] for one in given.json()["without_effect"]})
    assert told == [set(), set(), {"qc:clinic"}]


BARS = {"id": "ord_1", "subject": "p:child", "type": "prohibit", "recipients": [{"person": "p:parent"}]}
