"""Who asks for too much is told to wait: alike for what exists and what does not, and never to narrow."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from gateway.adapters.sql.rates import SqlRates
from gateway.domain.counts import Budget
from gateway.domain.limits import TABLE, Rate
from tests.http.served import BOB, CONTE, DIA, EVA, RECIT, Served, codes, serve_stack
from tests.http.test_emergencies import CHILD, IVY, declare, inbox, release
from tests.support.browsing import Browser
from tests.support.stack import open_stack

NARROWS_OR_MAY = {
    ("POST", "/v1/consents"),
    ("POST", "/v1/approvals/{approval}/answers"),
    ("POST", "/v1/fragments/{fragment}/answers"),
    ("POST", "/v1/emergency-accesses"),
    ("POST", "/v1/reports"),
}
"""What the answer does not show to narrow."""

OWN = ("instance", "request_id", "ledger_entry")
ALL = {"kind": "all"}


@asynccontextmanager
async def limited(url: str, folder: Path, **chosen: Any) -> AsyncIterator[Served]:  # noqa: ANN401 - settings
    async with open_stack(url, folder / "state", insecure_limits_off=False, **chosen) as stack:
        yield serve_stack(stack)


@pytest_asyncio.fixture
async def either(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with limited(store_url, tmp_path) as served:
        yield served


def told(answer: httpx2.Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """An answer less what every answer has of its own."""
    body = {name: value for name, value in answer.json().items() if name not in OWN}
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, body, headers


async def miss(served: Served, caller: str, count: int, first: int = 0) -> list[int]:
    """Ask for so many documents that do not exist."""
    purpose = "family_access" if caller == CONTE else "coordination"
    asked = [await served.release(caller, f"frg_none{first + number}", purpose) for number in range(count)]
    return [answer.status_code for answer in asked]


async def match(served: Served, caller: str, who: Mapping[str, str]) -> httpx2.Response:
    return await served.ask(caller, "POST", "/v1/person-matches", json=dict(who))


def nobody(number: int) -> dict[str, str]:
    return {"family_name": "Inventé", "given_name": f"Personne{number}", "birth_date": "2015-02-03"}


async def listed(served: Served, caller: str, dossier: str = "dos_child") -> httpx2.Response:
    return await served.ask(caller, "GET", f"/v1/dossiers/{dossier}/fragments?purpose=coordination")


async def test_the_twenty_first_document_that_does_not_exist_is_one_too_many(either: Served) -> None:
    assert await miss(either, DIA, 21) == [404] * 20 + [429]
    answer = await either.release(DIA, "frg_none99")
    assert codes(answer.json()) == ["RATE_LIMITED"]
    assert answer.json()["ledger_entry"] == (await either.newest())["decision_id"]
    assert 0 < int(answer.headers["Retry-After"]) <= 3600


async def test_what_exists_and_what_does_not_is_one_too_many_in_the_same_words(either: Served) -> None:
    await miss(either, DIA, 20)
    of_hidden = told(await either.release(DIA, "frg_letter"))
    of_none = told(await either.release(DIA, "frg_nowhere"))
    assert of_hidden == of_none
    assert of_hidden[0] == 429


async def test_what_she_may_know_of_goes_on_beyond_the_misses(either: Served) -> None:
    assert (await miss(either, BOB, 21))[-1] == 429
    assert (await either.release(BOB, "frg_letter")).status_code == 201
    assert (await listed(either, BOB)).status_code == 200
    assert (await listed(either, BOB, "dos_nowhere")).status_code == 429
    assert (await either.ask(BOB, "GET", "/v1/consents/cns_nowhere")).status_code == 429


async def test_another_account_of_the_agency_looks_on(either: Served) -> None:
    await miss(either, BOB, 21)
    assert await miss(either, "cam@client:clinic", 1) == [404]


async def test_a_dry_run_and_a_list_count_with_the_releases(store_url: str, tmp_path: Path) -> None:
    async with limited(store_url, tmp_path, persons_per_account=1) as served:
        asked = {"purpose": "coordination", "fragment": "frg_letter"}
        assert (await served.ask(BOB, "POST", "/v1/decisions", json=asked)).status_code == 200
        assert (await served.release(BOB, "frg_letter")).status_code == 201
        assert (await listed(served, BOB)).status_code == 200
        asked["fragment"] = "frg_nowhere"
        dry = await served.ask(BOB, "POST", "/v1/decisions", json=asked)
        assert told(dry) == told(await served.release(BOB, "frg_nowhere"))
        assert dry.status_code == 429
        assert (await listed(served, BOB, "dos_nowhere")).status_code == 429
        assert (await served.ask(BOB, "GET", "/v1/dossiers/dos_nowhere")).status_code == 429


async def test_a_list_of_one_person_too_many_is_refused_like_that_of_nobody(
    store_url: str, tmp_path: Path
) -> None:
    async with limited(store_url, tmp_path, persons_per_account=1) as served:
        await miss(served, BOB, 1)
        of_hers = told(await listed(served, BOB))
        assert of_hers == told(await listed(served, BOB, "dos_nowhere"))
        assert of_hers[0] == 429
        assert (await served.newest())["reason"] == "RATE_LIMITED"


async def test_an_agency_is_limited_over_all_its_accounts(store_url: str, tmp_path: Path) -> None:
    async with limited(store_url, tmp_path, persons_per_agency=3) as served:
        assert await miss(served, BOB, 2) == [404, 404]
        assert await miss(served, "cam@client:clinic", 2, first=5) == [404, 429]
        assert await miss(served, DIA, 2) == [404, 404]


async def test_a_look_up_counts_alike_whether_others_know_her_or_nobody_does(either: Served) -> None:
    for last in (CHILD, nobody(99)):
        caller = DIA if last is CHILD else BOB
        if caller == BOB:
            # The clinic knows the child already: what it has a handle of counts for nothing.
            assert (await match(either, BOB, CHILD)).status_code == 201
        for number in range(20):
            assert (await match(either, caller, nobody(number))).status_code == 201
        assert (await match(either, caller, nobody(0))).status_code == 201
        answer = await match(either, caller, last)
        assert answer.status_code == 429, last
        assert codes(answer.json()) == ["RATE_LIMITED"]


async def test_the_twentieth_look_up_is_answered_whoever_it_finds(either: Served) -> None:
    for caller, last in ((DIA, CHILD), (BOB, nobody(99))):
        for number in range(19):
            await match(either, caller, nobody(number))
        assert (await match(either, caller, last)).status_code == 201
        assert (await match(either, caller, nobody(50))).status_code == 429


async def test_an_emergency_is_declared_and_read_beyond_every_budget(store_url: str, tmp_path: Path) -> None:
    async with limited(store_url, tmp_path, persons_per_account=1, persons_per_agency=1) as served:
        assert (await miss(served, DIA, 2)) == [404, 429]
        for number in range(20):
            await match(served, DIA, nobody(number))
        assert (await match(served, DIA, nobody(20))).status_code == 429
        opened = await declare(served, DIA)
        assert opened.status_code == 201, opened.text
        answer = await release(served, DIA, "frg_letter", opened.json()["id"])
        assert answer.status_code == 201, answer.text
        assert "review_required" in answer.headers["Gateway-Obligations"]
        # It was counted: what she is given again is within the hour.
        assert (await served.release(DIA, "frg_nowhere")).status_code == 429


async def test_withdrawing_and_stopping_never_wait(either: Served) -> None:
    await miss(either, CONTE, 21)
    assert (await either.ask(CONTE, "GET", "/v1/consents/cns_nowhere")).status_code == 429
    nowhere = await either.ask(CONTE, "POST", "/v1/consents/cns_nowhere/withdrawals", json={})
    assert nowhere.status_code == 404
    withdrawn = await either.ask(CONTE, "POST", "/v1/consents/cns_1/withdrawals", json={})
    assert withdrawn.status_code == 201
    stopped = await either.ask(CONTE, "POST", "/v1/stops", json={"person": "p:child", "reach": ALL})
    assert stopped.status_code == 201


async def test_the_door_shuts_on_a_client_and_not_on_who_withdraws(either: Served) -> None:
    parts, once = either.stack.parts, replace(TABLE[Rate.REQUESTS], allowed=1, within_s=3600)
    limits = {Rate.REQUESTS: once, Rate.CONTENT: once, Rate.TOLD: once}
    rates = SqlRates(parts.database, parts.state.keyring, parts.clock, limits)
    either.stack.uses.admit_request.rates = rates
    for caller, path in ((BOB, "/v1/me"), (CONTE, "/v1/dossiers")):
        assert (await either.ask(caller, "GET", path)).status_code == 200
        answer = await either.ask(caller, "GET", path)
        assert answer.status_code == 429
        assert answer.json()["code"] == "rate_limited"
        assert 3000 < int(answer.headers["Retry-After"]) <= 3600
        assert (await either.newest())["reason"] == "RATE_LIMITED"
    assert [(await either.release(BOB, "frg_letter")).status_code for _ in range(2)] == [201, 429]
    assert (await either.ask(RECIT, "GET", "/v1/me")).status_code == 200
    withdrawn = await either.ask(CONTE, "POST", "/v1/consents/cns_1/withdrawals", json={})
    assert withdrawn.status_code == 201
    assert (await declare(either, BOB)).status_code == 201


async def test_the_officers_of_the_agency_are_told_once_an_hour(either: Served) -> None:
    await miss(either, DIA, 22)
    await match(either, DIA, CHILD)
    await either.ask(DIA, "GET", "/v1/dossiers/dos_nowhere")
    notices = await inbox(either, IVY)
    assert [one["kind"] for one in notices] == ["look_ups_limited"]
    assert notices[0]["says"]["account"] == "w:dia"
    assert notices[0]["person"] is None
    read = await either.ask(IVY, "POST", f"/v1/notices/{notices[0]['id']}/read")
    assert read.status_code == 201
    await miss(either, DIA, 2, first=30)
    assert len([one for one in await inbox(either, IVY) if one["read_at"] is None]) == 0
    assert await inbox(either, EVA) == []


@pytest.mark.parametrize("caller", [BOB, CONTE])
async def test_the_family_and_the_worker_read_why_in_their_words(either: Served, caller: str) -> None:
    await miss(either, caller, 20)
    answer = await either.ask(caller, "GET", "/v1/consents/cns_nowhere")
    (reason,) = answer.json()["reasons"]
    assert reason["text"].startswith("Trop de demandes")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_cannot_use_up_what_a_worker_may_look_up(either: Served, site: str) -> None:
    async with Browser(either) as bob:
        await bob.come_in("w:bob")
        last = (await either.newest())["index"]
        for number in range(TABLE[Budget.MISSES].allowed + 1):
            path = f"/v1/dossiers/dos_none{number}/fragments?purpose=coordination"
            answer = await bob.get(path, **{"Sec-Fetch-Site": site})
            assert (answer.status_code, answer.json()["code"]) == (403, "cross_site")
        assert (await either.newest())["index"] == last
        for asked_by in ("same-origin", "none"):
            own = await bob.get(f"/v1/dossiers/dos_{asked_by}", **{"Sec-Fetch-Site": asked_by})
            assert own.status_code == 404


async def test_the_door_stands_open_for_what_narrows_and_for_an_emergency_and_for_nothing_else(
    served: Served,
) -> None:
    parts, once = served.stack.parts, replace(TABLE[Rate.REQUESTS], allowed=1, within_s=3600)
    limits = {Rate.REQUESTS: once, Rate.CONTENT: once}
    rates = SqlRates(parts.database, parts.state.keyring, parts.clock, limits)
    served.stack.uses.admit_request.rates = rates
    for _ in range(2):
        await served.ask(BOB, "GET", "/v1/me")
        await served.release(BOB, "frg_letter")
    open_for, narrow = set(), set()
    for template, methods in served.app.openapi()["paths"].items():
        for name, operation in methods.items():
            method = name.upper()
            if not template.startswith("/v1/") or not operation.get("security"):
                continue
            answer = await served.ask(BOB, method, re.sub(r"{[^}]+}", "none", template))
            open_for |= {(method, template)} if answer.status_code != 429 else set()
            narrow |= {(method, template)} if "202" in operation["responses"] or method == "DELETE" else set()
    assert open_for == narrow | NARROWS_OR_MAY
