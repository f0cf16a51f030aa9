"""A family's ways in over HTTP: what tells nothing, what is said in words, what a page holds."""

import re
import time
from collections.abc import AsyncIterator, Mapping
from datetime import date, timedelta

import httpx2
import pytest
import pytest_asyncio

from gateway.domain.tries import OF_A_CODE, OF_A_LOSS, OF_AN_ADDRESS
from tests.http.edge_app import BASE
from tests.http.served import ADA, BOB, CONTE, Served
from tests.support.browsing import COOKIE, Browser
from tests.support.ways_in import Ways, today

BORN = {"day": "1", "month": "5", "year": "1988"}
WRONG_DAY = {**BORN, "day": "2"}
NOBODYS = "0000-0000"
TELLING = {"x-request-id", "date", "etag", "content-length"}


@pytest_asyncio.fixture
async def browser(served: Served) -> AsyncIterator[Browser]:
    async with Browser(served) as opened:
        yield opened


async def printed(served: Served) -> str:
    return (await Ways(served.stack).print_code()).code.printed


async def enter(browser: Browser, code: str, born: Mapping[str, str] = BORN) -> httpx2.Response:
    page = await browser.get("/sign-in/code")
    return await browser.post(page, "/sign-in/code", code=code, **born)


def alike(answer: httpx2.Response, typed: str) -> tuple[int, str, dict[str, str]]:
    """An answer without what is each request's own, and what she typed herself."""
    headers = {name: value for name, value in answer.headers.items() if name not in TELLING}
    return answer.status_code, re.sub(r"req_\w+", "", answer.text.replace(typed, "")), headers


# --- Coming in -----------------------------------------------------------------------------------


async def test_a_family_comes_in_with_its_sheet_and_without_a_script(
    browser: Browser, served: Served
) -> None:
    code = await printed(served)
    page = await browser.get("/sign-in")
    assert "/sign-in/code" in page.text
    form = await browser.get("/sign-in/code")
    assert "<script" not in form.text
    assert "script-src" not in form.headers["content-security-policy"]
    answer = await enter(browser, code.lower().replace("-", " "))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    account = await browser.get("/account")
    assert "Par un code sur papier" in account.text


async def test_a_wrong_day_and_a_code_of_nobodys_are_one_answer(browser: Browser, served: Served) -> None:
    code = await printed(served)
    wrong, nobodys = await enter(browser, code, WRONG_DAY), await enter(browser, NOBODYS)
    assert wrong.status_code == 422
    assert alike(wrong, code)[0::2] == alike(nobodys, NOBODYS)[0::2]
    left, right = (
        re.sub(r'value="[0-9]*"', "", alike(*one)[1]) for one in ((wrong, code), (nobodys, NOBODYS))
    )
    assert left == right
    assert "ne vont pas ensemble" in wrong.text
    assert COOKIE not in wrong.headers.get("set-cookie", "")


async def test_the_wait_tells_nothing_either(browser: Browser, served: Served) -> None:
    code = await printed(served)
    found = []
    for typed in (code, NOBODYS):
        for _ in range(OF_A_CODE.free):
            await enter(browser, typed, WRONG_DAY)
        found.append((await enter(browser, typed, WRONG_DAY), typed))
    assert [answer.status_code for answer, _ in found] == [429, 429]
    one, other = (alike(*each) for each in found)
    assert one[1] == other[1]
    waits = [int(answer.headers["retry-after"]) for answer, _ in found]
    assert abs(waits[0] - waits[1]) <= 5
    assert "15 minutes" in found[0][0].text


async def test_what_is_no_code_or_no_day_is_said_in_words_and_costs_no_try(
    browser: Browser, served: Served
) -> None:
    code = await printed(served)
    for _ in range(OF_A_CODE.free + 2):
        answer = await enter(browser, code, {**BORN, "month": "13"})
        assert answer.status_code == 422
        assert 'href="#day"' in answer.text
    answer = await enter(browser, "7K3M", BORN)
    assert 'href="#code"' in answer.text
    assert (await enter(browser, code)).status_code == 303


async def test_answers_to_a_code_leave_on_one_tick(browser: Browser, served: Served) -> None:
    code = await printed(served)
    await browser.get("/sign-in/code")
    for typed in (code, NOBODYS):
        began = time.perf_counter()
        await enter(browser, typed, WRONG_DAY)
        assert time.perf_counter() - began >= 0.25


