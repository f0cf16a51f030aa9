"""An emergency: what a declaration opens, to whom, for how long; and what it never tells."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from gateway.domain.access import Refused, Stated
from gateway.domain.emergency import Declaration
from gateway.domain.ids import FindingId, FragmentId
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.person import Described
from gateway.usecases.declare_emergency import EmergencyDeclared
from tests.http.served import BOB, CAM, CONTE, DIA, EVA, Served, codes, serve_stack
from tests.support.stack import network, open_stack

WORDS = "Une menace inventée, ce soir même, à la maison."
DECLARED: dict[str, Any] = {
    "risk": "serious_harm_to_child",
    "justification": WORDS,
    "consent_unobtainable": True,
    "categories": ["family_situation"],
}
CHILD = {
    "family_name": "Inventé",
    "given_name": "Fable",
    "birth_date": (datetime.now(UTC).date() - timedelta(days=3400)).isoformat(),
}
IVY = "ivy@client:house"
UNKNOWN = {"family_name": "Inventé", "given_name": "Personne", "birth_date": "2015-02-03"}
HOURS_4_US = 4 * 3_600_000_000


@pytest_asyncio.fixture
async def either(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    """The small network, on each store."""
    async with open_stack(store_url, tmp_path / "state") as stack:
        yield serve_stack(stack)


async def declare(
    served: Served, caller: str, who: Mapping[str, str] = CHILD, **changed: object
) -> httpx2.Response:
    body = {"fields": who, **DECLARED, **changed}
    return await served.ask(caller, "POST", "/v1/emergency-accesses", json=body)


async def release(served: Served, caller: str, fragment: str, emergency: str | None) -> httpx2.Response:
    body = {"purpose": "emergency", **({} if emergency is None else {"emergency": emergency})}
    return await served.ask(caller, "POST", f"/v1/fragments/{fragment}/releases", json=body)


async def inbox(served: Served, caller: str) -> list[Mapping[str, Any]]:
    return list((await served.ask(caller, "GET", "/v1/notices")).json()["items"])


async def kinds(served: Served) -> list[str]:
    return [row["kind"] for row in await served.stack.parts.ledger.entries({}, None, 50)]


def stripped(answer: httpx2.Response) -> dict[str, Any]:
    """An answer less what every answer has of its own."""
    body = answer.json()
    own = ("instance", "request_id", "ledger_entry", "recorded_at", "id", "person", "until")
    return {name: value for name, value in body.items() if name not in own}


async def test_a_worker_without_a_link_reads_in_an_emergency_and_only_what_it_names(either: Served) -> None:
    assert (await release(either, DIA, "frg_letter", None)).status_code == 404
    opened = await declare(either, DIA)
    body = opened.json()
    assert opened.status_code == 201, opened.text
    assert [one["fragment"] for one in body["envelopes"]] == ["frg_letter", "frg_report"]
    envelope = body["envelopes"][0]
    assert (envelope["owner_agency"], envelope["category"]) == ("qc:school", "family_situation")
    assert envelope["label"].keys() == {"fr", "en"}
    until, declared_at = parse_instant(body["until"], field=""), parse_instant(body["recorded_at"], field="")
    assert until - declared_at == HOURS_4_US
    answer = await release(either, DIA, "frg_letter", body["id"])
    assert (answer.status_code, answer.content) == (201, b"An invented letter.")
    newest = await either.newest()
    assert (newest["reason"], newest["purpose"]) == ("BREAK_GLASS", "emergency")
    assert (await release(either, DIA, "frg_marks", body["id"])).status_code == 404


LIFTED = {
    "fr": "Cette personne ne s\u2019occupait pas du dossier.",
    "en": "This person did not work on the dossier.",
}


@pytest.mark.parametrize("language", LIFTED)
async def test_the_family_is_not_told_that_nothing_was_shown_of_what_was(
    either: Served, language: str
) -> None:
    opened = (await declare(either, DIA)).json()
    assert (await release(either, DIA, "frg_letter", opened["id"])).status_code == 201
    speaking = {"headers": {"Accept-Language": language}}
    rows = (await either.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child", **speaking)).json()["items"]
    notices = (await either.ask(CONTE, "GET", "/v1/notices", **speaking)).json()["items"]
    told = [one for one in rows if one.get("purpose") == "emergency" and one["kind"] == "released"]
    told += [one["says"] for one in notices if one["says"]["kind"] == "released"]
    assert len(told) == 2
    for one in told:
        assert (one["outcome"], codes(one)) == ("permit", ["BREAK_GLASS", "NO_RELATIONSHIP"])
        assert one["reasons"][1]["text"] == LIFTED[language]


async def test_an_emergency_is_decided_anew_each_time_and_ends_after_four_hours(either: Served) -> None:
    opened = (await declare(either, DIA)).json()
    for _ in range(2):
        assert (await release(either, DIA, "frg_letter", opened["id"])).status_code == 201
    row = await either.newest()
    detail = await either.stack.parts.ledger.detail(row["ledger"], row["index"])
    assert detail is not None
    assert (detail["memo"], detail["emergency"]) == (False, opened["id"])
    parts, caller = either.stack.parts, await either.stack.caller("dia", "client:house")
    end = parse_instant(opened["until"], field="")
    for at, reason in ((Instant(end - 1), "BREAK_GLASS"), (end, "BREAK_GLASS_EXPIRED")):
        stated = Stated(emergency=FindingId(opened["id"]))
        facts = await parts.store.facts(
            caller, FragmentId("frg_letter"), "emergency", at, every_directive=False, stated=stated
        )
        assert (await parts.policy.decide(facts.query, at)).reasons[0] == reason


async def test_an_unknown_person_is_answered_like_one_of_whom_there_is_nothing(served: Served) -> None:
    nothing = {"family_name": "Inventé", "given_name": "Récit", "birth_date": "1986-02-01"}
    known, unknown = await declare(served, DIA, nothing), await declare(served, DIA, UNKNOWN)
    assert (known.status_code, unknown.status_code) == (201, 201)
    assert stripped(known) == stripped(unknown) == {"envelopes": []}
    assert (await kinds(served))[:6] == ["listed", "emergency_declared", "looked_up"] * 2


async def test_a_prohibition_hides_everything_as_if_nobody_were_known(
    sqlite_url: str, tmp_path: Path
) -> None:
    seed = network()
    order = {"id": "ord_1", "subject": "p:child", "type": "prohibit", "recipients": [{"agency": "qc:house"}]}
    async with open_stack(sqlite_url, tmp_path / "state", seed={**seed, "orders": [order]}) as stack:
        served = serve_stack(stack)
        prohibited, unknown = await declare(served, DIA), await declare(served, DIA, UNKNOWN)
        assert stripped(prohibited) == stripped(unknown) == {"envelopes": []}
        assert (await release(served, DIA, "frg_letter", prohibited.json()["id"])).status_code == 404


async def test_anothers_declaration_is_none_like_an_unknown_one(either: Served) -> None:
    hers = (await declare(either, DIA)).json()["id"]
    for caller, status in ((CAM, 404), (BOB, 403)):
        answers = [await release(either, caller, "frg_marks", one) for one in (hers, "emg_unknown", None)]
        assert [one.status_code for one in answers] == [status] * 3
        assert stripped(answers[0]) == stripped(answers[1]) == stripped(answers[2])
        assert (await either.newest())["reason"] == "BREAK_GLASS_NOT_DECLARED"


async def test_a_declaration_about_somebody_else_opens_nothing(served: Served) -> None:
    other = (await declare(served, BOB, UNKNOWN)).json()["id"]
    answer = await release(served, BOB, "frg_letter", other)
    assert (answer.status_code, codes(answer.json())[0]) == (403, "BREAK_GLASS_WRONG_SUBJECT")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"justification": "  trop court  "}, "BREAK_GLASS_JUSTIFICATION_MISSING"),
        ({"risk": "convenience"}, "BREAK_GLASS_RISK_INSUFFICIENT"),
        ({"consent_unobtainable": False}, "BREAK_GLASS_CONSENT_OBTAINABLE"),
    ],
)
async def test_a_declaration_that_does_not_suffice_is_refused_before_anybody_is_looked_up(
    changed: dict[str, object], reason: str, served: Served
) -> None:
    for who in (CHILD, UNKNOWN):
        answer = await declare(served, DIA, who, **changed)
        assert (answer.status_code, codes(answer.json())) == (403, [reason])
        assert (await served.newest())["reason"] == reason
    assert "looked_up" not in await kinds(served)


async def test_a_weak_sign_in_declares_nothing(served: Served) -> None:
    caller = await served.stack.caller("dia", "client:house")
    weak = replace(caller, bearer=replace(caller.bearer, strong=False))
    declared = Declaration("risk_to_life", WORDS, consent_unobtainable=True, categories=("education",))
    whom = Described("Inventé", "Personne", date(2015, 2, 3))
    answer = await served.stack.uses.declare_emergency(EmergencyDeclared(weak, whom, declared))
    assert isinstance(answer, Refused)
    assert answer.decision.reasons == ("STRONG_AUTH_REQUIRED",)


async def test_only_who_works_with_children_declares(served: Served) -> None:
    for caller, reason in ((EVA, "CONTENT_NOT_FOR_ROLE"), (CONTE, "PURPOSE_NOT_ALLOWED")):
        answer = await declare(served, caller)
        assert (answer.status_code, codes(answer.json())) == (403, [reason])


@pytest.mark.parametrize(
    "changed",
    [
        {"categories": ["nonsense"]},
        {"categories": ["education", "education"]},
        {"categories": []},
        {"person": "hnd_unknown"},
        {"fields": None},
        {"consent_unobtainable": "yes"},
    ],
)
async def test_a_malformed_declaration_reaches_nobody(changed: dict[str, Any], served: Served) -> None:
    before = await served.newest()
    answer = await declare(served, DIA, **changed)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert await served.newest() == before


async def test_an_unknown_handle_is_a_404(served: Served) -> None:
    body = {"person": "hnd_unknown", **DECLARED}
    assert (await served.ask(DIA, "POST", "/v1/emergency-accesses", json=body)).status_code == 404
    own = {"person": await served.handle(DIA), **DECLARED}
    assert (await served.ask(DIA, "POST", "/v1/emergency-accesses", json=own)).status_code == 201


@pytest.mark.parametrize(("reason", "seen"), [("", True), ("Un adulte menaçant lit ce compte.", False)])
async def test_the_family_reads_of_it_unless_there_is_a_reason_to_wait(
    reason: str, *, seen: bool, served: Served
) -> None:
    await declare(served, DIA, delay_family_notice=reason)
    rows = await served.ask(CONTE, "GET", "/v1/ledger/entries?person=p:child")
    told = [one for one in rows.json()["items"] if one.get("kind") == "emergency_declared"]
    assert [one["agency"] for one in told] == (["qc:house"] if seen else [])


async def test_officers_learn_of_a_declaration_at_once_and_of_each_release(served: Served) -> None:
    opened = (await declare(served, DIA)).json()
    told = [one["says"]["kind"] for one in await inbox(served, IVY)]
    assert told == ["emergency_declared"]
    await release(served, DIA, "frg_letter", opened["id"])
    told = [one["says"]["kind"] for one in await inbox(served, IVY)]
    assert told == ["released", "emergency_declared"]
    kinds_told = [one["kind"] for one in await inbox(served, CONTE)]
    assert kinds_told == ["notify_family", "notify_family"]


async def test_a_repeat_brings_the_same_declaration_back(either: Served) -> None:
    once = {"Idempotency-Key": "k1"}
    body = {"fields": CHILD, **DECLARED}
    first, again = [
        await either.ask(DIA, "POST", "/v1/emergency-accesses", json=body, headers=once) for _ in range(2)
    ]
    assert first.json() == again.json()
    assert (await kinds(either)).count("emergency_declared") == 1


async def test_a_worker_lists_her_own_declarations_alone(either: Served) -> None:
    opened = (await declare(either, DIA)).json()
    items = (await either.ask(DIA, "GET", "/v1/emergency-accesses")).json()["items"]
    assert [one["id"] for one in items] == [opened["id"]]
    assert (items[0]["person"], items[0]["until"]) == (opened["person"], opened["until"])
    assert (await either.ask(BOB, "GET", "/v1/emergency-accesses")).json()["items"] == []


async def test_what_was_declared_is_nowhere_in_clear(served: Served) -> None:
    opened = (await declare(served, DIA)).json()
    finding = await served.stack.parts.registry.finding(FindingId(opened["id"]))
    assert finding is not None
    assert finding.document["justification"] == WORDS
    assert WORDS not in repr(finding)
    assert WORDS not in served.log.getvalue()


async def test_a_refusal_that_an_emergency_may_lift_says_where_it_is_declared(served: Served) -> None:
    refused = await served.release(BOB, "frg_letter", "assessment")
    offers = {one["rel"]: one.get("href", "") for one in refused.json()["remedies"]}
    assert offers["declare-emergency"].endswith("/v1/emergency-accesses")
