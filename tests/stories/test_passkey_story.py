"""A family's ways in through the real pages, in a real browser with an authenticator of its own."""

from pathlib import Path

import pytest
from playwright.async_api import Page

from tests.support.chromium import CHROMIUM, WHY_NOT, chromium, served_on_localhost, with_authenticator
from tests.support.stack import open_stack
from tests.support.ways_in import Ways

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WHY_NOT)


async def enter_by_code(page: Page, base: str, code: str) -> None:
    await page.goto(f"{base}/sign-in/code")
    await page.fill("#code", code)
    for part, text in (("day", "1"), ("month", "5"), ("year", "1988")):
        await page.fill(f"#{part}", text)
    await page.click("form button")
    await page.wait_for_url(f"{base}/account")


async def test_a_mother_comes_in_by_her_sheet_adds_a_key_and_comes_in_by_that(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_stack(sqlite_url, tmp_path / "state") as stack:
        ways = Ways(stack)
        printed = await ways.print_code()
        async with served_on_localhost(stack) as (_, base), chromium() as browser:
            context = await browser.new_context(locale="fr-CA")
            page = await context.new_page()
            said: list[str] = []
            page.on("console", lambda message: said.append(message.text))
            await with_authenticator(context, page)
            await enter_by_code(page, base, printed.code.printed.lower())
            # She adds this telephone's key; the page tells her that it is as slow as the code for a day.
            await page.goto(f"{base}/account/ways")
            await page.click("a.act")
            assert await page.locator(".note:visible").count() == 1
            await page.fill("#label", "Mon téléphone")
            await page.click("#ask button")
            await page.wait_for_url(f"{base}/account/ways")
            assert "Mon téléphone" in await page.inner_text("main")
            # She leaves, and comes back by the key alone.
            await page.goto(f"{base}/account")
            await page.click("form[action='/sign-out'] button")
            await page.wait_for_url(f"{base}/signed-out")
            await page.goto(f"{base}/sign-in/passkey")
            await page.click("#ask button")
            await page.wait_for_url(f"{base}/account")
            # A lost sheet, named by anybody, ends the key that it added too.
            await page.goto(f"{base}/codes/lost")
            await page.fill("#code", printed.code.printed)
            await page.click("form button")
            await page.goto(f"{base}/account")
            await page.wait_for_url(f"{base}/sign-in")
            await page.goto(f"{base}/sign-in/passkey")
            await page.click("#ask button")
            await page.wait_for_selector("#failed:visible")
            assert [one for one in said if "Content Security Policy" in one] == []


async def test_without_a_script_the_page_of_passkeys_says_where_to_go(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with (
        open_stack(sqlite_url, tmp_path / "state") as stack,
        served_on_localhost(stack) as (_, base),
        chromium() as browser,
    ):
        context = await browser.new_context(java_script_enabled=False)
        page = await context.new_page()
        await page.goto(f"{base}/sign-in/passkey")
        assert await page.locator("#ask:visible").count() == 0
        assert await page.locator("noscript .note").count() == 1
        # Without a script everything else works.
        await enter_by_code(page, base, (await Ways(stack).print_code()).code.printed)