async def test_another_site_lets_nobody_in(browser: Browser, served: Served) -> None:
    code = await printed(served)
    fields = {"code": code, **BORN}
    for headers in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = await browser.client.post("/sign-in/code", data=fields, headers=headers)
        assert answer.status_code == 403
        assert COOKIE not in answer.headers.get("set-cookie", "")


async def test_the_errors_are_read_first_and_in_both_languages(browser: Browser) -> None:
    french = await enter(browser, "x", {"day": "", "month": "", "year": ""})
    assert french.text.index("Quelque chose ne va pas") < french.text.index("<form")
    await browser.get("/language/en?back=/sign-in/code")
    english = await enter(browser, "x", {"day": "", "month": "", "year": ""})
    assert "Something is not right" in english.text
    assert english.headers["content-language"] == "en"


async def test_nothing_that_was_typed_is_logged(browser: Browser, served: Served) -> None:
    code = await printed(served)
    await enter(browser, code, WRONG_DAY)
    await browser.post(await browser.get("/codes/lost"), "/codes/lost", code=code)
    await served.ask(None, "POST", "/v1/paper-codes/revocations", json={"code": code})
    logged = served.log.getvalue()
    assert logged
    assert not any(one in logged for one in (code, code.replace("-", ""), "1988", "p:parent"))


# --- A lost code ---------------------------------------------------------------------------------


async def test_a_lost_code_is_ended_on_a_page_by_whoever_has_it(browser: Browser, served: Served) -> None:
    code = await printed(served)
    async with Browser(served) as hers:
        await enter(hers, code)
        assert (await hers.get("/account")).status_code == 200
        form = await browser.get("/codes/lost")
        done, nobodys = [await browser.post(form, "/codes/lost", code=one) for one in (code, NOBODYS)]
        assert alike(done, code) == alike(nobodys, NOBODYS)
        assert (await hers.get("/account")).status_code == 303
    assert (await enter(browser, code)).status_code == 422


async def test_a_lost_code_is_ended_without_a_token(served: Served) -> None:
    code, path = await printed(served), "/v1/paper-codes/revocations"
    found = [await served.ask(None, "POST", path, json={"code": one}) for one in (code, NOBODYS, code)]
    assert [(one.status_code, one.json()) for one in found] == [(202, {"taken": True})] * 3
    assert len({str(alike(one, code)) for one in found}) == 1


async def test_an_ended_code_is_in_force_before_the_answer(browser: Browser, served: Served) -> None:
    code = await printed(served)
    await served.ask(None, "POST", "/v1/paper-codes/revocations", json={"code": code})
    assert (await enter(browser, code)).status_code == 422


async def test_who_names_very_many_has_to_wait(served: Served) -> None:
    path = "/v1/paper-codes/revocations"
    for n in range(OF_A_LOSS.free):
        answer = await served.ask(None, "POST", path, json={"code": f"0000{n:04d}"})
        assert answer.status_code == 202
    waits = await served.ask(None, "POST", path, json={"code": NOBODYS})
    assert (waits.status_code, waits.json()["code"]) == (429, "rate_limited")
    assert 0 < int(waits.headers["retry-after"]) <= 60
    assert OF_AN_ADDRESS.free > 0


