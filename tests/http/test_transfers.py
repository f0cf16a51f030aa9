"""A transfer: the receiver reads from accepted on, the sender leaves at the end; on both stores."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest_asyncio

from tests.http.served import ADA, CONTE, DIA, RECIT, Served, codes, serve_stack
from tests.support.bundles import copy_changed
from tests.support.stack import ISSUER, network, open_stack

JOY, JON = "joy@client:house", "jon@client:house"
_UNTIL = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}"


def with_a_lead() -> dict[str, Any]:
    """The small network, with more of the house, and what the child consented to alone in Ontario."""
    seed = network()
    hospital = {"fr": "Hôpital inventé", "en": "Invented hospital"}
    seed["agencies"].append({"id": "on:hospital", "name": hospital, "profile": "ON-CYFSA"})
    labels = {"owner_agency": "on:hospital", "category": "health_general", "youth_alone": True}
    seed["fragments"].append({**seed["fragments"][0], "id": "frg_own", **labels})
    for name, role in (("joy", "agency_admin"), ("jon", "caseworker")):
        identity = {"iss": ISSUER, "sub": name}
        worker = {"id": f"w:{name}", "agency": "qc:house", "name": f"Inventé {name}", "roles": [role]}
        seed["workers"].append({**worker, "identity": identity})
    seed["assignments"].append({"id": "asg_jon", "worker": "w:jon", "person": "p:child", "from": "now-1d"})
    return seed


async def consent_to_transfer(served: Served, purpose: str = "transfer") -> None:
    permit = {
        "person": "p:child",
        "decision": "permit",
        "recipients": [{"agency": "qc:house", "role": "caseworker"}],
        "owners": ["qc:school"],
        "purposes": [purpose],
        "categories": ["family_situation", "education"],
        "until": _UNTIL,
    }
    assert (await served.ask(CONTE, "POST", "/v1/consents", json=permit)).status_code == 201


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """The small network; the parent lets the house read one kind of the school's, for a transfer."""
    async with open_stack(store_url, tmp_path / "state", seed=with_a_lead()) as stack:
        served = serve_stack(stack)
        await consent_to_transfer(served)
        yield served


async def offered(served: Served, *package: str, purpose: str = "transfer") -> str:
    asked = {"person": await served.handle(ADA), "to_person": "w:dia", "package": package or ["frg_letter"]}
    asked["purpose"] = purpose
    answer = await served.ask(ADA, "POST", "/v1/transfers", json=asked)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def says(served: Served, caller: str, transfer: str, answer: str, **headers: str) -> httpx2.Response:
    side = "family" if "family" in caller else "receiver"
    path = f"/v1/transfers/{transfer}/{side}-answers"
    return await served.ask(caller, "POST", path, json={"answer": answer}, headers=headers)


async def signs(served: Served, caller: str, transfer: str, **headers: str) -> httpx2.Response:
    return await served.ask(caller, "POST", f"/v1/transfers/{transfer}/completions", headers=headers)


