"""A browser as far as the gateway can tell: it keeps cookies, and says where a form came from."""

import re
from dataclasses import dataclass, field
from html import unescape
from types import TracebackType
from typing import Any, Self

import httpx2

from gateway.domain.instants import Instant
from gateway.domain.sign_in import SignedIn, Way
from tests.http.edge_app import BASE
from tests.http.served import Served

COOKIE = "Insecure-gateway"
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
MINUTE_US = 60_000_000


@dataclass
class Later:
    """The process's clock, so much later."""

    real: Any
    ahead_us: int = 0

    def now(self) -> Instant:
        return Instant(self.real.now() + self.ahead_us)


@dataclass
class Browser:
    served: Served
    base: str = BASE
    client: httpx2.AsyncClient = field(init=False)

    async def __aenter__(self) -> Self:
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(self.served.app), base_url=self.base, timeout=30
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.client.aclose()

    async def come_in(
        self, account: str, *, strong: bool = True, way: Way = Way.OIDC, at: Instant | None = None
    ) -> str:
        """Hold the cookie of a new sign-in."""
        signed_in = SignedIn(account, way, strong, authenticated_at=at)
        value = await self.served.stack.uses.sign_ins.open(signed_in, replaces=self.cookie)
        self.client.cookies.set(COOKIE, value, domain="127.0.0.1")
        return value

    @property
    def cookie(self) -> str | None:
        return self.client.cookies.get(COOKIE)

    async def get(self, path: str, **headers: str) -> httpx2.Response:
        return await self.client.get(path, headers=headers)

    async def csrf(self, role: str | None = None) -> str:
        named = {} if role is None else {"Gateway-Role": role}
        return str((await self.get("/v1/sign-ins", **named)).json()["csrf"])

    async def ask(
        self, method: str, path: str, *, role: str | None = None, json: object = None
    ) -> httpx2.Response:
        """Ask as a script of our own pages would."""
        headers = {"Origin": self.base, "Gateway-Csrf": await self.csrf(role)}
        headers |= {} if role is None else {"Gateway-Role": role}
        return await self.client.request(method, path, headers=headers, json=json)

    async def post(self, page: httpx2.Response, path: str, **fields: str) -> httpx2.Response:
        """Send a form of this page, with what is hidden in it."""
        hidden = {name: unescape(value) for name, value in _HIDDEN.findall(page.text)}
        return await self.client.post(
            path,
            data={**hidden, **fields},
            headers={"Origin": self.base, "Sec-Fetch-Site": "same-origin"},
        )
