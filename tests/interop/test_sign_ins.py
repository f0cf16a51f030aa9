"""Signing in at a foreign identity server, with a browser and on that server's own page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.interop.conftest import BOB, MALLORY, Joined
from tests.support.identity_server import Account

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip(
            f"NO BROWSER: {CHROMIUM} is not there: apt-get install chromium, or run .ci/identity-servers"
        )
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser that nobody has used before."""
    context = browser.new_context(locale="fr-CA")
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def sign_in(joined: Joined, page: Page, account: Account) -> None:
    """From our page to theirs, and back with what they say of her."""
    page.goto(f"{joined.operator.base}/sign-in")
    page.get_by_role("link", name=f"Avec {joined.server.name}").click()
    joined.server.ways.on_page(page, account)
    page.wait_for_url(f"{joined.operator.base}/**")


def test_a_worker_who_signs_in_there_is_let_in_here(joined: Joined, page: Page) -> None:
    sign_in(joined, page, BOB)
    assert page.url == f"{joined.operator.base}/account"
    expect(page.locator("main")).to_contain_text("Clinique inventée")


def test_whoever_is_known_there_and_not_here_is_turned_away(joined: Joined, page: Page) -> None:
    sign_in(joined, page, MALLORY)
    assert page.url.startswith(f"{joined.operator.base}/sign-in/callback")
    answer = page.goto(f"{joined.operator.base}/account")
    assert answer is not None
    assert page.url == f"{joined.operator.base}/sign-in"