@pytest.mark.parametrize("body", [{}, {"code": 1}, {"code": "7K3M"}, {"code": NOBODYS, "more": 1}])
async def test_what_names_no_code_is_malformed(served: Served, body: dict[str, object]) -> None:
    answer = await served.ask(None, "POST", "/v1/paper-codes/revocations", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")


# --- Printing ------------------------------------------------------------------------------------


async def test_a_code_is_shown_once(served: Served) -> None:
    handle = await served.handle(ADA)
    answer = await served.ask(ADA, "POST", "/v1/paper-codes", json={"person": handle})
    assert answer.status_code == 201
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", answer.json()["code"])
    listed = await served.ask(ADA, "GET", f"/v1/paper-codes?person={handle}")
    assert [one["id"] for one in listed.json()["items"]] == [answer.json()["id"]]
    assert answer.json()["code"] not in listed.text
    assert answer.headers["cache-control"] == "no-store"


async def test_the_printed_sheet_names_nobody_and_speaks_both_languages(served: Served) -> None:
    handle = await served.handle(ADA)
    async with Browser(served) as ada:
        await ada.come_in("w:ada")
        sheet = await ada.post(await ada.get("/codes/print"), "/codes/print", person=handle, holder="")
        assert sheet.status_code == 201
        code, *_ = re.findall(r'<p class="code">([^<]+)</p>', sheet.text)
        for name in ("Fable", "Inventé", "p:child", handle):
            assert name not in sheet.text
        assert "Votre code" in sheet.text
        assert "Your code" in sheet.text
        assert BASE.partition("//")[2] in sheet.text
    born = today() - timedelta(days=3400)
    async with Browser(served) as child:
        answer = await enter(child, code, _parts(born))
        assert answer.status_code == 303


async def test_who_may_not_print_is_told_one_thing(served: Served) -> None:
    async with Browser(served) as dia:
        await dia.come_in("w:dia")
        form = await dia.get("/codes/print")
        unknown = await dia.post(form, "/codes/print", person="hnd_unknown", holder="")
        handle = await served.handle(BOB)
        anothers = await dia.post(form, "/codes/print", person=handle, holder="")
        assert unknown.status_code == 404
        assert alike(unknown, "hnd_unknown") == alike(anothers, handle)


# --- One's own ways in ---------------------------------------------------------------------------


async def test_she_sees_who_printed_her_code_and_ends_it(browser: Browser, served: Served) -> None:
    code = await printed(served)
    await enter(browser, code)
    page = await browser.get("/account/ways")
    assert "Imprimé par : École inventée" in page.text
    assert "Vous êtes entré par là." in page.text
    ended = await browser.post(page, "/account/ways/end")
    assert (ended.status_code, ended.headers["location"]) == (303, "/signed-out")
    assert (await browser.get("/account")).status_code == 303
    assert (await enter(browser, code)).status_code == 422


async def test_she_reads_the_notice_of_it(served: Served) -> None:
    await printed(served)
    inbox = (await served.ask(CONTE, "GET", "/v1/notices")).json()["items"]
    told = [one for one in inbox if one["says"].get("kind") == "code_printed"]
    assert [(one["says"]["agency"], one["person"]) for one in told] == [("qc:school", None)]
    assert told[0]["text"].startswith("Un organisme a imprimé un code à votre nom.")


async def test_a_consent_by_a_code_says_from_when_it_holds(browser: Browser, served: Served) -> None:
    await enter(browser, await printed(served))
    body = {
        "person": "p:child",
        "decision": "permit",
        "recipients": [{"agency": "qc:house"}],
        "purposes": ["coordination"],
        "categories": ["education"],
        "until": f"{today() + timedelta(days=90)}T00:00:00Z",
    }
    given = await browser.ask("POST", "/v1/consents", role="guardian", json=body)
    assert given.status_code == 201
    assert given.json()["from"][:10] > given.json()["recorded_at"][:10]
    path = f"/v1/consents/{given.json()['id']}/confirmations"
    refused = await browser.ask("POST", path, role="guardian")
    assert (refused.status_code, refused.json()["reasons"][0]["code"]) == (403, "STRONG_AUTH_REQUIRED")
    confirmed = await served.ask(CONTE, "POST", path)
    assert confirmed.status_code == 201
    assert confirmed.json()["from"] == confirmed.json()["recorded_at"]
    assert confirmed.json()["receipt"]


async def test_the_page_of_a_passkey_says_so_where_there_is_no_script(browser: Browser) -> None:
    page = await browser.get("/sign-in/passkey")
    assert "<noscript>" in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert re.findall(r"<script[^>]*>", page.text) == re.findall(
        r'<script src="/pages/passkey.js[^"]*">', page.text
    )
    script = await browser.get(re.findall(r'<script src="([^"]+)"', page.text)[0])
    assert script.headers["content-type"].startswith("text/javascript")


async def test_an_answer_of_no_authenticators_shows_the_page_again(browser: Browser) -> None:
    page = await browser.get("/sign-in/passkey")
    for response in ("", "nonsense", "{}", "x" * 15000):
        answer = await browser.post(page, "/sign-in/passkey", response=response)
        assert answer.status_code == 422
        assert 'id="failed" role="alert">' in answer.text


def _parts(day: date) -> dict[str, str]:
    return {"day": str(day.day), "month": str(day.month), "year": str(day.year)}
