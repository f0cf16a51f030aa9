"""Signing in at a provider: sent away, and back with an answer."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.domain.errors import GatewayError, NotVisibleError, UnauthenticatedError
from gateway.domain.instants import Instant
from gateway.domain.sign_in import STEP_UP_US, Vouched, Way
from gateway.http.pages.desk import Desk
from gateway.http.pages.flows import LIFE_S, Choice, SentAway
from gateway.http.pages.frame import PageRoute, go
from gateway.http.pages.sign_in import hers
from gateway.http.pages.ways import come_in, turn_away

CALLBACK = "/sign-in/callback"
_MAX_PARAMETERS = 16


def make_router(desk: Desk) -> APIRouter:
    """Build the routes."""
    router = APIRouter(route_class=PageRoute, include_in_schema=False)
    cookies, redirect_uri = desk.browsers.cookies, f"{desk.base}{CALLBACK}"

    # A link and no form: where a form leads is bound to this host, redirects included (CSP `form-action`).
    @router.get("/sign-in/oidc/{number}")
    async def send_away(request: Request, number: str) -> Response:
        place = int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else -1  # noqa: PLR2004 - at most 32
        if not 0 <= place < len(desk.providers):
            raise NotVisibleError("no such provider")
        again, now = "again" in request.query_params, desk.clock.now()
        begun = await desk.providers[place].begin(redirect_uri, now, again=again)
        kept = desk.flows.seal_sent(SentAway(place, begun, again, now))
        return go(begun.address, set_cookies=[cookies.put(cookies.flow, kept, for_s=LIFE_S)])

    @router.get(CALLBACK)
    async def come_back(request: Request) -> Response:
        try:
            return await _come_back(desk, request, redirect_uri)
        except UnauthenticatedError:
            return turn_away(desk, request)

    return router


async def _come_back(desk: Desk, request: Request, redirect_uri: str) -> Response:
    """Take the answer to the one request that this browser made.

    Raises:
        UnauthenticatedError: It made none, or the answer is not acceptable, or names nobody who may come in.
    """
    cookies, now = desk.browsers.cookies, desk.clock.now()
    sent = desk.flows.open_sent(cookies.read(request.scope, cookies.flow), now)
    if sent is None or sent.provider >= len(desk.providers):
        raise UnauthenticatedError("this browser asked for nothing")
    provider = desk.providers[sent.provider]
    vouched = await provider.finish(sent.begun, _parameters(request), redirect_uri, now, again=sent.again)
    accounts = await hers(desk, vouched.identity)
    if not accounts:
        detail = {"issuer": vouched.identity.issuer, "why": "no account"}
        await desk.usecases.sign_ins.refuse(Way.OIDC, detail)
        raise UnauthenticatedError("nobody is known by this name")
    choice = _choice(vouched, sent, now)
    known = {one.id for one in accounts}
    held = await _held(desk, request) if sent.again else None
    if held in known:
        return await come_in(desk, request, choice.taken(held))
    if len(known) == 1:
        return await come_in(desk, request, choice.taken(known.pop()))
    kept = desk.flows.seal_choice(choice)
    return go("/sign-in/account", set_cookies=[cookies.put(cookies.flow, kept, for_s=LIFE_S)])


def _choice(vouched: Vouched, sent: SentAway, now: Instant) -> Choice:
    # A provider that does not say when she proved who she is has said nothing for what needs it lately.
    proved_at = vouched.authenticated_at
    stale_at = Instant(now - STEP_UP_US)
    return Choice(
        vouched.identity, vouched.strong, stale_at if proved_at is None else proved_at, sent.begun.state, now
    )


async def _held(desk: Desk, request: Request) -> str | None:
    """Whose the browser's sign-in is until now: proving it again keeps her with that account."""
    try:
        return (await desk.browsers.admit_to_page(request.scope)).sign_in.account
    except GatewayError:
        return None


def _parameters(request: Request) -> Mapping[str, str]:
    pairs = request.query_params.multi_items()
    found = dict(pairs)
    if len(found) != len(pairs) or len(pairs) > _MAX_PARAMETERS:
        raise UnauthenticatedError("a parameter came twice")
    return found
