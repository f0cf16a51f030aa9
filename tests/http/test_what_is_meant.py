"""What somebody meant is what happens: a slip opens nothing, and nothing is said to be that is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.http.served import ADA, BOB, CAM, CONTE, DIA, EVA, RECIT, Served, codes

UNTIL = f"{datetime.now(UTC) + timedelta(days=90):%Y-%m-%dT%H:%M:%SZ}"
LINE: dict[str, Any] = {
    "person": "p:child",
    "decision": "permit",
    "recipients": [{"agency": "qc:clinic"}],
    "purposes": ["coordination"],
    "categories": ["family_situation"],
    "until": UNTIL,
}


async def give(served: Served, caller: str = CONTE, **changed: object) -> tuple[int, Any]:
    body = {**LINE, **changed}
    headers = {"Idempotency-Key": "give"}
    answer = await served.ask(caller, "POST", "/v1/consents", json=body, headers=headers)
    return answer.status_code, answer.json()


# ---- labels ---------------------------------------------------------------------------------------------


async def deposit(served: Served, **body: object) -> str:
    answer = await served.ask(ADA, "POST", "/v1/dossiers/dos_child/fragments", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_change_of_one_label_keeps_the_seals_of_the_section(served: Served) -> None:
    sections = [
        {"id": "what", "content": {"t": "Marks on the arm."}},
        {"id": "who", "content": {"t": "THE NEIGHBOUR CALLED"}, "tags": ["reporter_identity"]},
    ]
    fragment = await deposit(served, category="family_situation", sensitivity="N", sections=sections)
    change = {"sections": [{"id": "who", "category": "education"}]}
    path = f"/v1/fragments/{fragment}"
    done = await served.ask(ADA, "PATCH", path, json=change, headers={"If-Match": '"1"'})
    assert done.status_code == 200
    released = await served.release(ADA, fragment, "service_delivery")
    assert released.status_code == 201
    assert "NEIGHBOUR" not in released.text
    assert released.json()["incomplete"] is True


async def test_a_deposit_without_a_sensitivity_takes_that_of_its_kind(served: Served) -> None:
    fragment = await deposit(served, category="psychotherapy_notes", sections=[{"id": "a", "content": "x"}])
    assert (await give(served, categories="any"))[0] == 201
    assert (await served.release(BOB, fragment)).status_code == 403
    plain = await deposit(
        served,
        category="family_situation",
        sections=[{"id": "a", "content": "x", "category": "psychotherapy_notes"}],
    )
    assert (await served.release(BOB, plain)).status_code == 403


# ---- what a consent names -------------------------------------------------------------------------------

SLIPS: dict[str, dict[str, Any]] = {
    "a recipient of two kinds": {"recipients": [{"person": "w:bob", "committee": "c1"}]},
    "a role of no agency": {"recipients": [{"role": "caseworker"}]},
    "a recipient that is nobody": {"recipients": [{}]},
    "a category that is none": {"categories": ["family_situations"]},
    "a purpose that is none": {"purposes": ["coordinaton"]},
    "an agency that is none": {"recipients": [{"agency": "qc:clinik"}]},
    "a worker who is none": {"recipients": [{"person": "w:bobb"}]},
    "a role that is none": {"recipients": [{"agency": "qc:clinic", "role": "caseworkers"}]},
    "a document that is none": {"fragments": ["frg_lettre"]},
}


@pytest.mark.parametrize("slip", SLIPS)
async def test_a_carve_out_that_would_carve_nothing_is_not_signed(slip: str, served: Served) -> None:
    status, problem = await give(served, exceptions=[{"decision": "deny", **SLIPS[slip]}])
    assert status == 422
    assert problem["fields"][0]["code"] == "malformed"
    assert (await give(served, decision="deny", until=None, **SLIPS[slip]))[0] == 422


async def test_a_carve_out_that_names_somebody_keeps_her_out(served: Served) -> None:
    ended = await served.ask(
        CONTE, "POST", "/v1/consents/cns_1/withdrawals", headers={"Idempotency-Key": "end"}
    )
    assert ended.status_code == 201, ended.text
    exceptions = [{"decision": "deny", "recipients": [{"person": "w:bob"}]}]
    assert (await give(served, exceptions=exceptions))[0] == 201
    assert (await served.release(BOB, "frg_letter")).status_code == 403


async def test_a_refusal_may_name_somebody_of_the_family(served: Served) -> None:
    status, _ = await give(served, decision="deny", until=None, recipients=[{"person": "p:parent"}])
    assert status == 201


async def test_a_worker_is_named_at_the_agency_that_is_hers(served: Served) -> None:
    elsewhere = [{"agency": "qc:house", "person": "w:bob"}]
    assert (await give(served, decision="deny", until=None, recipients=elsewhere))[0] == 422
    hers = [{"agency": "qc:clinic", "person": "w:bob"}]
    assert (await give(served, decision="deny", until=None, recipients=hers))[0] == 201


async def test_whether_somebody_works_here_is_told_to_nobody_without_a_link(served: Served) -> None:
    for worker in ("w:bob", "w:nobody"):
        assert (await give(served, RECIT, recipients=[{"person": worker}]))[0] == 404


async def test_what_is_said_of_the_whole_is_not_lowered_by_a_part(served: Served) -> None:
    sections = [{"id": "a", "content": "x", "category": "education"}]
    fragment = await deposit(served, category="family_situation", sensitivity="V", sections=sections)
    assert (await give(served, categories="any"))[0] == 201
    assert (await served.release(BOB, fragment)).status_code == 403


async def test_an_owner_that_is_none_is_not_signed_beside_one_that_is(served: Served) -> None:
    assert (await give(served, owners=["qc:school", "qc:scool"]))[0] == 422


async def test_a_period_of_data_that_ends_before_it_starts_is_not_signed(served: Served) -> None:
    period = {"from": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}
    assert (await give(served, data_period=period))[0] == 422


async def test_what_is_wrong_with_a_line_is_said_alike_of_known_and_unknown_persons(served: Served) -> None:
    slips: tuple[dict[str, Any], ...] = ({"until": None}, {"purposes": ["nothing"]}, {"recipients": [{}]}, {})
    for wrong in slips:
        known = await give(served, RECIT, **wrong)
        unknown = await give(served, RECIT, **wrong, person="p:nobody")
        assert known[0] == unknown[0] == (422 if wrong else 404)


# ---- whose refusal it is --------------------------------------------------------------------------------


async def test_the_giver_reads_how_her_word_was_recorded_and_nobody_else_does(served: Served) -> None:
    parent = {"family_name": "Inventé", "given_name": "Conte", "birth_date": "1988-05-01"}
    matched = await served.ask(BOB, "POST", "/v1/person-matches", json=parent)
    evidence = {
        "method": "verbal",
        "grantor_name": "Conte Inventé",
        "information_described": "the letter",
        "purposes_explained_how": "on the telephone",
        "withdrawal_right_explained": True,
    }
    spoken = {"giver": matched.json()["handle"], "evidence": evidence}
    status, recorded = await give(served, BOB, person=await served.handle(BOB), **spoken)
    assert status == 201, recorded
    path = f"/v1/consents/{recorded['id']}"
    (own,) = (await served.ask(CONTE, "GET", path)).json()["versions"]
    assert own["recorded"] == {"method": "verbal", "agency": "qc:clinic", "role": "caseworker"}
    (shown,) = (await served.ask(BOB, "GET", path)).json()["versions"]
    assert "recorded" not in shown
    rows = (await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert "consent_recorded" in {row.get("kind") for row in rows}


async def test_a_worker_never_replaces_a_refusal_of_the_family(served: Served) -> None:
    status, refusal = await give(served, decision="deny", until=None)
    assert status == 201
    handle = await served.handle(BOB)
    spoken = {"giver": handle, "evidence": {"method": "written_signed"}}
    replaced = {"id": refusal["id"], "version": 1}
    status, problem = await give(served, BOB, person=handle, replaces=replaced, **spoken)
    assert (status, codes(problem)) == (403, ["GRANTOR_WITHOUT_AUTHORITY"])
    assert (await served.release(BOB, "frg_letter")).status_code == 403


async def test_the_one_who_refused_replaces_her_own_refusal(served: Served) -> None:
    _, refusal = await give(served, decision="deny", until=None)
    headers = {"Idempotency-Key": "again"}
    body = {**LINE, "replaces": {"id": refusal["id"], "version": 1}}
    assert (await served.ask(CONTE, "POST", "/v1/consents", json=body, headers=headers)).status_code == 201
    assert (await served.release(BOB, "frg_letter")).status_code == 201


async def test_a_stop_by_whoever_decides_is_in_force_everywhere(served: Served) -> None:
    body = {"person": "p:parent", "reach": {"kind": "all"}}
    told = await served.ask(
        CONTE, "POST", "/v1/stops", json={**body, "person": "p:child"}, headers={"Idempotency-Key": "a"}
    )
    assert told.json()["in_force"] is True


# ---- what the ledger tells whoever acted ----------------------------------------------------------------


async def test_her_own_rows_do_not_tell_a_worker_hidden_from_unknown(served: Served) -> None:
    shown = []
    for fragment in ("frg_letter", "frg_unknown"):
        assert (await served.release(DIA, fragment)).status_code == 404
        rows = (await served.ask(DIA, "GET", "/v1/ledger/entries?kind=refused")).json()["items"]
        shown.append({key: value for key, value in rows[0].items() if key not in _OF_ITS_OWN})
    assert shown[0] == shown[1]
    for term in ("owner=qc:school", "reason=NO_RELATIONSHIP", "fragment=frg_letter"):
        assert (await served.ask(DIA, "GET", f"/v1/ledger/entries?{term}")).json()["items"] == []


_OF_ITS_OWN = {"id", "index", "recorded_at", "leaf_hash"}


# ---- smaller slips --------------------------------------------------------------------------------------


async def test_an_authority_is_ended_over_the_person_who_is_named(served: Served) -> None:
    wrong = await served.ask(EVA, "DELETE", "/v1/persons/hnd_wrong/authorities/aut_1")
    assert wrong.status_code == 404
    assert (await give(served))[0] == 201


async def test_nobody_is_born_tomorrow(served: Served) -> None:
    who = {"family_name": "Inventé", "given_name": "Fable", "birth_date": "2199-12-31"}
    answer = await served.ask(CAM, "POST", "/v1/person-matches", json=who, headers={"Idempotency-Key": "a"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("content_type", "disposition"),
    [
        ("multipart/form-data; boundary*=a; boundary*0=b", "form-data; name=meta"),
        (f"multipart/form-data; boundary*{'1' * 5000}=x", "form-data; name=meta"),
        ("multipart/form-data; boundary=x", "form-data; name*=meta; name*0=x"),
        ("multipart/form-data; boundary=x", "form-data; name=meta; filename*=a\x00b''x"),
    ],
)
async def test_a_header_that_contradicts_itself_is_malformed(
    content_type: str, disposition: str, served: Served
) -> None:
    body = f'--x\r\nContent-Disposition: {disposition}\r\n\r\n{{"category": "education"}}\r\n--x--\r\n'
    answer = await served.ask(
        ADA,
        "POST",
        "/v1/dossiers/dos_child/fragments",
        content=body.encode(),
        headers={"Content-Type": content_type},
    )
    assert answer.status_code == 422
