"""A committee reads its package in session, and only then, on both stores."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from gateway.domain.ids import FragmentId
from gateway.domain.instants import parse_instant
from tests.http.served import ADA, BOB, CONTE, RECIT, Served, codes, serve_stack
from tests.support.stack import ISSUER, network, open_stack

GIL = "gil@client:house"
HUE = "hue@client:house"
REVIEW = "committee_review"


def moment(minutes: int) -> str:
    return f"{datetime.now(UTC) + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%SZ}"


def with_committee() -> dict[str, Any]:
    seed = network()
    for name in ("gil", "hue"):
        identity = {"iss": ISSUER, "sub": name}
        member = {"id": f"w:{name}", "agency": "qc:house", "name": f"Inventé {name}", "identity": identity}
        seed["workers"].append({**member, "roles": ["committee_member"]})
    return seed


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(store_url, tmp_path / "state", seed=with_committee()) as stack:
        yield serve_stack(stack)


async def opened(served: Served, opens: int = -5, closes: int | None = 60, **changed: object) -> str:
    """A session of both members about one letter, and the parent's consent to it."""
    asked = {
        "person": await served.handle(ADA),
        "members": ["w:gil", "w:hue"],
        "package": ["frg_letter"],
        "opens": moment(opens),
        "closes": None if closes is None else moment(closes),
        **changed,
    }
    said = {name: value for name, value in asked.items() if value is not None}
    answer = await served.ask(ADA, "POST", "/v1/sessions", json=said)
    assert answer.status_code == 201, answer.text
    session = str(answer.json()["id"])
    assert (await consent(served, session)) == 201
    return session


async def consent(served: Served, session: str) -> int:
    permit = {
        "person": "p:child",
        "decision": "permit",
        "recipients": [{"committee": session}],
        "owners": ["qc:school"],
        "purposes": [REVIEW],
        "categories": ["family_situation"],
        "until": moment(60 * 24),
    }
    return (await served.ask(CONTE, "POST", "/v1/consents", json=permit)).status_code


async def test_a_member_reads_the_package_until_the_session_is_closed(served: Served) -> None:
    session = await opened(served)
    assert (await served.release(GIL, "frg_letter", REVIEW)).status_code == 201
    assert (await served.release(GIL, "frg_marks", REVIEW)).status_code == 404
    closed = await served.ask(ADA, "POST", f"/v1/sessions/{session}/closing")
    assert (closed.status_code, closed.json()["in_force"]) == (201, True)
    refused = await served.release(GIL, "frg_letter", REVIEW)
    assert (refused.status_code, codes(refused.json())) == (403, ["COMMITTEE_CLOSED"])
    shown = (await served.ask(ADA, "GET", f"/v1/sessions/{session}")).json()
    assert shown["status"] == "closed"


async def test_nobody_sits_in_a_session_that_does_not_name_her(served: Served) -> None:
    session = await opened(served, members=["w:hue"])
    assert (await served.release(GIL, "frg_letter", REVIEW)).status_code == 404
    assert (await served.ask(GIL, "GET", f"/v1/sessions/{session}")).status_code == 404
    assert (await served.release(HUE, "frg_letter", REVIEW)).status_code == 201


async def test_a_recused_member_reads_nothing_and_the_others_go_on(served: Served) -> None:
    session = await opened(served)
    assert (await served.release(GIL, "frg_letter", REVIEW)).status_code == 201
    assert (await served.ask(GIL, "POST", f"/v1/sessions/{session}/recusals")).status_code == 201
    refused = await served.release(GIL, "frg_letter", REVIEW)
    assert (refused.status_code, codes(refused.json())) == (403, ["COMMITTEE_RECUSED"])
    assert (await served.ask(GIL, "GET", f"/v1/sessions/{session}")).json()["package"] is None
    assert (await served.release(HUE, "frg_letter", REVIEW)).status_code == 201


async def test_another_session_shuts_no_package_of_the_first(served: Served) -> None:
    await opened(served)
    other = await opened(served, opens=-1, package=["frg_marks"])
    assert (await served.release(GIL, "frg_letter", REVIEW)).status_code == 201
    assert (await served.ask(GIL, "POST", f"/v1/sessions/{other}/recusals")).status_code == 201
    assert (await served.release(GIL, "frg_letter", REVIEW)).status_code == 201
    refused = await served.release(GIL, "frg_marks", REVIEW)
    assert (refused.status_code, codes(refused.json())) == (403, ["COMMITTEE_RECUSED"])


async def test_a_session_that_the_family_has_not_agreed_to_shuts_none_that_it_has(served: Served) -> None:
    await opened(served)
    other = await opened(served, opens=-1)
    (permit,) = [
        one
        for one in (await served.ask(CONTE, "GET", "/v1/consents?person=p:child")).json()["items"]
        if one["recipients"] == [{"committee": other}]
    ]
    await served.ask(CONTE, "POST", f"/v1/consents/{permit['id']}/withdrawals")
    assert (await served.release(GIL, "frg_letter", REVIEW)).status_code == 201
    assert (await served.ask(GIL, "POST", f"/v1/sessions/{other}/recusals")).status_code == 201
    assert (await served.release(GIL, "frg_letter", REVIEW)).status_code == 201


