"""Who gains or loses by it neither asks for it nor answers it, under whatever account."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.http.second_person import (
    MUM,
    NET,
    PIA,
    PROHIBITION,
    SOL,
    SOL_TOO,
    TOM,
    UMA,
    answer,
    decided,
    officers,
    post,
    record,
    waiting,
)
from tests.http.served import ADA, BOB, Served, codes


@pytest.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with officers(store_url, tmp_path / "state") as opened:
        yield opened


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
