"""What needs a second person takes effect with her answer, and with nobody else's."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway.domain.access import Decision
from gateway.domain.ids import FragmentId, PersonId
from gateway.domain.vocabulary import Role
from tests.http.served import ADA, BOB, CONTE, DIA, EVA, RECIT, Served, codes, serve_stack
from tests.support.stack import network, officer, open_stack

SOL = "sol@client:school"
TOM = "tom@client:school"
SOL_TOO = "sol@client:office"
"""The same human at another agency, where her account is network-wide."""
NET = "net@client:clinic"
MUM = "conte@client:school"
"""The child's mother, who is an officer of the school too."""
UMA = "uma@client:school"
"""An officer of the school who works for the clinic as well."""
PIA = "recit@client:school"
"""An officer of the school, and of a family that has nothing to do with this one."""

DEMAND: dict[str, Any] = {
    "type": "require",
    "basis": "statutory_demand",
    "recipients": [{"person": "w:dia", "agency": "qc:house"}],
    "purposes": ["legal"],
    "words": "An invented demand.",
}
PROHIBITION: dict[str, Any] = {
    "type": "prohibit",
    "basis": "court_order",
    "recipients": [{"agency": "qc:clinic"}],
    "words": "An invented judgment.",
}


@pytest.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """The small network, with two officers at the school that holds the fragments."""
    seed = network()
    office = {"id": "qc:office", "name": {"fr": "Bureau inventé", "en": "Invented office"}}
    seed["agencies"].append({**office, "profile": "QC-PRIV"})
    seed["clients"].append({"id": "client:office", "agency": "qc:office"})
    seed["workers"] += [
        officer("w:sol", "qc:school", "sol"),
        officer("w:tom", "qc:school", "tom"),
        officer("w:sol-too", "qc:office", "sol", network_wide=True),
        officer("w:net", "qc:clinic", "net", network_wide=True),
        officer("w:mum", "qc:school", "conte"),
        officer("w:pia", "qc:school", "recit"),
        officer("w:uma", "qc:school", "uma"),
        {**officer("w:uma-too", "qc:clinic", "uma"), "roles": ["caseworker"]},
    ]
    async with open_stack(store_url, tmp_path / "state", seed=seed) as stack:
        yield serve_stack(stack)


async def post(served: Served, caller: str, path: str, body: object) -> httpx2.Response:
    return await served.ask(caller, "POST", path, json=body)


async def record(served: Served, caller: str = SOL, **changed: object) -> httpx2.Response:
    handle = await served.handle(ADA)
    return await post(served, caller, "/v1/instruments", {"person": handle, **DEMAND, **changed})


async def answer(served: Served, caller: str, approval: str, said: str = "approved") -> httpx2.Response:
    return await post(served, caller, f"/v1/approvals/{approval}/answers", {"answer": said})


async def waiting(served: Served, caller: str) -> list[dict[str, Any]]:
    shown = await served.ask(caller, "GET", "/v1/approvals")
    assert shown.status_code == 200
    items: list[dict[str, Any]] = shown.json()["items"]
    return items


async def decided(served: Served, fragment: str = "frg_letter") -> Decision:
    """What the production policy says of a reading by the worker whom the demand names."""
    parts = served.stack.parts
    dia = await served.stack.caller("dia", "client:house")
    now = parts.clock.now()
    facts = await parts.store.facts(dia, FragmentId(fragment), "legal", now, every_directive=False)
    return await parts.policy.decide(facts.query, now)


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


async def test_nobody_approves_what_she_asked_herself_under_whatever_account(served: Served) -> None:
    approval = (await record(served)).json()["approval"]
    for herself in (SOL, SOL_TOO):
        refused = await answer(served, herself, approval)
        assert (refused.status_code, codes(refused.json())) == (403, ["ROLE_NOT_ALLOWED"])
        assert await waiting(served, herself) == []
    assert (await decided(served)).reasons == ("NO_RELATIONSHIP",)


