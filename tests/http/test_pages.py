"""The pages: in both languages, without a script, with forms that only they can send."""

import re
from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio

from gateway.domain.sign_in import SignedIn, Way
from gateway.http.pages.texts import read_page_texts
from gateway.http.words import Language
from tests.http.edge_app import BASE
from tests.http.served import Served, serve_stack
from tests.support.browsing import COOKIE, Browser

CSP = {
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}


@pytest_asyncio.fixture
async def bob(served: Served) -> AsyncIterator[Browser]:
    """A worker of the clinic in his browser."""
    async with Browser(served) as browser:
        await browser.come_in("w:bob")
        yield browser


async def pages_of(browser: Browser, **headers: str) -> dict[str, httpx2.Response]:
    paths = ("/sign-in", "/sign-in?again", "/account", "/signed-out", "/sign-in/oidc/9")
    return {path: await browser.get(path, **headers) for path in paths}


async def test_every_page_has_the_headers_of_a_page_and_no_script(bob: Browser) -> None:
    for path, page in (await pages_of(bob)).items():
        assert set(page.headers["content-security-policy"].split("; ")) == CSP, path
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["cross-origin-opener-policy"] == "same-origin"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<script|\son[a-z]+=|javascript:|\sstyle=", page.text), path


async def test_every_page_speaks_french_first_and_english_on_request(bob: Browser) -> None:
    for language, headers in (("fr", {}), ("en", {"Accept-Language": "en-CA"})):
        for path, page in (await pages_of(bob, **headers)).items():
            assert f'<html lang="{language}">' in page.text, path
            assert page.headers["content-language"] == language
    assert (await bob.get("/language/en?back=/account")).headers["location"] == "/account"
    assert '<html lang="en">' in (await bob.get("/account")).text


async def test_a_language_leads_back_to_pages_of_ours_alone(bob: Browser) -> None:
    for back in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/a?to=//evil",
        "",
        "a",
        "/a\n",
    ):
        answer = await bob.client.get("/language/fr", params={"back": back})
        assert answer.headers["location"] == "/sign-in", back
    assert (await bob.get("/language/de")).status_code == 404


async def test_the_style_is_kept_and_changes_its_address_with_its_text(bob: Browser) -> None:
    (href,) = re.findall(r'<link rel="stylesheet" href="([^"]+)">', (await bob.get("/account")).text)
    style = await bob.get(href)
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "max-age" in style.headers["cache-control"]


async def test_the_account_page_says_who_acts_for_whom_and_where_she_is_signed_in(bob: Browser) -> None:
    page = (await bob.get("/account")).text
    assert "Vous agissez pour Clinique inventée." in page
    assert page.count("<h3>") == 1
    assert str(bob.cookie) not in page


async def test_a_family_member_s_page_needs_no_choice_of_a_role(served: Served) -> None:
    async with Browser(served) as conte:
        await conte.come_in("p:parent")
        page = await conte.get("/account")
        assert (page.status_code, "pour votre famille" in page.text) == (200, True)


async def test_whoever_is_not_signed_in_is_sent_to_sign_in(served: Served) -> None:
    async with Browser(served) as nobody:
        page = await nobody.get("/account")
        assert (page.status_code, page.headers["location"]) == (303, "/sign-in")
        nobody.client.cookies.set(COOKIE, "unknown")
        assert (await nobody.get("/account")).headers["location"] == "/sign-in"


async def test_signing_out_ends_the_sign_in_and_clears_what_the_browser_kept(
    bob: Browser, served: Served
) -> None:
    held = bob.cookie
    out = await bob.post(await bob.get("/account"), "/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/signed-out")
    assert out.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert bob.cookie is None
    async with served.client(None, Cookie=f"{COOKIE}={held}") as client:
        assert (await client.get("/v1/me")).status_code == 401
    assert (await served.newest())["kind"] == "signed_out"


async def test_another_sign_in_is_ended_from_the_page_and_all_of_them_too(
    bob: Browser, served: Served
) -> None:
    async with Browser(served) as elsewhere:
        await elsewhere.come_in("w:bob", way=Way.PASSKEY)
        page = await bob.get("/account")
        (other,) = [
            one["id"] for one in (await bob.get("/v1/sign-ins")).json()["items"] if not one["current"]
        ]
        ended = await bob.post(page, "/account/end", sign_in=other)
        assert ended.headers["location"] == "/account"
        assert (await elsewhere.get("/v1/me")).status_code == 401
        assert (await bob.post(page, "/account/end", sign_in="sin_unknown")).headers["location"] == "/account"
        everywhere = await bob.post(page, "/account/end", sign_in="all")
        assert everywhere.headers["location"] == "/signed-out"
        assert (await bob.get("/v1/me")).status_code == 401


async def test_a_form_of_another_site_or_without_its_token_changes_nothing(
    bob: Browser, served: Served
) -> None:
    ours = {"Origin": BASE, "Sec-Fetch-Site": "same-origin"}
    csrf = await bob.csrf()
    for headers, form in (
        ({"Origin": "https://evil.example"}, {"csrf": csrf}),
        ({"Sec-Fetch-Site": "cross-site"}, {"csrf": csrf}),
        ({}, {"csrf": csrf}),
        (ours, {}),
        (ours, {"csrf": ""}),
        (ours, {"csrf": "0" * 32}),
    ):
        answer = await bob.client.post("/sign-out", data={**form, "x": ""}, headers=headers)
        assert answer.status_code == 403, (headers, form)
        assert (await served.newest())["reason"] == "CROSS_SITE"
    assert (await bob.get("/v1/me")).status_code == 200


async def test_what_is_no_form_of_ours_is_refused_in_words(bob: Browser) -> None:
    ours = {"Origin": BASE}
    form = {**ours, "Content-Type": "application/x-www-form-urlencoded"}
    for headers, body in (
        ({**ours, "Content-Type": "application/json"}, b"{}"),
        ({**ours, "Content-Type": "multipart/form-data; boundary=x"}, b"--x--"),
        (form, b"csrf=a&csrf=b"),
        (form, b"csrf=%ff"),
        (form, b"csrf=\xff"),
        (form, b"a=" + b"b" * 20_000),
        (form, b"&".join(b"a%d=b" % number for number in range(40))),
    ):
        answer = await bob.client.post("/sign-out", content=body, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8"), body
    assert (await bob.get("/v1/me")).status_code == 200


async def test_over_tls_a_cookie_is_this_host_s_alone(served: Served) -> None:
    base = "https://gateway.example"
    secure = serve_stack(served.stack, base=base)
    value = await served.stack.uses.sign_ins.open(SignedIn("w:bob", Way.OIDC, strong=True))
    async with Browser(secure, base=base) as browser:
        named = {"Cookie": f"__Host-gateway={value}"}
        assert (await browser.get("/v1/me", **named)).status_code == 200
        assert (await browser.get("/v1/me", Cookie=f"{COOKIE}={value}")).status_code == 401
        csrf = (await browser.get("/v1/sign-ins", **named)).json()["csrf"]
        out = await browser.client.post("/sign-out", data={"csrf": csrf}, headers={**named, "Origin": base})
        assert out.headers["set-cookie"] == (
            "__Host-gateway=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0"
        )


def test_every_text_of_the_pages_is_short_and_in_both_languages() -> None:
    for key, said in read_page_texts().texts.items():
        assert said.keys() == set(Language)
        for text in said.values():
            for sentence in re.split(r"(?<=[.!?])\s", text):
                assert len(sentence.split()) <= 16, key
