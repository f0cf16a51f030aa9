"""A real browser on a real socket: Debian's Chromium, driven by playwright, against the small network."""

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import uvicorn
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from gateway.adapters.identity.passkeys import WebAuthn
from gateway.http.app import SERVER_OPTIONS
from gateway.http.signing_in import EnrollingUses
from tests.http.served import Served, serve_stack
from tests.support.stack import Stack

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
WHY_NOT = "no chromium on this machine: apt-get install -y chromium"


@asynccontextmanager
async def served_on_localhost(stack: Stack) -> AsyncIterator[tuple[Served, str]]:
    """Serve this stack under a name that browsers make passkeys for."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base = f"http://localhost:{listening.getsockname()[1]}"
        served = serve_stack(stack, base=base, enrolling=with_passkeys_of(stack.uses.enrolling, base))
        server = uvicorn.Server(uvicorn.Config(served.app, **{**SERVER_OPTIONS, "lifespan": "off"}))
        task = asyncio.create_task(server.serve([listening]))
        try:
            while not server.started:  # noqa: ASYNC110 - it is told in no other way
                await asyncio.sleep(0.01)
            yield served, base
        finally:
            server.should_exit = True
            await task


def with_passkeys_of(uses: EnrollingUses, base: str) -> EnrollingUses:
    """Believe authenticators at this address."""
    web = WebAuthn(base)
    return replace(
        uses,
        add_passkey=replace(uses.add_passkey, authenticators=web),
        sign_in_with_passkey=replace(uses.sign_in_with_passkey, authenticators=web),
    )


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start it, without a window."""
    assert CHROMIUM is not None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            await browser.close()


async def with_authenticator(context: BrowserContext, page: Page) -> None:
    """Give this page a device that keeps passkeys and knows its owner's finger."""
    devtools = await context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    await devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