async def test_nobody_requires_or_approves_a_disclosure_to_her_own_agency(served: Served) -> None:
    own = await record(served, recipients=[{"agency": "qc:school"}])
    assert (own.status_code, codes(own.json())) == (403, ["ROLE_NOT_ALLOWED"])
    worker = await record(served, recipients=[{"person": "w:ada"}])
    assert worker.status_code == 403
    to_clinic = (await record(served, recipients=[{"agency": "qc:clinic"}])).json()
    assert (await answer(served, NET, to_clinic["approval"])).status_code == 403
    assert (await answer(served, TOM, to_clinic["approval"])).status_code == 201


ASKED: dict[str, dict[str, Any]] = {
    "a disclosure to another agency of hers": {"recipients": [{"agency": "qc:clinic"}]},
    "a disclosure to a colleague there": {"recipients": [{"person": "w:bob"}]},
    "a disclosure to herself there": {"recipients": [{"person": "w:uma-too", "agency": "qc:clinic"}]},
    "what bars another agency of hers": PROHIBITION,
    "what bars herself there": {**PROHIBITION, "recipients": [{"person": "w:uma-too"}]},
}
OF_THE_FAMILY: dict[str, dict[str, Any]] = {
    "what bars anybody": {**PROHIBITION, "recipients": "any"},
    "what bars somebody else": PROHIBITION,
    "a disclosure that is not to her": {},
}


@pytest.mark.parametrize("said", ["approved", "declined"])
async def test_who_gains_through_another_account_neither_approves_nor_declines(
    served: Served, said: str
) -> None:
    mother = {"family_name": "Inventé", "given_name": "Conte", "birth_date": "1988-05-01"}
    handle = (await post(served, ADA, "/v1/person-matches", mother)).json()["handle"]
    barred = {"what bars her": {**PROHIBITION, "recipients": [{"person": handle}]}}
    for of_whom, asked in ((UMA, ASKED), (MUM, {**OF_THE_FAMILY, **barred})):
        for what, changed in asked.items():
            recorded = await record(served, **changed)
            assert recorded.status_code == 201, what
            approval = recorded.json()["approval"]
            refused = await answer(served, of_whom, approval, said)
            assert (refused.status_code, codes(refused.json())) == (403, ["ROLE_NOT_ALLOWED"]), what
            assert approval not in {one["id"] for one in await waiting(served, of_whom)}, what
            assert (await answer(served, PIA, approval, said)).status_code == 201, what


async def test_who_gains_through_another_account_asks_for_nothing_either(served: Served) -> None:
    to_clinic = {"recipients": [{"agency": "qc:clinic"}]}
    assert (await record(served, UMA, **to_clinic)).status_code == 403
    assert (await record(served, MUM, **to_clinic)).status_code == 403
    barring = (await record(served, **{**PROHIBITION, "recipients": "any"})).json()
    assert (await served.ask(MUM, "DELETE", f"/v1/instruments/{barring['id']}")).status_code == 403
    assert (await served.release(BOB, "frg_letter")).status_code == 404


async def test_a_mother_decides_as_an_officer_neither_on_her_own_authority_nor_on_anothers(
    served: Served,
) -> None:
    handle = await served.handle(ADA)
    other = {"family_name": "Inventé", "given_name": "Récit", "birth_date": "1986-02-01"}
    holder = (await post(served, ADA, "/v1/person-matches", other)).json()["handle"]
    claim = {"holder": {"person": holder}, "authority": "joint", "evidence": "An invented judgment."}
    path = f"/v1/persons/{handle}/authorities"
    assert (await post(served, MUM, path, claim)).status_code == 403
    approval = (await post(served, SOL, path, claim)).json()["approval"]
    for party in (MUM, PIA):
        assert (await answer(served, party, approval)).status_code == 403
    assert (await answer(served, TOM, approval)).status_code == 201
    assert (await served.ask(MUM, "DELETE", f"{path}/aut_1")).status_code == 403
    assert (await answer(served, PIA, (await record(served)).json()["approval"])).status_code == 403


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
