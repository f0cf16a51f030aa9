"""What needs a second person takes effect with her answer, and with nobody else's."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.ids import PersonId
from gateway.domain.vocabulary import Role
from tests.http.second_person import (
    DEMAND,
    NET,
    PROHIBITION,
    SOL,
    TOM,
    answer,
    decided,
    officers,
    post,
    record,
    waiting,
)
from tests.http.served import ADA, BOB, CONTE, DIA, EVA, RECIT, Served


@pytest.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with officers(store_url, tmp_path / "state") as opened:
        yield opened


async def test_a_requirement_opens_nothing_before_a_second_person_approves_it(served: Served) -> None:
    recorded = (await record(served)).json()
    assert recorded["in_force"] is False
    assert (await decided(served)).reasons == ("NO_RELATIONSHIP",)
    assert (await served.release(DIA, "frg_letter", "legal")).status_code == 404
    (shown,) = await waiting(served, TOM)
    assert (shown["id"], shown["kind"], shown["asked_by"]) == (recorded["approval"], "instrument", "w:sol")
    assert (shown["person"], shown["words"]) == (await served.handle(ADA), "An invented demand.")
    assert (await answer(served, TOM, recorded["approval"])).status_code == 201
    decision = await decided(served)
    assert (decision.permitted, decision.reasons) == (True, ("STATUTORY_DEMAND",))
    assert decision.instrument_ids == (recorded["id"],)
    assert decision.obligations >= {"notify_privacy_officer", "notify_family", "no_redisclosure"}
    assert (await served.release(DIA, "frg_letter", "legal")).status_code != 404


async def test_what_is_required_of_one_agency_opens_nothing_of_another(served: Served) -> None:
    section = {"category": "education", "sensitivity": "N", "sections": [{"id": "a", "content": 1}]}
    await served.handle(BOB)
    own = (await post(served, BOB, "/v1/dossiers/dos_child/fragments", section)).json()["id"]
    await answer(served, TOM, (await record(served)).json()["approval"])
    assert (await decided(served)).permitted
    assert (await decided(served, own)).reasons == ("NO_RELATIONSHIP",)


async def test_what_is_declined_leaves_nothing(served: Served) -> None:
    recorded = (await record(served)).json()
    assert (await answer(served, TOM, recorded["approval"], "declined")).status_code == 201
    assert (await served.newest())["kind"] == "declined"
    assert (await decided(served)).reasons == ("NO_RELATIONSHIP",)
    assert await waiting(served, TOM) == []
    listed = await served.ask(TOM, "GET", f"/v1/instruments?person={await served.handle(ADA)}")
    assert listed.json()["items"] == []


async def test_a_prohibition_holds_at_once_and_takes_two_to_end(served: Served) -> None:
    assert (await served.release(BOB, "frg_letter")).status_code == 201
    recorded = await record(served, **PROHIBITION)
    assert (recorded.status_code, recorded.json()["in_force"], recorded.json()["proven"]) == (201, True, True)
    assert (await served.release(BOB, "frg_letter")).status_code == 404
    assert (await served.newest())["reason"] == "COURT_ORDER_PROHIBITS"
    await answer(served, TOM, recorded.json()["approval"])
    path = f"/v1/instruments/{recorded.json()['id']}"
    asked = (await served.ask(SOL, "DELETE", path)).json()
    assert (asked["in_force"], (await served.newest())["kind"]) == (False, "approval_asked")
    assert (await served.ask(SOL, "DELETE", path)).json()["approval"] == asked["approval"]
    assert (await served.release(BOB, "frg_letter")).status_code == 404
    assert (await answer(served, TOM, asked["approval"])).status_code == 201
    assert (await served.release(BOB, "frg_letter")).status_code == 201


async def test_a_prohibition_that_is_declined_ends(served: Served) -> None:
    recorded = (await record(served, **PROHIBITION)).json()
    await answer(served, TOM, recorded["approval"], "declined")
    assert (await served.release(BOB, "frg_letter")).status_code == 201


async def test_a_requirement_ends_at_once_and_for_good(served: Served) -> None:
    recorded = (await record(served)).json()
    await answer(served, TOM, recorded["approval"])
    path = f"/v1/instruments/{recorded['id']}"
    for _ in range(2):
        ended = await served.ask(SOL, "DELETE", path)
        assert (ended.status_code, ended.json()["in_force"], ended.json()["proven"]) == (200, True, True)
    assert (await decided(served)).reasons == ("NO_RELATIONSHIP",)
    (shown,) = (await served.ask(SOL, "GET", f"/v1/instruments?person={await served.handle(ADA)}")).json()[
        "items"
    ]
    assert (shown["id"], shown["recipients"]) == (recorded["id"], DEMAND["recipients"])
    assert shown["until"] is not None


async def test_an_answer_is_given_once(served: Served) -> None:
    approval = (await record(served)).json()["approval"]
    assert [(await answer(served, TOM, approval)).status_code for _ in range(2)] == [201, 201]
    for caller, said in ((TOM, "declined"), (NET, "approved")):
        assert (await answer(served, caller, approval, said)).status_code == 409
    assert len(await served.stack.parts.ledger.entries({"kind": "approved"}, None, 10)) == 1


async def test_another_agencys_question_is_like_one_that_does_not_exist(served: Served) -> None:
    approval = (await record(served)).json()["approval"]
    told = []
    for one in (approval, "apv_unknown"):
        refused = await answer(served, EVA, one)
        problem = refused.json()
        told.append((refused.status_code, {**problem, "request_id": "", "instance": "", "ledger_entry": ""}))
        assert (await answer(served, BOB, one)).status_code == 403
    assert told[0] == told[1]
    assert told[0][0] == 404


async def test_an_authority_is_nobodys_before_a_second_person_has_approved_it(served: Served) -> None:
    handle = await served.handle(ADA)
    other = {"family_name": "Inventé", "given_name": "Récit", "birth_date": "1986-02-01"}
    holder = (await post(served, ADA, "/v1/person-matches", other)).json()["handle"]
    claim = {"holder": {"person": holder}, "authority": "joint", "evidence": "An invented judgment."}
    asked = (await post(served, SOL, f"/v1/persons/{handle}/authorities", claim)).json()
    assert asked["in_force"] is False
    assert (await served.ask(RECIT, "GET", "/v1/dossiers")).json()["items"] == []
    (shown,) = await waiting(served, TOM)
    assert shown["authority"]["evidence"] == "An invented judgment."
    assert shown["authority"]["holder"] == {"person": holder}
    assert (await answer(served, SOL, asked["approval"])).status_code == 403
    assert (await answer(served, TOM, asked["approval"])).status_code == 201
    (dossier,) = (await served.ask(RECIT, "GET", "/v1/dossiers")).json()["items"]
    assert dossier["id"] == "dos_child"


async def test_the_family_sees_no_instrument_and_no_answer(served: Served) -> None:
    parts = served.stack.parts
    conte = await served.stack.caller("conte", "client:family", Role.GUARDIAN)
    assert conte.person is not None
    recorded = (await record(served, **PROHIBITION)).json()
    await answer(served, TOM, recorded["approval"])
    await served.ask(SOL, "DELETE", f"/v1/instruments/{recorded['id']}")
    # Nothing but that her child was looked up, for the request to name her.
    rows = await parts.ledger.chain(conte.person, PersonId("p:child"), None, 100)
    assert [row.told["view"] for row in rows] == ["generic"]
    for method, path in (("GET", "/v1/approvals"), ("GET", "/v1/instruments?person=p:child")):
        assert (await served.ask(CONTE, method, path)).status_code == 403


NONSENSE: dict[str, dict[str, Any]] = {
    "a requirement to anybody": {"recipients": "any"},
    "a recipient of two kinds": {"recipients": [{"role": "caseworker"}]},
    "an agency that is none": {"recipients": [{"agency": "qc:none"}]},
    "a worker who is none": {"recipients": [{"person": "w:none"}]},
    "a worker of another agency": {"recipients": [{"person": "w:dia", "agency": "qc:clinic"}]},
    "a committee": {"recipients": [{"committee": "c:one"}]},
    "a purpose that is none": {"purposes": ["nonsense"]},
    "a category that is none": {"categories": ["nonsense"]},
    "a period that ends before it starts": {"from": "2026-02-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
    "no words": {"words": " "},
}


async def test_an_instrument_that_names_nothing_is_malformed(served: Served) -> None:
    for what, changed in NONSENSE.items():
        assert (await record(served, **changed)).status_code == 422, what
    assert await waiting(served, TOM) == []
