"""The other resources: versions, cursors, keys of idempotency, what each says."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.domain.registry import Page
from tests.http.served import ADA, BOB, CAM, CONTE, DIA, EVA, FIL, Served, codes, serve_stack

CONSENT: dict[str, Any] = {
    "person": "p:child",
    "decision": "permit",
    "recipients": [{"agency": "qc:house"}],
    "purposes": ["coordination"],
    "categories": ["education"],
    "until": f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}",
}


async def test_a_caller_is_told_who_she_is(served: Served) -> None:
    me = (await served.ask(BOB, "GET", "/v1/me")).json()
    assert (me["account"], me["agency"]["id"], me["role"]["code"]) == ("w:bob", "qc:clinic", "caseworker")
    family = (await served.ask(CONTE, "GET", "/v1/me")).json()
    assert (family["account"], family["agency"]) == ("p:parent", None)
    assert [one["code"] for one in family["roles"]] == ["guardian", "youth"]
    choose = await served.ask("conte@client:family", "GET", "/v1/me")
    assert choose.status_code == 400
    assert choose.json()["fields"] == [{"name": "Gateway-Role", "code": "malformed"}]


async def test_labels_change_only_on_the_version_that_was_seen(served: Served) -> None:
    path = "/v1/fragments/frg_letter"
    shown = await served.ask(ADA, "GET", path)
    assert (await served.ask(ADA, "GET", path, headers={"If-None-Match": "*"})).status_code == 304
    change = {"json": {"category": "education"}}
    for header, status in ((None, 428), ("*", 428), ('"9"', 412), ('W/"1"', 412), ("1", 422)):
        headers = {} if header is None else {"If-Match": header}
        assert (await served.ask(ADA, "PATCH", path, headers=headers, **change)).status_code == status
    done = await served.ask(ADA, "PATCH", path, headers={"If-Match": shown.headers["etag"]}, **change)
    assert (done.status_code, done.headers["etag"]) == (200, '"2"')
    gone = await served.ask(ADA, "DELETE", path, headers={"If-Match": '"2"'})
    assert (gone.status_code, gone.json()["in_force"]) == (200, True)
    assert (await served.release(DIA, "frg_letter")).status_code == 404


async def test_a_dry_run_tells_the_answer_and_never_the_content(served: Served) -> None:
    asked = {"fragment": "frg_report", "purpose": "coordination"}
    told = await served.ask(BOB, "POST", "/v1/decisions", json=asked)
    assert (told.json()["decision"], told.json()["incomplete"]) == ("permit", True)
    assert "Calm" not in told.text
    assert "sleep" not in told.text
    assert (await served.newest())["kind"] == "inquired"
    for fragment in ("frg_report", "frg_unknown"):
        hidden = await served.ask(DIA, "POST", "/v1/decisions", json={**asked, "fragment": fragment})
        assert hidden.status_code == 404


async def test_a_consent_is_given_once_and_ended_for_good(served: Served) -> None:
    key = {"Idempotency-Key": "give"}
    first = await served.ask(CONTE, "POST", "/v1/consents", json=CONSENT, headers=key)
    again = await served.ask(CONTE, "POST", "/v1/consents", json=CONSENT, headers=key)
    assert (first.status_code, again.json()["id"]) == (201, first.json()["id"])
    path = f"/v1/consents/{first.json()['id']}"
    (version,) = (await served.ask(CONTE, "GET", path)).json()["versions"]
    assert (version["own"], version["recipients"]) == (True, [{"agency": "qc:house"}])
    assert (await served.ask(CONTE, "POST", f"{path}/withdrawals")).status_code == 201
    (version,) = (await served.ask(CONTE, "GET", path)).json()["versions"]
    assert version["status"] == "withdrawn"


@pytest.mark.parametrize(
    "changed",
    [
        {"until": None},
        {"until": "2199-01-01T00:00:00Z"},
        {"recipients": []},
        {"recipients": [{"agency": "a", "committee": "c"}]},
        {"categories": ["unheard_of"]},
        {"decision": "deny", "max_sensitivity": "R"},
        {"giver": "hnd_1"},
        {"one_time": 1},
        {"unheard_of": 1},
        {"owners": [f"qc:a{n}" for n in range(100)], "categories": "any"},
    ],
)
async def test_a_consent_that_nobody_may_sign_is_malformed(changed: dict[str, Any], served: Served) -> None:
    answer = await served.ask(CONTE, "POST", "/v1/consents", json={**CONSENT, **changed})
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


async def test_the_profession_is_not_told_a_persons_own_id(served: Served) -> None:
    handle = await served.handle(BOB)
    shown = await served.ask(BOB, "GET", "/v1/consents", params={"person": handle})
    assert [one["id"] for one in shown.json()["items"]] == ["cns_1", "cns_once"]
    assert "p:parent" not in shown.text
    assert "p:child" not in shown.text


async def test_a_stop_says_what_ends_and_what_goes_on(served: Served) -> None:
    stop = {"person": "p:child", "reach": {"kind": "agency", "agency": "qc:clinic"}}
    stopped = await served.ask(CONTE, "POST", "/v1/stops", json=stop)
    said = stopped.json()
    assert (stopped.status_code, said["in_force"], said["proven"]) == (201, True, True)
    assert [one["id"] for one in said["withdrawn"]] == ["cns_1", "cns_once"]
    assert {one["owner_agency"] for one in said["continues"]} == {"qc:school"}
    assert codes((await served.release(BOB, "frg_letter")).json()) == ["CONSENT_REFUSED"]
    undone = await served.ask(CONTE, "POST", f"/v1/stops/{said['id']}/undo", json={})
    assert [one["id"] for one in undone.json()["offers"]] == ["cns_1", "cns_once"]
    assert (await served.release(BOB, "frg_letter")).status_code == 403
    assert (await served.ask(DIA, "POST", "/v1/stops", json=stop)).status_code in {403, 404}


async def test_the_family_reads_its_own_chain_and_no_index(served: Served) -> None:
    await served.release(BOB, "frg_letter")
    await served.release(DIA, "frg_letter")
    path = "/v1/ledger/entries"
    page = await served.ask(CONTE, "GET", path, params={"person": "p:child"})
    rows = page.json()["items"]
    assert [row["outcome"] for row in rows] == ["deny", "permit"]
    assert all(row.keys().isdisjoint({"index", "ledger"}) for row in rows)
    one = await served.ask(CONTE, "GET", f"{path}/{rows[1]['id']}", params={"person": "p:child"})
    assert one.json()["owner_agency"] == "qc:school"
    for number in ("0", "999", "dec_1"):
        answer = await served.ask(CONTE, "GET", f"{path}/{number}", params={"person": "p:child"})
        assert answer.status_code == 404


async def test_an_officer_sees_the_detail_of_one_entry_and_its_proof(served: Served) -> None:
    entry = (await served.release(BOB, "frg_letter")).headers["gateway-ledger-entry"]
    shown = (await served.ask(EVA, "GET", f"/v1/ledger/entries/{entry}")).json()
    assert (shown["kind"], shown["detail"]["account"]) == ("released", "w:bob")
    proof = await served.ask(EVA, "GET", f"/v1/ledger/entries/{entry}/proof")
    assert proof.json().keys() == {"id", "proof", "ledger_entry", "recorded_at"}
    assert (await served.ask(DIA, "GET", f"/v1/ledger/entries/{entry}")).status_code == 404
    for path in ("/v1/ledger/checkpoint", "/v1/ledger/checkpoints"):
        note = await served.ask(BOB, "GET", path)
        assert note.headers["content-type"].startswith("text/plain")
        assert note.text.startswith("gateway/")


async def test_a_search_filters_and_refuses_what_it_does_not_know(served: Served) -> None:
    await served.release(BOB, "frg_letter", "assessment")
    await served.release(BOB, "frg_letter")
    path = "/v1/ledger/entries"
    rows = (await served.ask(EVA, "GET", path, params={"outcome": "deny"})).json()["items"]
    assert {row["outcome"] for row in rows} == {"deny"}
    for wrong in ({"outcome": "maybe"}, {"unheard_of": "1"}, {"since": "yesterday"}, {"agency": "é"}):
        assert (await served.ask(EVA, "GET", path, params=wrong)).status_code == 422


async def test_a_cursor_is_of_one_list_one_caller_and_one_question(served: Served) -> None:
    row: dict[str, Any] = {"id": "w:bob", "agency": "a", "name": None, "roles": [], "active": True}

    async def two_pages(*_: object, after: str = "", **__: object) -> Page:
        return Page(({**row, "network_wide": False, "etag": after or "1"},), None if after else "w:bob")

    both = serve_stack(served.stack, list_workers=two_pages, list_assignments=two_pages)
    first = await both.ask(FIL, "GET", "/v1/workers")
    link = first.links["next"]["url"]
    second = await both.ask(FIL, "GET", link)
    assert second.json()["items"][0]["etag"] == "w:bob"
    assert "next" not in second.links
    cursor = link.partition("cursor=")[2]
    for caller, path in (
        (EVA, f"/v1/workers?cursor={cursor}"),
        (FIL, f"/v1/assignments?cursor={cursor}"),
        (FIL, f"/v1/workers?agency=qc:clinic&cursor={cursor}"),
        (FIL, f"/v1/workers?cursor={cursor}A"),
    ):
        answer = await both.ask(caller, "GET", path)
        assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert "w:bob" not in link


async def test_the_registry_is_kept_by_its_administrators(served: Served) -> None:
    worker = {"id": "w:gil", "agency": "qc:clinic", "name": "Inventé gil", "roles": ["caseworker"]}
    assert (await served.ask(BOB, "POST", "/v1/workers", json=worker)).status_code == 403
    made = await served.ask(FIL, "POST", "/v1/workers", json=worker)
    assert (made.status_code, made.json()["id"]) == (201, "w:gil")
    path = "/v1/workers/w:gil"
    assert (await served.ask(FIL, "PATCH", path, json={"active": False})).status_code == 428
    seen = {"If-Match": made.headers["etag"]}
    changed = await served.ask(FIL, "PATCH", path, json={"active": False}, headers=seen)
    assert changed.status_code == 200
    handle = await served.handle(BOB)
    given = await served.ask(FIL, "POST", "/v1/assignments", json={"worker": "w:cam", "person": handle})
    assert given.status_code == 201
    assert (await served.release(CAM, "frg_letter")).status_code == 201
    ended = await served.ask(FIL, "DELETE", f"/v1/assignments/{given.json()['id']}")
    assert (ended.status_code, ended.json()["id"]) == (200, given.json()["id"])
    assert (await served.release(CAM, "frg_letter")).status_code == 404


async def test_a_unit_is_addressed_with_its_slash(served: Served) -> None:
    answer = await served.ask(
        FIL, "PATCH", "/v1/agencies/qc:clinic/unit", json={"status": "suspended"}, headers={"If-Match": '"1"'}
    )
    assert (answer.status_code, codes(answer.json())) == (403, ["ROLE_NOT_ALLOWED"])


@pytest.mark.parametrize("path", ["/v1/dossiers/%20", "/v1/consents/é", "/v1/persons/a b/authorities"])
async def test_a_wrong_shape_in_a_path_is_not_found(path: str, served: Served) -> None:
    answer = await served.ask(BOB, "GET", path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_visible")
