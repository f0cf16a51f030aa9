"""Signing in at a provider over real HTTP: who comes in, and every answer that lets nobody in."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
import pytest_asyncio
from joserfc.jwk import ECKey, OctKey

from tests.http.edge_app import BASE
from tests.http.served import Served, serve_stack
from tests.support.browsing import COOKIE, MINUTE_US, Browser, Later
from tests.support.provider import CLIENT, SECRET, Lies, Provider, running_provider
from tests.support.stack import Stack, network, open_stack

FLOW = f"{COOKIE}-flow"


@dataclass(frozen=True)
class Doors:
    """The small network with one provider; Hal works for two agencies there, and is a parent."""

    stack: Stack
    served: Served
    provider: Provider
    clock: Later


def with_hal(issuer: str) -> dict[str, Any]:
    seed = network()
    for worker in seed["workers"]:
        worker["identity"]["iss"] = issuer
    for person in seed["persons"]:
        if "identity" in person:
            person["identity"]["iss"] = issuer
    hal = {"roles": ["caseworker"], "name": "Inventé hal", "identity": {"iss": issuer, "sub": "hal"}}
    seed["workers"] += [
        {**hal, "id": "w:hal", "agency": "qc:clinic"},
        {**hal, "id": "w:hal-school", "agency": "qc:school", "roles": ["pivot"]},
    ]
    seed["persons"].append(
        {
            "id": "p:hal",
            "names": {"given": "Hal", "family": "Inventé"},
            "birth_date": "1980-01-01",
            "identity": {"iss": issuer, "sub": "hal"},
        }
    )
    return seed


@pytest_asyncio.fixture
async def doors(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Doors]:
    clock = Later(None)
    async with running_provider(clock) as provider:
        seed = with_hal(provider.issuer)
        async with open_stack(sqlite_url, tmp_path / "state", seed=seed) as stack:
            clock.real = stack.parts.clock
            seen = provider.as_seen(tmp_path, stack.parts.log)
            served = serve_stack(stack, clock=clock, providers=[seen])
            yield Doors(stack, served, provider, clock)


@pytest_asyncio.fixture
async def browser(doors: Doors) -> AsyncIterator[Browser]:
    async with Browser(doors.served) as browser:
        yield browser


async def visit(address: str) -> str:
    """What the provider sends the browser back to."""
    async with httpx2.AsyncClient(timeout=10) as outside:
        answer = await outside.get(address)
    assert answer.status_code == 303
    return answer.headers["location"].removeprefix(BASE)


async def sign_in(browser: Browser, *, again: bool = False) -> httpx2.Response:
    """Go the whole way; the answer is that of the way back."""
    away = await browser.get("/sign-in/oidc/0" + ("?again" if again else ""))
    assert away.status_code == 303
    return await browser.get(await visit(away.headers["location"]))


async def test_a_worker_comes_in_and_acts_for_her_agency(browser: Browser, doors: Doors) -> None:
    back = await sign_in(browser)
    assert (back.status_code, back.headers["location"]) == (303, "/account")
    me = (await browser.get("/v1/me")).json()
    assert (me["account"], me["agency"]["id"], me["strong"]) == ("w:bob", "qc:clinic", True)
    assert (await doors.served.newest())["kind"] == "signed_in"
    assert browser.client.cookies.get(FLOW) is None


async def test_cookies_are_kept_from_scripts_and_from_other_sites(browser: Browser) -> None:
    away = await browser.get("/sign-in/oidc/0")
    back = await browser.get(await visit(away.headers["location"]))
    for answer, name in ((away, FLOW), (back, COOKIE)):
        (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}=")]
        flags = cookie.split("; ")[1:]
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(flags)
        assert not any(one.startswith("Domain") for one in flags)


async def test_the_request_names_what_its_answer_must_match(browser: Browser, doors: Doors) -> None:
    asked = parse_qs(urlsplit((await browser.get("/sign-in/oidc/0")).headers["location"]).query)
    assert asked["redirect_uri"] == [f"{BASE}/sign-in/callback"]
    assert all(len(asked[name][0]) == 43 for name in ("state", "nonce", "code_challenge"))
    assert (asked["max_age"], asked["acr_values"], "prompt" in asked) == (["28800"], ["gold"], False)
    again = parse_qs(urlsplit((await browser.get("/sign-in/oidc/0?again")).headers["location"]).query)
    assert (again["max_age"], again["prompt"]) == (["0"], ["login"])
    assert again["state"] != asked["state"]
    assert not doors.provider.exchanges


async def test_the_gateway_proves_which_client_it_is(browser: Browser, doors: Doors) -> None:
    await sign_in(browser)
    (exchange,) = doors.provider.exchanges
    assert exchange["authorization"].startswith("Basic ")
    assert SECRET not in exchange.values()
    assert len(exchange["code_verifier"]) == 43


async def test_an_acr_that_is_not_listed_is_no_strong_authentication(browser: Browser, doors: Doors) -> None:
    doors.provider.acr = "silver"
    await sign_in(browser)
    assert (await browser.get("/v1/me")).json()["strong"] is False


HOSTILE: Mapping[str, Lies] = {
    "another state": Lies(answer={"state": "A" * 43}),
    "no state": Lies(answer={"state": None}),
    "another issuer's answer": Lies(answer={"iss": "https://other.example"}),
    "an answer that does not say whose it is": Lies(answer={"iss": None}),
    "an error": Lies(answer={"code": None, "error": "access_denied"}),
    "an error beside a code": Lies(answer={"error": "access_denied"}),
    "no code": Lies(answer={"code": None}),
    "another code": Lies(answer={"code": "unknown"}),
    "another nonce": Lies(claims={"nonce": "A" * 43}),
    "no nonce": Lies(claims={"nonce": None}),
    "another issuer": Lies(claims={"iss": "https://other.example"}),
    "no issuer": Lies(claims={"iss": None}),
    "another audience": Lies(claims={"aud": "another"}),
    "an audience beside ours": Lies(claims={"aud": [CLIENT, "another"]}),
    "no audience": Lies(claims={"aud": None}),
    "another authorized party": Lies(claims={"azp": "another"}),
    "no subject": Lies(claims={"sub": None}),
    "a subject that is no text": Lies(claims={"sub": 7}),
    "expired": Lies(claims={"exp": 1}),
    "no end": Lies(claims={"exp": None}),
    "an end of a year": Lies(claims={"exp": 2**39}),
    "issued long ago": Lies(claims={"iat": 1_700_000_000, "exp": 2_000_000_000}),
    "issued tomorrow": Lies(claims={"iat": 4_000_000_000, "exp": 4_000_000_300}),
    "not valid yet": Lies(claims={"nbf": 4_000_000_000}),
    "a time that is no number": Lies(claims={"iat": True}),
    "authenticated in the future": Lies(claims={"auth_time": 4_000_000_000}),
    "authenticated before the request allows": Lies(claims={"auth_time": 1_700_000_000}),
    "an access token": Lies(header={"typ": "at+jwt"}),
    "a logout token": Lies(header={"typ": "logout+jwt"}),
    "another key under our key's name": Lies(key=ECKey.generate_key("P-256")),
    "an unknown key": Lies(header={"kid": "two"}),
    "a key of its own": Lies(header={"jwk": ECKey.generate_key("P-256").as_dict(private=False)}),
    "an address of keys": Lies(header={"jku": "https://evil.example/jwks"}),
    "no signature": Lies(header={"alg": "none"}, unsigned=True),
    "no signature, said otherwise": Lies(unsigned=True),
    "signed with a shared secret": Lies(header={"alg": "HS256"}, key=OctKey.import_key(SECRET)),
    "no token": Lies(token={"id_token": None}),
    "a token that is no text": Lies(token={"id_token": 7}),
    "a token of other parts": Lies(token={"id_token": "a.b"}),
    "a very long token": Lies(token={"id_token": "a" * 20_000 + ".b.c"}),
}


async def test_no_hostile_answer_lets_anybody_in(doors: Doors) -> None:
    for name, lies in HOSTILE.items():
        doors.provider.lies = lies
        async with Browser(doors.served) as browser:
            back = await sign_in(browser)
            assert back.status_code == 403, name
            assert browser.cookie is None, name
            assert (await browser.get("/v1/me")).status_code == 401
    doors.provider.lies = Lies()
    async with Browser(doors.served) as browser:
        assert (await sign_in(browser)).status_code == 303


async def test_every_refusal_looks_alike_and_the_unknown_are_among_them(doors: Doors) -> None:
    pages = []
    for lies, subject in (
        (Lies(), "nobody"),
        (HOSTILE["another nonce"], "bob"),
        (HOSTILE["an error"], "bob"),
    ):
        doors.provider.lies, doors.provider.subject = lies, subject
        async with Browser(doors.served) as browser:
            pages.append((await sign_in(browser)).text)
    assert len(set(pages)) == 1
    assert "nobody" not in doors.served.log.getvalue()


async def test_whoever_is_unknown_here_is_recorded_as_refused(browser: Browser, doors: Doors) -> None:
    doors.provider.subject = "nobody"
    assert (await sign_in(browser)).status_code == 403
    row = await doors.served.newest()
    assert (row["kind"], row["outcome"], row["account"]) == ("sign_in_refused", "deny", None)


async def test_an_answer_serves_once_even_where_the_provider_would_serve_twice(doors: Doors) -> None:
    doors.provider.lies = Lies(serves_codes_twice=True)
    async with Browser(doors.served) as browser:
        away = await browser.get("/sign-in/oidc/0")
        kept = browser.client.cookies.get(FLOW)
        way_back = await visit(away.headers["location"])
        assert (await browser.get(way_back)).status_code == 303
    async with Browser(doors.served) as thief:
        thief.client.cookies.set(FLOW, str(kept))
        assert (await thief.get(way_back)).status_code == 403
        assert thief.cookie is None


async def test_a_code_is_refused_by_the_provider_the_second_time(browser: Browser) -> None:
    away = await browser.get("/sign-in/oidc/0")
    kept, way_back = browser.client.cookies.get(FLOW), await visit(away.headers["location"])
    assert (await browser.get(way_back)).status_code == 303
    browser.client.cookies.set(FLOW, str(kept))
    assert (await browser.get(way_back)).status_code == 403


async def test_an_answer_belongs_to_the_browser_that_asked_and_for_ten_minutes(
    browser: Browser, doors: Doors
) -> None:
    way_back = await visit((await browser.get("/sign-in/oidc/0")).headers["location"])
    async with Browser(doors.served) as other:
        assert (await other.get(way_back)).status_code == 403
        await other.get("/sign-in/oidc/0")
        assert (await other.get(way_back)).status_code == 403
    assert (await browser.get(f"{way_back}&state=again")).status_code == 403


async def test_a_request_is_forgotten_after_ten_minutes(browser: Browser, doors: Doors) -> None:
    away = await browser.get("/sign-in/oidc/0")
    doors.clock.ahead_us = 10 * MINUTE_US
    assert (await browser.get(await visit(away.headers["location"]))).status_code == 403


async def test_whoever_has_several_accounts_comes_for_exactly_one(browser: Browser, doors: Doors) -> None:
    doors.provider.subject = "hal"
    back = await sign_in(browser)
    assert (back.headers["location"], browser.cookie) == ("/sign-in/account", None)
    page = await browser.get("/sign-in/account")
    assert all(label in page.text for label in ("Clinique inventée", "École inventée", "Ma famille et moi"))
    kept = browser.client.cookies.get(FLOW)
    chosen = await browser.post(page, "/sign-in/account", account="w:hal-school")
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/account")
    me = (await browser.get("/v1/me")).json()
    assert (me["account"], me["agency"]["id"], me["role"]["code"]) == ("w:hal-school", "qc:school", "pivot")
    # The same proof opens no second one: to change is to sign in again.
    browser.client.cookies.set(FLOW, str(kept))
    assert (await browser.post(page, "/sign-in/account", account="w:hal")).status_code == 403
    assert (await browser.get("/v1/me")).json()["account"] == "w:hal-school"


async def test_a_choice_is_made_on_our_page_among_ones_own_accounts(browser: Browser, doors: Doors) -> None:
    doors.provider.subject = "hal"
    await sign_in(browser)
    page = await browser.get("/sign-in/account")
    forged = await browser.client.post(
        "/sign-in/account", data={"account": "w:hal"}, headers={"Origin": "https://evil.example"}
    )
    assert forged.status_code == 403
    unasked = await browser.client.post(
        "/sign-in/account", data={"account": "w:hal"}, headers={"Origin": BASE}
    )
    assert unasked.status_code == 403
    assert (await browser.post(page, "/sign-in/account", account="w:bob")).status_code == 403
    assert browser.cookie is None


async def test_proving_again_keeps_the_account_and_turns_the_cookie_over(
    browser: Browser, doors: Doors
) -> None:
    doors.provider.subject = "hal"
    await sign_in(browser)
    await browser.post(await browser.get("/sign-in/account"), "/sign-in/account", account="w:hal-school")
    before = browser.cookie
    back = await sign_in(browser, again=True)
    assert back.headers["location"] == "/account"
    assert browser.cookie != before
    assert (await browser.get("/v1/me")).json()["account"] == "w:hal-school"
    assert len((await browser.get("/v1/sign-ins")).json()["items"]) == 1


async def test_proving_again_needs_a_new_proof(browser: Browser, doors: Doors) -> None:
    doors.provider.ago_s = 3600
    await sign_in(browser)
    assert (await browser.get("/v1/me")).json()["strong"] is False
    assert (await sign_in(browser, again=True)).status_code == 403
    doors.provider.lies = Lies(claims={"auth_time": None})
    assert (await sign_in(browser, again=True)).status_code == 403
    doors.provider.lies, doors.provider.ago_s = Lies(), 30
    assert (await sign_in(browser, again=True)).status_code == 303
    assert (await browser.get("/v1/me")).json()["strong"] is True


@pytest.mark.parametrize("said", [None, 0], ids=["nothing", "zero, as glewlwyd does"])
async def test_a_provider_that_does_not_say_when_has_proved_nothing_lately(
    said: int | None, browser: Browser, doors: Doors
) -> None:
    doors.provider.lies = Lies(claims={"auth_time": said})
    assert (await sign_in(browser)).status_code == 303
    assert (await browser.get("/v1/me")).json()["strong"] is False
    assert (await sign_in(browser, again=True)).status_code == 403


async def test_metadata_of_another_issuer_or_without_s256_opens_nothing(doors: Doors, tmp_path: Path) -> None:
    for lies in (
        Lies(metadata={"issuer": "https://other.example"}),
        Lies(metadata={"code_challenge_methods_supported": ["plain"]}),
        Lies(metadata={"token_endpoint": "http://evil.example/token"}),
        Lies(metadata={"authorization_endpoint": None}),
    ):
        doors.provider.lies = lies
        seen = doors.provider.as_seen(tmp_path, doors.stack.parts.log)
        served = serve_stack(doors.stack, providers=[seen])
        async with Browser(served) as browser:
            assert (await browser.get("/sign-in/oidc/0")).status_code == 503


async def test_pinned_endpoints_need_no_discovery(doors: Doors, tmp_path: Path) -> None:
    issuer = doors.provider.issuer
    doors.provider.lies = Lies(metadata={"issuer": "https://other.example"})
    pinned = {"authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token"}
    seen = doors.provider.as_seen(tmp_path, doors.stack.parts.log, **pinned)
    async with Browser(serve_stack(doors.stack, clock=doors.clock, providers=[seen])) as browser:
        assert (await sign_in(browser)).status_code == 303


async def test_a_provider_that_is_away_is_said_in_words(doors: Doors, tmp_path: Path) -> None:
    away = replace(doors.provider, port=1)
    seen = away.as_seen(tmp_path, doors.stack.parts.log)
    async with Browser(serve_stack(doors.stack, providers=[seen])) as browser:
        page = await browser.get("/sign-in/oidc/0")
        assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")


async def test_a_provider_that_is_not_there_is_not_found(browser: Browser) -> None:
    for number in ("1", "-1", "x", "99999999999999999999", "٣"):
        assert (await browser.get(f"/sign-in/oidc/{number}")).status_code == 404