async def told_to_the_family(served: Served) -> list[str]:
    rows = (await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    return [row.get("kind") for row in rows]


async def accepted(served: Served, purpose: str = "transfer") -> str:
    transfer = await offered(served, purpose=purpose)
    assert (await says(served, CONTE, transfer, "agreed")).status_code == 201
    assert (await says(served, DIA, transfer, "accepted")).status_code == 201
    return transfer


async def test_the_receiver_reads_the_package_from_accepted_on(served: Served) -> None:
    assert (await served.release(DIA, "frg_letter", "transfer")).status_code == 404
    transfer = await offered(served)
    for answer, caller in (("agreed", CONTE), ("accepted", DIA)):
        refused = await served.release(DIA, "frg_letter", "transfer")
        assert (refused.status_code, codes(refused.json())) == (403, ["TRANSFER_NOT_ACCEPTED"])
        assert (await says(served, caller, transfer, answer)).status_code == 201
    assert (await served.release(DIA, "frg_letter", "transfer")).status_code == 201
    assert (await served.release(DIA, "frg_marks", "transfer")).status_code == 404


async def test_for_which_purposes_people_are_handed_over_is_a_table_of_the_bundle(
    served: Served, sqlite_url: str, tmp_path: Path
) -> None:
    asked = {"person": await served.handle(ADA), "to_person": "w:dia", "package": ["frg_letter"]}
    unheard = await served.ask(ADA, "POST", "/v1/transfers", json={**asked, "purpose": "coordination"})
    assert (unheard.status_code, unheard.json()["fields"][0]["name"]) == (422, "purpose")
    purposes = ("gateway/purposes/data.yaml", "transfer: [transfer,", "transfer: [coordination, transfer,")
    bundle = copy_changed(tmp_path / "policies", *purposes)
    url, state = f"{sqlite_url}.other", tmp_path / "other"
    async with open_stack(url, state, seed=with_a_lead(), policies=bundle) as stack:
        other = serve_stack(stack)
        await consent_to_transfer(other, "coordination")
        assert (await other.release(DIA, "frg_letter", "coordination")).status_code == 404
        await accepted(other, "coordination")
        assert (await other.release(DIA, "frg_letter", "coordination")).status_code == 201


async def test_nobody_accepts_before_the_family_agrees(served: Served) -> None:
    transfer = await offered(served)
    assert (await says(served, DIA, transfer, "accepted")).status_code == 409
    assert (await says(served, JOY, transfer, "accepted")).status_code == 403
    assert (await says(served, ADA, transfer, "accepted")).status_code == 404
    assert (await says(served, RECIT, transfer, "agreed")).status_code == 404


async def test_a_refusal_of_the_family_closes_the_receiving_side_for_good(served: Served) -> None:
    transfer = await accepted(served)
    refusal = await says(served, CONTE, transfer, "refused")
    assert refusal.status_code == 201
    (told,) = (await served.ask(ADA, "GET", "/v1/notices")).json()["items"]
    assert (told["kind"], told["says"]["kind"]) == ("notify_referrer", "transfer_answered")
    assert told["text"] == "La famille a refusé le transfert que vous avez proposé."
    refused = await served.release(DIA, "frg_letter", "transfer")
    assert (refused.status_code, codes(refused.json())) == (403, ["REFERRAL_REFUSED"])
    assert (await says(served, CONTE, transfer, "agreed")).status_code == 409


async def test_once_both_have_signed_off_the_sender_works_there_no_more(served: Served) -> None:
    transfer = await accepted(served)
    assert (await signs(served, ADA, transfer)).status_code == 201
    assert (await served.release(ADA, "frg_letter", "service_delivery")).status_code == 201
    assert (await signs(served, DIA, transfer)).status_code == 201
    assert (await served.ask(DIA, "GET", f"/v1/transfers/{transfer}")).json()["state"] == "completed"
    assert (await served.release(ADA, "frg_letter", "service_delivery")).status_code == 404
    assert (await served.release(DIA, "frg_letter", "transfer")).status_code == 201


async def test_an_accepted_transfer_lets_the_receiving_agency_assign(served: Served) -> None:
    for consent in (await served.ask(CONTE, "GET", "/v1/consents?person=p:child")).json()["items"]:
        if consent["recipients"] != [{"agency": "qc:clinic"}]:
            await served.ask(CONTE, "POST", f"/v1/consents/{consent['id']}/withdrawals")
    asked = {"worker": "w:dia", "person": await served.handle(DIA)}
    assert (await served.ask(JOY, "POST", "/v1/assignments", json=asked)).status_code == 404
    await accepted(served)
    assert (await served.ask(JOY, "POST", "/v1/assignments", json=asked)).status_code == 201


async def test_what_the_receiver_declined_is_kept_from_nobody_else(served: Served) -> None:
    assert (await served.release(JON, "frg_letter", "transfer")).status_code == 201
    transfer = await offered(served)
    assert (await served.release(JON, "frg_letter", "transfer")).status_code == 404
    assert (await says(served, DIA, transfer, "declined")).status_code == 201
    assert (await served.release(JON, "frg_letter", "transfer")).status_code == 201


async def test_the_family_sees_how_it_stands_and_who_answered_only_her_own(served: Served) -> None:
    transfer = await accepted(served)
    told = (await served.ask(CONTE, "GET", f"/v1/transfers/{transfer}")).json()
    assert (told["state"], told["to_agency"], told["to_person"]) == ("accepted", "qc:house", None)
    assert (await served.ask(RECIT, "GET", f"/v1/transfers/{transfer}")).status_code == 404
    kinds = await told_to_the_family(served)
    assert kinds.count("transfer_answered") == 2
    assert "transfer_offered" in kinds


async def test_a_second_offer_shuts_nothing_and_a_second_refusal_does(served: Served) -> None:
    await accepted(served)
    await offered(served, "frg_marks")
    assert (await served.release(DIA, "frg_letter", "transfer")).status_code == 201
    refused = await served.release(DIA, "frg_marks", "transfer")
    assert (refused.status_code, codes(refused.json())) == (403, ["TRANSFER_NOT_ACCEPTED"])
    again = await offered(served)
    assert (await served.release(DIA, "frg_letter", "transfer")).status_code == 201
    assert (await says(served, CONTE, again, "refused")).status_code == 201
    refused = await served.release(DIA, "frg_letter", "transfer")
    assert (refused.status_code, codes(refused.json())) == (403, ["REFERRAL_REFUSED"])


async def test_a_guardian_does_not_answer_for_what_the_youth_alone_decides(served: Served) -> None:
    transfer = await offered(served, "frg_own")
    asked = {"fragment": "frg_own", "action": "give_consent", "purpose": "family_access"}
    foretold = await served.ask(CONTE, "POST", "/v1/decisions", json=asked)
    for answer in ("agreed", "refused"):
        refused = await says(served, CONTE, transfer, answer)
        assert (refused.status_code, codes(refused.json())) == (403, ["YOUTH_DECIDES_ALONE"])
    assert codes(foretold.json()) == ["YOUTH_DECIDES_ALONE"]
    assert (await served.ask(ADA, "GET", f"/v1/transfers/{transfer}")).json()["state"] == "proposed"


async def test_who_decides_about_one_document_of_a_package_answers_for_it(served: Served) -> None:
    transfer = await offered(served, "frg_letter", "frg_own")
    assert (await says(served, CONTE, transfer, "agreed")).status_code == 201
    entry = (await served.newest())["index"]
    detail = await served.stack.parts.ledger.detail(1, entry)
    assert detail is not None
    asked = {one["fragment"]: (one["permitted"], one["reason"]) for one in detail["pairs"]}
    assert asked == {
        "frg_letter": (True, "DECIDER_MAY_CONSENT"),
        "frg_own": (False, "YOUTH_DECIDES_ALONE"),
    }


async def test_nobody_answers_for_a_package_that_holds_nothing_of_the_persons(served: Served) -> None:
    transfer = await offered(served, "frg_nothing")
    assert (await says(served, CONTE, transfer, "agreed")).status_code == 404


async def test_one_signature_is_told_as_one_and_the_second_as_the_end(served: Served) -> None:
    transfer = await accepted(served)
    assert (await signs(served, ADA, transfer)).status_code == 201
    kinds = await told_to_the_family(served)
    assert ("transfer_signed" in kinds, "transfer_completed" in kinds) == (True, False)
    assert (await signs(served, DIA, transfer)).status_code == 201
    assert (await told_to_the_family(served)).count("transfer_completed") == 1


async def test_a_repeated_answer_brings_the_first_one_back(served: Served) -> None:
    transfer = await offered(served)
    agreed = await says(served, CONTE, transfer, "agreed", **{"Idempotency-Key": "k-1"})
    taken = await says(served, DIA, transfer, "accepted", **{"Idempotency-Key": "k-2"})
    signed = await signs(served, ADA, transfer, **{"Idempotency-Key": "k-3"})
    assert (await signs(served, DIA, transfer)).status_code == 201
    entries = (await served.newest())["index"]
    again = [
        await says(served, CONTE, transfer, "agreed", **{"Idempotency-Key": "k-1"}),
        await says(served, DIA, transfer, "accepted", **{"Idempotency-Key": "k-2"}),
        await signs(served, ADA, transfer, **{"Idempotency-Key": "k-3"}),
    ]
    assert [one.json() for one in again] == [agreed.json(), taken.json(), signed.json()]
    assert [one.status_code for one in again] == [201, 201, 201]
    assert (await served.newest())["index"] == entries
    assert (await says(served, CONTE, transfer, "agreed")).status_code == 409
    assert (await says(served, DIA, transfer, "accepted")).status_code == 409
