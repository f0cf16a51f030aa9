"""What was found about a person changes who decides and who reads, on both stores."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest_asyncio

from tests.http.served import ADA, BOB, CONTE, EVA, RECIT, Served, codes, serve_stack
from tests.support.stack import ISSUER, network, open_stack

KIM = "kim@client:hospital"
SAGA = "saga@client:family+youth"
_BORN = (datetime.now(UTC).date() - timedelta(days=5600)).isoformat()
_UNTIL = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}"


def with_a_youth() -> dict[str, Any]:
    """A youth of fifteen beside the child, with two guardians, known to a clinic and an Ontario hospital."""
    seed = network()
    hospital = {"fr": "Hôpital inventé", "en": "Invented hospital"}
    seed["agencies"].append({"id": "on:hospital", "name": hospital, "profile": "ON-CYFSA"})
    seed["clients"].append({"id": "client:hospital", "agency": "on:hospital"})
    identity = {"iss": ISSUER, "sub": "kim"}
    kim = {"id": "w:kim", "agency": "on:hospital", "name": "Inventé kim", "roles": ["caseworker"]}
    seed["workers"].append({**kim, "identity": identity})
    saga = {"id": "p:youth", "names": {"given": "Saga", "family": "Inventé"}, "birth_date": _BORN}
    seed["persons"].append({**saga, "identity": {"iss": ISSUER, "sub": "saga"}})
    for holder in ("p:parent", "p:other"):
        seed["authorities"].append({"subject": "p:youth", "person": holder, "authority": "joint"})
    seed["assignments"] += [
        {"worker": worker, "person": "p:youth", "from": "now-30d"} for worker in ("w:ada", "w:bob", "w:kim")
    ]
    seed["dossiers"].append({"id": "dos_youth", "person": "p:youth"})
    for name, owner, category in (
        ("frg_sleep", "qc:clinic", "mental_health"),
        ("frg_knee", "qc:clinic", "health_general"),
        ("frg_visit", "on:hospital", "health_general"),
    ):
        labels = {"owner_agency": owner, "category": category, "sensitivity": "N"}
        text = {"media_type": "text/plain", "content": "Invented."}
        seed["fragments"].append({"id": name, "dossier": "dos_youth", **labels, **text})
    return seed


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(store_url, tmp_path / "state", seed=with_a_youth()) as stack:
        yield serve_stack(stack)


async def youths_handle(served: Served, caller: str) -> str:
    who = {"family_name": "Inventé", "given_name": "Saga", "birth_date": _BORN}
    return str((await served.ask(caller, "POST", "/v1/person-matches", json=who)).json()["handle"])


async def capacity(served: Served, **found: object) -> httpx2.Response:
    path = f"/v1/persons/{await youths_handle(served, BOB)}/capacity-findings"
    body = {"capable": False, "assessed_by": "Dre Inventée", "grounds": "Invented.", **found}
    return await served.ask(BOB, "POST", path, json=body)


async def permit(served: Served, giver: str) -> None:
    """The school may read what the clinic holds."""
    line = {
        "person": "p:youth",
        "decision": "permit",
        "recipients": [{"agency": "qc:school"}],
        "owners": ["qc:clinic"],
        "purposes": ["coordination"],
        "categories": ["mental_health", "health_general"],
        "until": _UNTIL,
    }
    assert (await served.ask(giver, "POST", "/v1/consents", json=line)).status_code == 201


async def test_who_is_found_not_capable_is_decided_for_by_her_guardians(served: Served) -> None:
    await permit(served, SAGA)
    assert (await served.release(ADA, "frg_sleep")).status_code == 201
    found = await capacity(served)
    assert (found.status_code, found.json()["in_force"]) == (201, True)
    assert codes((await served.release(ADA, "frg_sleep")).json()) == ["GRANTOR_WITHOUT_AUTHORITY"]
    await permit(served, CONTE)
    assert (await served.release(ADA, "frg_sleep")).status_code == 201
    path = f"/v1/persons/{await youths_handle(served, BOB)}/capacity-findings/{found.json()['id']}"
    for _ in range(2):
        ended = await served.ask(BOB, "DELETE", path)
        assert (ended.status_code, ended.json()["in_force"]) == (200, True)
    answer = await served.release(ADA, "frg_sleep")
    assert (answer.status_code, (await served.newest())["reason"]) == (201, "CONSENT_PERMITS")


async def test_a_finding_is_ended_by_the_agency_that_recorded_it_and_by_no_other(served: Served) -> None:
    found = (await capacity(served)).json()["id"]
    for caller, status in ((KIM, 403), (ADA, 403), (BOB, 200)):
        path = f"/v1/persons/{await youths_handle(served, caller)}/capacity-findings/{found}"
        answer = await served.ask(caller, "DELETE", path)
        assert answer.status_code == status, caller
        assert caller == BOB or codes(answer.json()) == ["ROLE_NOT_ALLOWED"]
    # Of a harm that another agency found, not even that it is there.
    path = f"/v1/persons/{await youths_handle(served, BOB)}/harm-determinations"
    harm = await served.ask(BOB, "POST", path, json={"to": ["youth"], "fragment": "frg_sleep"})
    for caller, status in ((KIM, 404), (BOB, 200)):
        path = f"/v1/persons/{await youths_handle(served, caller)}/harm-determinations"
        assert (await served.ask(caller, "DELETE", f"{path}/{harm.json()['id']}")).status_code == status


async def test_a_finding_about_one_category_leaves_the_others(served: Served) -> None:
    await permit(served, SAGA)
    assert (await capacity(served, category="mental_health")).status_code == 201
    assert (await served.release(ADA, "frg_sleep")).status_code == 403
    assert (await served.release(ADA, "frg_knee")).status_code == 201
    assert (await capacity(served, category="nonsense")).status_code == 422
    assert (await capacity(served, category="all", capable=True)).status_code == 201
    assert (await served.release(ADA, "frg_sleep")).status_code == 201


async def test_a_finding_that_ends_changes_the_decision_without_any_act(served: Served) -> None:
    await permit(served, SAGA)
    ends = datetime.now(UTC) + timedelta(seconds=3)
    assert (await capacity(served, until=f"{ends:%Y-%m-%dT%H:%M:%S.%fZ}")).status_code == 201
    assert (await served.release(ADA, "frg_sleep")).status_code == 403
    await asyncio.sleep(max(0.0, (ends - datetime.now(UTC)).total_seconds()) + 0.05)
    assert (await served.release(ADA, "frg_sleep")).status_code == 201


async def test_who_holds_nothing_or_is_not_assigned_finds_nothing(served: Served) -> None:
    body = {"capable": False, "assessed_by": "Dre Inventée"}
    child = await served.handle(BOB)
    # The clinic works with the child and holds nothing of her.
    assert (
        await served.ask(BOB, "POST", f"/v1/persons/{child}/capacity-findings", json=body)
    ).status_code == 404
    assert (
        await served.ask(EVA, "POST", f"/v1/persons/{child}/capacity-findings", json=body)
    ).status_code == 403
    listed = await served.ask(SAGA, "GET", "/v1/persons/p:youth/capacity-findings")
    assert (listed.status_code, listed.json()["items"]) == (200, [])


async def test_harm_hides_from_the_guardian_and_its_own_entry_with_it(served: Served) -> None:
    for fragment in ("frg_letter", "frg_marks"):
        assert (await served.release(CONTE, fragment, "family_access")).status_code == 201
    path = f"/v1/persons/{await served.handle(ADA)}/harm-determinations"
    body = {"to": ["guardian"], "categories": ["family_situation"], "grounds": "Invented."}
    found = await served.ask(ADA, "POST", path, json=body)
    assert found.status_code == 201, found.text
    assert (await served.release(CONTE, "frg_letter", "family_access")).status_code == 404
    assert (await served.release(CONTE, "frg_marks", "family_access")).status_code == 201
    assert (await served.ask(CONTE, "GET", "/v1/persons/p:child/harm-determinations")).status_code == 404
    rows = (await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert rows
    assert not {row.get("kind") for row in rows} & {"harm_determined"}
    # What she read herself before it stays hers to see (A1); what was hidden from her says nothing.
    about = [row["kind"] for row in rows if row.get("category") == "family_situation"]
    assert about == ["released"]
    assert not any(one["code"] == "HARM_DETERMINATION" for row in rows for one in row["reasons"])
    (listed,) = (await served.ask(ADA, "GET", path)).json()["items"]
    assert (listed["id"], "grounds" in listed) == (found.json()["id"], False)
    ended = await served.ask(ADA, "DELETE", f"{path}/{found.json()['id']}")
    assert ended.status_code == 200
    assert (await served.release(CONTE, "frg_letter", "family_access")).status_code == 201


async def test_harm_is_determined_of_ones_own_agencys_fragments_alone(served: Served) -> None:
    path = f"/v1/persons/{await youths_handle(served, BOB)}/harm-determinations"
    for fragment in ("frg_visit", "frg_unknown"):
        body = {"to": ["youth"], "fragment": fragment}
        assert (await served.ask(BOB, "POST", path, json=body)).status_code == 404, fragment
    body = {"to": ["youth"], "fragment": "frg_sleep"}
    assert (await served.ask(BOB, "POST", path, json=body)).status_code == 201
    refused = await served.release(SAGA, "frg_sleep", "family_access")
    assert (refused.status_code, codes(refused.json())) == (403, ["HARM_DETERMINATION"])
    assert (await served.release(SAGA, "frg_knee", "family_access")).status_code == 201


async def test_in_quebec_a_youth_of_fourteen_is_consulted_before_a_guardian_reads(served: Served) -> None:
    async def consulted(*, harm: bool) -> int:
        path, body = "/v1/fragments/frg_knee/consultations", {"harm_expected": harm}
        return (await served.ask(BOB, "POST", path, json=body)).status_code

    refused = await served.release(CONTE, "frg_knee", "family_access")
    assert codes(refused.json()) == ["YOUTH_CONSULTATION_REQUIRED"]
    assert await consulted(harm=False) == 201
    assert (await served.release(CONTE, "frg_knee", "family_access")).status_code == 201
    assert await consulted(harm=True) == 201
    assert (await served.release(CONTE, "frg_knee", "family_access")).status_code == 404
    theirs = await served.ask(
        ADA, "POST", "/v1/fragments/frg_knee/consultations", json={"harm_expected": False}
    )
    assert theirs.status_code == 404


async def test_in_ontario_a_joint_guardian_reads_as_long_as_the_other_agrees(served: Served) -> None:
    async def reads() -> tuple[int, list[str]]:
        answer = await served.release(CONTE, "frg_visit", "family_access")
        return answer.status_code, list(codes(answer.json())) if answer.status_code == 403 else []

    assert await reads() == (403, ["JOINT_AUTHORITY_REQUIRED"])
    body = {"person": "p:youth", "guardian": "p:parent"}
    assert (await served.ask(CONTE, "POST", "/v1/agreements", json=body)).status_code == 422
    assert (await served.ask(SAGA, "POST", "/v1/agreements", json=body)).status_code == 403
    agreed = await served.ask(RECIT, "POST", "/v1/agreements", json=body)
    assert agreed.status_code == 201, agreed.text
    assert await reads() == (201, [])
    # It is the other's access that she agreed to, not everybody's.
    assert (await served.release(RECIT, "frg_visit", "family_access")).status_code == 403
    path = f"/v1/agreements/{agreed.json()['id']}/withdrawals"
    assert (await served.ask(CONTE, "POST", path)).status_code == 404
    assert (await served.ask(RECIT, "POST", path)).status_code == 201
    assert await reads() == (403, ["JOINT_AUTHORITY_REQUIRED"])
    for viewer, sees in ((RECIT, True), (CONTE, False), (SAGA, False)):
        rows = (await served.ask(viewer, "GET", "/v1/ledger/entries?person=p:youth")).json()["items"]
        assert ("agreement_given" in {row["kind"] for row in rows}) is sees, viewer


async def test_who_has_no_authority_agrees_to_nothing(served: Served) -> None:
    for person in ("p:child", "p:nobody"):
        body = {"person": person, "guardian": "p:parent"}
        assert (await served.ask(RECIT, "POST", "/v1/agreements", json=body)).status_code == 404
