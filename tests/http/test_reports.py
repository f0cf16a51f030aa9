"""Reports and questions reach the body that protects, and nobody else; a recommendation may be refused."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import pytest_asyncio

from gateway.domain.errors import PolicyUnavailableError
from tests.http.served import ADA, BOB, CAM, CONTE, DIA, EVA, FIL, RECIT, Served, codes, serve_stack
from tests.http.test_emergencies import CHILD, UNKNOWN
from tests.support.stack import ISSUER, network, open_stack

PRO = "pro@client:house"
SECTIONS = {"category": "education", "sensitivity": "N", "sections": [{"id": "a", "content": 1}]}
WORDS = "Un voisin inventé a entendu des cris, trois soirs de suite."


def reporting_network() -> dict[str, Any]:
    """The house protects children; the school recommends something."""
    seed = network()
    seed["agencies"][2]["protection_mission"] = True
    pro = {"iss": ISSUER, "sub": "pro"}
    role = ["child_protection_worker"]
    seed["workers"].append(
        {"id": "w:pro", "agency": "qc:house", "name": "Inventé pro", "roles": role, "identity": pro}
    )
    advice = {"id": "frg_advice", "category": "recommendation", "content": "An invented recommendation."}
    seed["fragments"].append({**seed["fragments"][0], **advice})
    return seed


@pytest_asyncio.fixture
async def served(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(sqlite_url, tmp_path / "state", seed=reporting_network()) as stack:
        yield serve_stack(stack)


@pytest_asyncio.fixture
async def either(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """The same, on each store."""
    async with open_stack(store_url, tmp_path / "state", seed=reporting_network()) as stack:
        yield serve_stack(stack)


async def report(served: Served, caller: str, **said: object) -> Any:  # noqa: ANN401
    body = {"agency": "qc:house", "words": WORDS, **said}
    return await served.ask(caller, "POST", "/v1/reports", json=body)


async def inbox(served: Served, caller: str) -> list[Mapping[str, Any]]:
    answer = await served.ask(caller, "GET", "/v1/notices")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


async def test_a_report_reaches_who_protects_and_tells_nothing_of_who_made_it(either: Served) -> None:
    answer = await report(either, BOB, fields=CHILD)
    assert answer.status_code == 201, answer.text
    (notice,) = await inbox(either, PRO)
    assert notice["says"]["says"] == {"words": WORDS, "about": CHILD}
    assert notice["person"] == await either.handle(PRO)
    assert not any(told in str(notice) for told in ("bob", "clinic", "caseworker"))
    for other in (DIA, ADA, EVA):
        assert await inbox(either, other) == []


async def test_the_family_is_not_told_of_a_report_before_an_officer_says_so(served: Served) -> None:
    assert (await report(served, BOB, fields=CHILD)).status_code == 201
    rows = (await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert "report_submitted" not in {one.get("kind") for one in rows}
    assert await inbox(served, CONTE) == []
    held = (await served.ask(EVA, "GET", "/v1/notices/held")).json()["items"]
    assert {one["says"]["kind"] for one in held} == {"report_submitted"}
    assert {one["says"]["agency"] for one in held} == {None}


async def test_a_reporter_who_agrees_is_named_to_that_body_alone(served: Served) -> None:
    assert (await report(served, BOB, named=True)).status_code == 201
    (notice,) = await inbox(served, PRO)
    reporter = {"agency": "qc:clinic", "role": "caseworker", "name": "Inventé bob"}
    assert (notice["says"]["says"]["reporter"], notice["person"]) == (reporter, None)


async def test_a_guardian_who_agrees_is_named_to_that_body_as_her_record_names_her(either: Served) -> None:
    assert (await report(either, CONTE, person="p:child", named=True)).status_code == 201
    (notice,) = await inbox(either, PRO)
    reporter = {"agency": None, "role": "guardian", "name": "Conte Inventé"}
    assert notice["says"]["says"]["reporter"] == reporter


async def test_a_guardian_who_did_not_agree_is_named_to_nobody(served: Served) -> None:
    assert (await report(served, CONTE, person="p:child")).status_code == 201
    (notice,) = await inbox(served, PRO)
    assert notice["says"]["says"].keys() == {"words"}


async def test_who_takes_a_report_reads_nothing_of_its_entry_in_the_notice(either: Served) -> None:
    assert (await report(either, BOB, fields=CHILD)).status_code == 201
    entry = str((await either.newest())["decision_id"])
    (notice,) = await inbox(either, PRO)
    assert notice["ledger_entry"] is None
    assert entry.removeprefix("dec_") not in json.dumps(notice)


async def test_a_guardian_reports_and_finds_it_in_her_own_log_alone(served: Served) -> None:
    assert (await report(served, CONTE, person="p:child")).status_code == 201
    rows = (await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert rows[0]["kind"] == "report_submitted"
    for stranger in ("p:child", "p:unknown"):
        assert (await report(served, RECIT, person=stranger)).status_code == 404


async def test_a_guardian_reports_another_child_by_her_names(served: Served) -> None:
    assert (await report(served, RECIT, fields=CHILD)).status_code == 201
    (notice,) = await inbox(served, PRO)
    assert (notice["says"]["says"]["about"], notice["person"]) == (CHILD, None)
    rows = await served.stack.parts.ledger.entries({}, None, 50)
    assert "looked_up" not in {one["kind"] for one in rows}


async def test_who_has_no_duty_is_refused_whatever_she_names(served: Served) -> None:
    for said in ({}, {"person": "hnd_unknown"}, {"fields": UNKNOWN}):
        answer = await report(served, EVA, **said)
        assert (answer.status_code, codes(answer.json())) == (403, ["ROLE_NOT_ALLOWED"])


class SilentPolicy:
    def __init__(self, digest: str) -> None:
        self.digest = digest

    async def decide(self, *_: object) -> None:
        raise PolicyUnavailableError("silent")

    views = decide


async def test_a_report_is_taken_while_the_policy_is_silent_and_its_entry_says_so(either: Served) -> None:
    use = either.stack.uses.submit_report
    silent = cast("Any", SilentPolicy(either.stack.parts.policy.digest))
    deaf = replace(use, nobody=replace(use.nobody, policy=silent), show=replace(use.show, policy=silent))
    served = serve_stack(either.stack, submit_report=deaf)
    assert (await report(served, BOB, fields=CHILD)).status_code == 201
    row = await served.newest()
    detail = await served.stack.parts.ledger.detail(row["ledger"], row["index"])
    assert detail is not None
    assert (detail["check"], detail["reasons"], detail["words"]) == (
        "duty_to_report",
        ["DUTY_TO_REPORT"],
        WORDS,
    )
    assert (await report(served, FIL)).status_code == 403
    assert len(await inbox(either, PRO)) == 1
    rows = (await either.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert "report_submitted" not in {one.get("kind") for one in rows}


@pytest.mark.parametrize("path", ["/v1/reports", "/v1/consultations"])
@pytest.mark.parametrize(
    "changed", [{"agency": "qc:school"}, {"agency": "qc:nowhere"}, {"words": "  "}, {"patient": "Fable"}]
)
async def test_what_reaches_no_protection_body_is_malformed(
    path: str, changed: dict[str, str], served: Served
) -> None:
    before = await served.newest()
    body = {"agency": "qc:house", "words": WORDS, **changed}
    assert (await served.ask(BOB, "POST", path, json=body)).status_code == 422
    assert await served.newest() == before


async def test_a_question_is_about_nobody_and_has_no_place_for_a_person(either: Served) -> None:
    body = {"agency": "qc:house", "words": "Que faire quand un enfant a peur de rentrer ?"}
    named = await either.ask(BOB, "POST", "/v1/consultations", json={**body, "person": "hnd_1"})
    assert named.status_code == 422
    assert (await either.ask(BOB, "POST", "/v1/consultations", json=body)).status_code == 201
    (notice,) = await inbox(either, PRO)
    assert notice["says"]["says"] == {"words": body["words"]}
    assert (notice["person"], notice["says"]["agency"]) == (None, "qc:clinic")
    row = await either.newest()
    assert row["person"] is None
    refused = await either.ask(CONTE, "POST", "/v1/consultations", json=body)
    assert (refused.status_code, codes(refused.json())) == (403, ["ROLE_NOT_ALLOWED"])


NAMING = {
    "a handle": "Que faire pour hnd_0123456789abcdefghjkmnpqrs ?",
    "a handle in capitals": "Que faire pour HND_0123456789ABCDEFGHJKMNPQRS ?",
    "a document": "Voir frg_letter au dossier.",
    "her given name": "Que faire quand fable a peur ?",
    "her mother's": "Sa mère, CONTÉ, ne répond pas.",
    "her family name, without accents": "Un enfant INVENTE a peur.",
    "the identifier that she has in the seed": "Voir P:CHILD au registre.",
    "a telephone": "Rappeler au 418 555-0199.",
    "an address": "Écrire à quelquun@exemple.invalid.",
    "a day of birth": "Un enfant né le 9 mars, que faire ?",
}


@pytest.mark.parametrize("words", NAMING.values(), ids=NAMING)
async def test_a_question_that_names_somebody_is_refused_and_kept_nowhere(words: str, either: Served) -> None:
    body = {"agency": "qc:house", "words": words}
    refused = await either.ask(BOB, "POST", "/v1/consultations", json=body)
    problem = refused.json()
    assert (refused.status_code, problem["code"], codes(problem)) == (
        422,
        "names_somebody",
        ["NAMES_SOMEBODY"],
    )
    assert words not in refused.text
    row = await either.newest()
    assert (row["kind"], row["reason"], row["person"]) == ("refused", "NAMES_SOMEBODY", None)
    detail = await either.stack.parts.ledger.detail(row["ledger"], row["index"])
    assert detail is not None
    assert words not in str(detail)
    assert await inbox(either, PRO) == []
    rows = (await either.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert rows == []


async def test_a_name_that_she_does_not_know_by_her_work_is_not_looked_for(either: Served) -> None:
    body = {"agency": "qc:house", "words": "Que faire quand Fable a peur ?"}
    assert (await either.ask(CAM, "POST", "/v1/consultations", json=body)).status_code == 201
    assert (await either.ask(BOB, "POST", "/v1/consultations", json=body)).status_code == 422
    assert (await either.ask(EVA, "POST", "/v1/consultations", json=body)).status_code == 403


async def test_the_agencies_say_which_of_them_protect(served: Served) -> None:
    items = (await served.ask(None, "GET", "/v1/agencies")).json()["items"]
    assert {one["id"] for one in items if one["protection_mission"]} == {"qc:house"}


async def answer(served: Served, caller: str, fragment: str = "frg_advice", said: str = "refused") -> Any:  # noqa: ANN401
    return await served.ask(caller, "POST", f"/v1/fragments/{fragment}/answers", json={"answer": said})


async def test_a_guardian_refuses_a_recommendation_and_who_made_it_is_told(either: Served) -> None:
    await either.handle(ADA)
    advice = {**SECTIONS, "category": "recommendation"}
    deposited = await either.ask(ADA, "POST", "/v1/dossiers/dos_child/fragments", json=advice)
    refused = await answer(either, CONTE, deposited.json()["id"])
    assert refused.status_code == 201, refused.text
    rows = (await either.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert rows[0]["kind"] == "recommendation_refused"
    assert codes(rows[0]) == ["DECIDER_MAY_REFUSE"]
    (notice,) = await inbox(either, ADA)
    assert (notice["kind"], notice["says"]["fragment"]) == ("notify_referrer", deposited.json()["id"])


async def test_only_a_recommendation_is_refused_and_only_by_who_decides(served: Served) -> None:
    assert (await answer(served, CONTE, "frg_letter")).status_code == 409
    assert (await answer(served, CONTE, said="accepted")).status_code == 422
    for fragment in ("frg_advice", "frg_unknown"):
        assert (await answer(served, RECIT, fragment)).status_code == 404
        refused = await answer(served, BOB, fragment)
        assert (refused.status_code, codes(refused.json())) == (403, ["ROLE_NOT_ALLOWED"])
