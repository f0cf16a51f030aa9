"""An agency leaves the network with its data: asked, approved by another person, taken along, left."""

import base64
import json
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey

from gateway.adapters.crypto.envelopes import open_envelope
from gateway.domain.errors import MalformedError
from tests.http.rungs import LEAVING, LEAVING_KEY
from tests.http.served import ADA, BOB, CONTE, EVA, FIL, Served, codes

KEY = {name: LEAVING_KEY.as_dict(private=False)[name] for name in ("kty", "crv", "x", "y")}
NOTE = b"An invented note of the clinic."


@pytest.fixture
async def note(served: Served) -> str:
    """A document that the clinic holds of the child."""
    await served.handle(BOB)
    meta = json.dumps({"category": "education", "sensitivity": "N"})
    body = [("meta", (None, meta, "application/json")), ("content", ("note.txt", NOTE, "text/plain"))]
    answer = await served.ask(BOB, "POST", "/v1/dossiers/dos_child/fragments", files=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ask(served: Served, caller: str = FIL) -> httpx2.Response:
    return await served.ask(caller, "POST", "/v1/leavings", json=LEAVING)


async def approve(served: Served, caller: str = EVA) -> httpx2.Response:
    approval = (await ask(served)).json()["approval"]
    said = {"answer": "approved"}
    return await served.ask(caller, "POST", f"/v1/approvals/{approval}/answers", json=said)


async def export(served: Served, fragment: str, caller: str = FIL) -> httpx2.Response:
    return await served.ask(caller, "POST", f"/v1/fragments/{fragment}/exports")


async def leave(served: Served) -> httpx2.Response:
    return await served.ask(FIL, "DELETE", "/v1/leavings/qc:clinic")


def opened(answer: httpx2.Response, key: ECKey = LEAVING_KEY) -> dict[str, Any]:
    plain = open_envelope(answer.json()["envelope"], key.as_dict(private=True))
    document: dict[str, Any] = json.loads(plain)
    return document


async def test_nothing_leaves_and_nobody_leaves_before_a_second_person_has_approved(
    served: Served, note: str
) -> None:
    await ask(served)
    assert (await export(served, note)).status_code == 404
    assert (await leave(served)).status_code == 404
    assert (await served.ask(FIL, "GET", "/v1/own-fragments")).status_code == 404


async def test_who_approves_sees_whose_key_it_is(served: Served) -> None:
    await ask(served)
    (row,) = (await served.ask(EVA, "GET", "/v1/approvals")).json()["items"]
    assert (row["kind"], row["leaving"]["agency"]) == ("leaving", "qc:clinic")
    assert row["leaving"]["thumbprint"] == LEAVING_KEY.thumbprint()


async def test_what_is_taken_along_opens_for_the_agencys_key_alone(served: Served, note: str) -> None:
    assert (await approve(served)).status_code == 201
    (row,) = (await served.ask(FIL, "GET", "/v1/own-fragments")).json()["items"]
    assert row["id"] == note
    answer = await export(served, note)
    assert answer.status_code == 201
    assert NOTE not in answer.content
    assert base64.b64encode(NOTE) not in answer.content
    document = opened(answer)
    assert base64.b64decode(document["sections"][0]["content_base64"]) == NOTE
    assert (document["person"], document["owner"]) == ("Fable Inventé", "qc:clinic")
    with pytest.raises(MalformedError):
        opened(answer, ECKey.generate_key("P-256"))


async def test_each_document_taken_along_is_an_entry_that_the_family_sees(served: Served, note: str) -> None:
    await approve(served)
    entry = (await export(served, note)).json()["ledger_entry"]
    newest = await served.newest()
    assert (newest["kind"], newest["decision_id"]) == ("exported", entry)
    rows = (await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert [row["agency"] for row in rows if row.get("kind") == "exported"] == ["qc:clinic"]


async def test_nobody_takes_along_what_another_agency_holds(served: Served, note: str) -> None:
    del note
    await approve(served)
    assert (await export(served, "frg_letter")).status_code == 404
    assert (await export(served, "frg_nothing")).status_code == 404


async def test_after_it_has_left_nothing_of_it_is_released_and_nobody_acts_for_it(
    served: Served, note: str
) -> None:
    before = await served.release(CONTE, note, "family_access")
    assert before.status_code == 201
    await approve(served)
    done = await leave(served)
    assert (done.status_code, done.json()["in_force"]) in {(200, True), (202, True)}
    after = await served.release(CONTE, note, "family_access")
    assert after.status_code in {403, 404}
    assert (await served.release(BOB, "frg_letter")).status_code == 404
    assert (await export(served, note)).status_code == 404
    assert (await ask(served)).status_code == 404
    rows = (await served.ask(None, "GET", "/v1/agencies")).json()["items"]
    assert {row["id"]: row["status"] for row in rows}["qc:clinic"] == "left"


async def test_what_another_agency_holds_goes_on(served: Served, note: str) -> None:
    del note
    await approve(served)
    await leave(served)
    assert (await served.release(ADA, "frg_letter", "service_delivery")).status_code == 201


async def test_the_owner_that_left_is_the_reason_that_is_told(served: Served, note: str) -> None:
    await approve(served)
    await leave(served)
    refused = await served.release(CONTE, note, "family_access")
    assert refused.status_code == 403
    assert codes(refused.json())[0] == "OWNER_HOLD"


@pytest.mark.parametrize(
    "changed",
    [
        {"key": {**KEY, "d": "A" * 43}},
        {"key": {**KEY, "x": "A" * 43}},
        {"key": {"kty": "oct", "k": "A"}},
        {"keep_keys_until": "2020-01-01T00:00:00Z"},
    ],
    ids=["a private key", "a point off the curve", "another kind of key", "an instant that is over"],
)
async def test_a_leaving_that_cannot_be_is_refused(served: Served, changed: dict[str, Any]) -> None:
    answer = await served.ask(FIL, "POST", "/v1/leavings", json={**LEAVING, **changed})
    assert answer.status_code == 422