@pytest.mark.parametrize(("opens", "closes", "turns"), [(-1, 30, "closes"), (20, 90, "opens")])
async def test_facts_hold_no_longer_than_any_session_stays_as_it_is(
    opens: int, closes: int, turns: str, served: Served
) -> None:
    await opened(served)
    other = await opened(served, opens, closes, package=["frg_marks"])
    bound = (await served.ask(ADA, "GET", f"/v1/sessions/{other}")).json()[turns]
    caller = await served.stack.caller("gil", "client:house")
    facts = await served.stack.parts.store.facts(
        caller, FragmentId("frg_letter"), REVIEW, served.stack.parts.clock.now(), every_directive=False
    )
    assert facts.horizon == parse_instant(bound, field=turns)
    assert facts.query.document["context"]["committee"]["package"] == ["frg_letter"]


async def test_a_member_may_not_close_nor_recuse_another(served: Served) -> None:
    session = await opened(served)
    assert (await served.ask(GIL, "POST", f"/v1/sessions/{session}/closing")).status_code == 403
    other = await served.ask(GIL, "POST", f"/v1/sessions/{session}/recusals", json={"member": "w:hue"})
    assert other.status_code == 404
    assert (await served.release(HUE, "frg_letter", REVIEW)).status_code == 201


async def test_a_worker_of_another_agency_neither_closes_a_session_nor_recuses_its_members(
    served: Served,
) -> None:
    """Assigned to the child she may be: the session is its own agency's."""
    session = await opened(served, members=["w:gil", "w:bob"])
    closing = await served.ask(BOB, "POST", f"/v1/sessions/{session}/closing")
    assert (closing.status_code, codes(closing.json())) == (403, ["ROLE_NOT_ALLOWED"])
    path = f"/v1/sessions/{session}/recusals"
    other = await served.ask(BOB, "POST", path, json={"member": "w:gil"})
    assert (other.status_code, codes(other.json())) == (403, ["ROLE_NOT_ALLOWED"])
    assert (await served.release(GIL, "frg_letter", REVIEW)).status_code == 201
    assert (await served.ask(BOB, "POST", path)).status_code == 201
    assert (await served.ask(ADA, "POST", path, json={"member": "w:gil"})).status_code == 201
    assert (await served.ask(ADA, "POST", f"/v1/sessions/{session}/closing")).status_code == 201


async def test_a_package_opens_at_its_hour(served: Served) -> None:
    await opened(served, opens=5)
    refused = await served.release(GIL, "frg_letter", REVIEW)
    assert (refused.status_code, codes(refused.json())) == (403, ["COMMITTEE_NOT_OPEN"])


async def test_without_the_familys_consent_a_session_opens_nothing(served: Served) -> None:
    session = await opened(served)
    (permit,) = [
        one
        for one in (await served.ask(CONTE, "GET", "/v1/consents?person=p:child")).json()["items"]
        if one["recipients"] == [{"committee": session}]
    ]
    await served.ask(CONTE, "POST", f"/v1/consents/{permit['id']}/withdrawals")
    refused = await served.release(GIL, "frg_letter", REVIEW)
    assert codes(refused.json()) == ["CONSENT_WITHDRAWN"]
    assert await consent(served, "ses_of_nobody") == 422


async def test_the_family_learns_when_and_which_agencies_and_a_stranger_nothing(served: Served) -> None:
    path = f"/v1/sessions/{await opened(served)}"
    told = (await served.ask(CONTE, "GET", path)).json()
    assert (told["status"], told["agencies"]) == ("open", ["qc:house"])
    assert told["members"] is told["package"] is None
    assert (await served.ask(RECIT, "GET", path)).status_code == 404
    rows = (await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")).json()["items"]
    assert "session_opened" in {row.get("kind") for row in rows}


async def test_a_member_must_be_somebody_and_a_worker_at_work_with_the_child_asks(served: Served) -> None:
    asked = {"members": ["w:nobody"], "package": ["frg_letter"], "opens": moment(0), "closes": moment(9)}
    mine = {**asked, "person": await served.handle(ADA)}
    assert (await served.ask(ADA, "POST", "/v1/sessions", json=mine)).status_code == 422
    # The clinic holds nothing of her yet.
    theirs = {**asked, "person": await served.handle(BOB), "members": ["w:gil"]}
    assert (await served.ask(BOB, "POST", "/v1/sessions", json=theirs)).status_code == 404
    assert (await served.ask(GIL, "POST", "/v1/sessions", json=mine)).status_code == 403


async def test_a_kind_of_session_says_when_it_closes(served: Served) -> None:
    items = (await served.ask(None, "GET", "/v1/session-kinds")).json()["items"]
    kinds = {one["code"]: one["hours"] for one in items}
    assert kinds == {"case_committee": 3, "service_planning": 24, "orientation_table": 72}
    session = await opened(served, closes=None, kind="case_committee")
    shown = (await served.ask(ADA, "GET", f"/v1/sessions/{session}")).json()
    lasts = datetime.fromisoformat(shown["closes"]) - datetime.fromisoformat(shown["opens"])
    assert lasts == timedelta(hours=kinds["case_committee"])


@pytest.mark.parametrize(
    "said",
    [{}, {"kind": "no_such_kind"}, {"kind": "case_committee", "closes": moment(9)}],
    ids=["neither", "unknown", "both"],
)
async def test_a_session_that_says_no_end_or_two_is_malformed(said: dict[str, str], served: Served) -> None:
    asked = {"members": ["w:gil"], "package": ["frg_letter"], "opens": moment(0), **said}
    whose = {**asked, "person": await served.handle(ADA)}
    assert (await served.ask(ADA, "POST", "/v1/sessions", json=whose)).status_code == 422
