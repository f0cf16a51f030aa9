"""A cookie in place of a token: who is let in, for how long, from where, and what ends it."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from gateway.domain.errors import UnauthenticatedError
from gateway.domain.sign_in import STEP_UP_US, Way
from tests.http.edge_app import BASE
from tests.http.served import ADA, BOB, CONTE, Served, codes, serve_stack
from tests.support.browsing import COOKIE, MINUTE_US, Browser
from tests.support.stack import ISSUER, network, open_stack

LETTER = "/v1/fragments/frg_letter/releases"
ASKED = {"purpose": "coordination"}


@pytest_asyncio.fixture
async def bob(served: Served) -> AsyncIterator[Browser]:
    """A worker of the clinic in his browser."""
    async with Browser(served) as browser:
        await browser.come_in("w:bob")
        yield browser


async def test_a_worker_reads_with_a_cookie_what_he_reads_with_a_token(bob: Browser, served: Served) -> None:
    by_cookie, by_token = await bob.get("/v1/me"), await served.ask(BOB, "GET", "/v1/me")
    same = ("account", "agency", "role", "roles", "active", "strong")
    assert [by_cookie.json()[one] for one in same] == [by_token.json()[one] for one in same]
    assert by_cookie.json()["client"] == "gateway:pages"


async def test_a_release_under_a_cookie_names_the_sign_in_s_client(bob: Browser, served: Served) -> None:
    answer = await bob.ask("POST", LETTER, json=ASKED)
    assert (answer.status_code, answer.content) == (201, b"An invented letter.")
    row = await served.newest()
    assert (row["kind"], row["agency"]) == ("released", "qc:clinic")


async def test_both_a_cookie_and_a_token_are_one_too_many(bob: Browser) -> None:
    answer = await bob.get("/v1/me", Authorization="Bearer bob@client:clinic")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")


async def test_a_cookie_of_nobody_lets_nobody_in(bob: Browser, served: Served) -> None:
    for header in (
        f"{COOKIE}=unknown",
        f"{COOKIE}=",
        f"{COOKIE}={'x' * 4000}",
        f"{COOKIE}={bob.cookie}; {COOKIE}={bob.cookie}",
        f"{COOKIE}-language=fr",
        f"__Host-gateway={bob.cookie}",
    ):
        async with served.client(None, Cookie=header) as client:
            assert (await client.get("/v1/me")).status_code == 401, header
    async with served.client(BOB, Cookie=f"{COOKIE}-language=fr") as client:
        assert (await client.get("/v1/me")).status_code == 200


async def test_a_token_that_claims_to_be_the_pages_own_client_is_refused(served: Served) -> None:
    assert (await served.ask("conte@gateway:pages+guardian", "GET", "/v1/me")).status_code == 401


async def test_a_family_member_chooses_a_role_as_with_a_token(served: Served) -> None:
    async with Browser(served) as conte:
        await conte.come_in("p:parent")
        assert (await conte.get("/v1/me")).status_code == 400
        answer = await conte.get("/v1/me", **{"Gateway-Role": "guardian"})
        assert answer.json()["account"] == "p:parent"


async def test_a_new_sign_in_ends_the_one_that_the_browser_held(bob: Browser) -> None:
    held = bob.cookie
    await bob.come_in("w:bob")
    assert bob.cookie != held
    assert (await bob.get("/v1/me")).status_code == 200
    bob.client.cookies.set(COOKIE, str(held))
    assert (await bob.get("/v1/me")).status_code == 401


async def test_one_ends_another_of_ones_own_from_anywhere(bob: Browser, served: Served) -> None:
    async with Browser(served) as elsewhere:
        await elsewhere.come_in("w:bob")
        items = (await bob.get("/v1/sign-ins")).json()["items"]
        assert [one["current"] for one in items] == [False, True]
        (other,) = [one["id"] for one in items if not one["current"]]
        ended = await bob.ask("DELETE", f"/v1/sign-ins/{other}")
        assert ended.status_code in {200, 202}
        assert ended.json()["in_force"] is True
        assert (await elsewhere.get("/v1/me")).status_code == 401
        assert (await bob.get("/v1/me")).status_code == 200
        assert (await served.newest())["kind"] == "signed_out"
        assert len((await bob.get("/v1/sign-ins")).json()["items"]) == 1


async def test_a_token_ends_every_sign_in_of_its_account(bob: Browser, served: Served) -> None:
    assert (await served.ask(BOB, "DELETE", "/v1/sign-ins")).json()["in_force"] is True
    assert (await bob.get("/v1/me")).status_code == 401


async def test_somebody_elses_sign_in_is_as_one_that_is_not_there(bob: Browser, served: Served) -> None:
    (own,) = (await bob.get("/v1/sign-ins")).json()["items"]
    for name in (own["id"], "sin_unknown"):
        answer = await served.ask(ADA, "DELETE", f"/v1/sign-ins/{name}")
        assert answer.status_code == 404
    assert (await bob.get("/v1/me")).status_code == 200


async def test_a_disabled_worker_s_sign_in_is_refused_by_the_policy(bob: Browser, served: Served) -> None:
    seen = {"If-Match": '"1"'}
    path = "/v1/workers/w:bob"
    fil = "fil@client:clinic"
    changed = await served.ask(fil, "PATCH", path, json={"active": False}, headers=seen)
    assert changed.status_code == 200
    answer = await bob.ask("POST", LETTER, json=ASKED)
    assert answer.status_code == 404
    assert (await served.newest())["reason"] == "ACCOUNT_INACTIVE"


async def test_nobody_signs_in_for_a_disabled_account_and_it_is_recorded(served: Served) -> None:
    seen = {"If-Match": '"1"'}
    await served.ask("fil@client:clinic", "PATCH", "/v1/workers/w:bob", json={"active": False}, headers=seen)
    async with Browser(served) as browser:
        with pytest.raises(UnauthenticatedError):
            await browser.come_in("w:bob")
    assert (await served.newest())["kind"] == "sign_in_refused"


async def test_opening_and_ending_are_entries_of_her_own(served: Served) -> None:
    async with Browser(served) as conte:
        await conte.come_in("p:parent")
        opened = await served.newest()
        assert opened["kind"] == "signed_in"
        await conte.ask("DELETE", "/v1/sign-ins", role="guardian")
        ended = await served.newest()
        assert (ended["kind"], ended["person"]) == ("signed_out", opened["person"])
        assert opened["person"] is not None


# --- What is under way -------------------------------------------------------------------------------------


async def test_a_youth_finds_her_sign_in_in_her_log_and_her_parent_does_not(
    sqlite_url: str, tmp_path: Path
) -> None:
    seed = network()
    seed["persons"][0] |= {"birth_date": "today-5700d", "identity": {"iss": ISSUER, "sub": "fable"}}
    async with open_stack(sqlite_url, tmp_path / "state", seed=seed) as stack:
        served = serve_stack(stack)
        async with Browser(served) as fable:
            await fable.come_in("p:child", way=Way.PASSKEY)
        log = "/v1/ledger/entries?person=p:child"
        (row,) = (await served.ask("fable@client:family+youth", "GET", log)).json()["items"]
        assert (row["kind"], row["way"], row["role"]) == ("signed_in", "passkey", None)
        assert (await served.ask(CONTE, "GET", log)).json()["items"] == []


# --- From where ---------------------------------------------------------------------------------------------

SENT_FROM: list[tuple[dict[str, str], int]] = [
    ({}, 403),
    ({"Origin": BASE}, 201),
    ({"Sec-Fetch-Site": "same-origin"}, 201),
    ({"Origin": BASE, "Sec-Fetch-Site": "same-origin"}, 201),
    ({"Origin": BASE, "Sec-Fetch-Site": "same-site"}, 403),
    ({"Origin": BASE, "Sec-Fetch-Site": "cross-site"}, 403),
    ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ({"Origin": "null"}, 403),
    ({"Origin": BASE.replace("http", "https")}, 403),
    ({"Origin": f"{BASE}.evil.example"}, 403),
    ({"Sec-Fetch-Site": "none"}, 403),
    ({"Sec-Fetch-Site": "same-site"}, 403),
    ({"Referer": f"{BASE}/account"}, 403),
]


async def test_a_request_that_changes_something_comes_from_our_pages(bob: Browser, served: Served) -> None:
    token = {"Gateway-Csrf": await bob.csrf()}
    for headers, status in SENT_FROM:
        answer = await bob.client.post(LETTER, json=ASKED, headers={**headers, **token})
        assert answer.status_code == status, headers
        row = await served.newest()
        if status == 403:
            assert answer.json()["code"] == "cross_site"
            assert (row["kind"], row["reason"]) == ("refused", "CROSS_SITE")


async def test_a_request_that_changes_something_carries_the_token_of_this_sign_in(
    bob: Browser, served: Served
) -> None:
    async with Browser(served) as elsewhere:
        await elsewhere.come_in("w:bob")
        other = await elsewhere.csrf()
    for token in ("", "0" * 32, "é", other, f"{await bob.csrf()} "):
        headers = [(b"Origin", BASE.encode()), (b"Gateway-Csrf", token.encode("latin-1"))]
        answer = await bob.client.post(LETTER, json=ASKED, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "cross_site"), token


async def test_a_token_needs_no_such_proof(served: Served) -> None:
    assert (await served.release(BOB, "frg_letter")).status_code == 201


# --- How lately ---------------------------------------------------------------------------------------------

PERMIT = {
    "person": "p:child",
    "decision": "permit",
    "recipients": [{"agency": "qc:clinic"}],
    "owners": ["qc:school"],
    "purposes": ["coordination"],
    "categories": ["education"],
    "until": "2027-05-01T00:00:00Z",
}
STOP = {"person": "p:child", "reach": {"kind": "all"}}


async def _stale(browser: Browser, account: str) -> None:
    """Come in with an authentication of sixteen minutes ago."""
    now = browser.served.stack.parts.clock.now()
    await browser.come_in(account, at=type(now)(now - STEP_UP_US - MINUTE_US))


async def test_content_needs_a_recent_authentication_whatever_is_asked_for(served: Served) -> None:
    async with Browser(served) as bob:
        await _stale(bob, "w:bob")
        for fragment in ("frg_letter", "frg_unknown"):
            answer = await bob.ask("POST", f"/v1/fragments/{fragment}/releases", json=ASKED)
            assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
            assert codes(answer.json()) == ["STEP_UP_REQUIRED"]
            (remedy,) = answer.json()["remedies"]
            assert remedy["href"] == f"{BASE}/sign-in?again"
            row = await served.newest()
            assert (row["kind"], row["reason"]) == ("refused", "STEP_UP_REQUIRED")
        assert (await bob.get("/v1/me")).json()["strong"] is False
        await bob.come_in("w:bob")
        assert (await bob.ask("POST", LETTER, json=ASKED)).status_code == 201


async def test_saying_yes_needs_a_recent_authentication_and_saying_no_never(served: Served) -> None:
    async with Browser(served) as conte:
        await _stale(conte, "p:parent")

        async def ask(path: str, body: object) -> httpx2.Response:
            return await conte.ask("POST", path, role="guardian", json=body)

        refused = await ask("/v1/consents", PERMIT)
        assert (refused.status_code, refused.json()["code"]) == (403, "step_up_required")
        assert (await served.newest())["reason"] == "STEP_UP_REQUIRED"
        no = {**PERMIT, "decision": "deny"}
        assert (await ask("/v1/consents", no)).status_code == 201
        assert (await ask("/v1/consents/cns_1/withdrawals", {})).status_code == 201
        stopped = await ask("/v1/stops", STOP)
        assert stopped.status_code == 201
        undo = await ask(f"/v1/stops/{stopped.json()['id']}/undo", {})
        assert (undo.status_code, undo.json()["code"]) == (403, "step_up_required")
        await conte.come_in("p:parent")
        assert (await ask(f"/v1/stops/{stopped.json()['id']}/undo", {})).status_code == 201


async def test_a_refusal_is_lifted_after_a_recent_authentication(served: Served) -> None:
    async with Browser(served) as conte:
        await _stale(conte, "p:parent")
        no = {**PERMIT, "decision": "deny"}
        given = await conte.ask("POST", "/v1/consents", role="guardian", json=no)
        path = f"/v1/consents/{given.json()['id']}/withdrawals"
        lifted = await conte.ask("POST", path, role="guardian", json={})
        assert (lifted.status_code, lifted.json()["code"]) == (403, "step_up_required")


async def test_a_token_is_never_asked_for_more(served: Served) -> None:
    assert (await served.ask(CONTE, "POST", "/v1/consents", json=PERMIT)).status_code == 201


async def test_where_no_cookie_is_safe_nobody_signs_in(served: Served) -> None:
    base = "http://gateway.example"
    open_air = serve_stack(served.stack, base=base)
    async with Browser(open_air, base=base) as browser:
        assert (await browser.get("/sign-in")).status_code == 404
        await browser.come_in("w:bob")
        assert (await browser.get("/v1/me")).status_code == 401
