"""Signing in: which way, for which of one's accounts; and the pages' own language and style."""

import hmac
import re
from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.domain.errors import CrossSiteError, NotVisibleError, UnauthenticatedError
from gateway.domain.registry import Identity
from gateway.domain.sign_in import Account
from gateway.domain.vocabulary import FAMILY_ROLES
from gateway.http.pages.desk import Desk
from gateway.http.pages.flows import Choice
from gateway.http.pages.forms import read_anybodys
from gateway.http.pages.frame import ICON_PATH, STYLE_PATH, PageRoute, go
from gateway.http.pages.ways import come_in, list_ways, turn_away
from gateway.http.words import Language

_OWN_PATH = re.compile(r"/(?:[a-z0-9-]+(?:/[a-z0-9-]+)*)?(?:\?again)?\Z")
"""A page of ours: never another host's address."""
_KEPT = {"Cache-Control": "public, max-age=86400", "Vary": "Accept-Encoding"}


def make_router(desk: Desk) -> APIRouter:
    """Build the routes."""
    router = APIRouter(route_class=PageRoute, include_in_schema=False)
    frame, cookies = desk.frame, desk.browsers.cookies

    @router.get("/sign-in")
    async def choose_way(request: Request) -> Response:
        again = "again" in request.query_params
        ways = list_ways(desk, frame.language(request), again=again)
        known = await _is_signed_in(desk, request)
        return frame.show(
            request, "sign_in.html", title="sign_in.title", ways=ways, again=again, signed_in=known
        )

    @router.get("/language/{language}")
    async def choose_language(request: Request, language: str) -> Response:
        if language not in set(Language):
            raise NotVisibleError("no such language")
        back = request.query_params.get("back", "")
        to = back if _OWN_PATH.match(back) else "/sign-in"
        return go(to, set_cookies=[cookies.put_language(language)])

    @router.get(STYLE_PATH)
    async def read_style() -> Response:
        return Response(frame.style, 200, _KEPT, "text/css; charset=utf-8")

    @router.get(ICON_PATH)
    async def read_icon() -> Response:
        return Response(frame.icon, 200, _KEPT, "image/svg+xml")

    _add_choice(router, desk)
    return router


def _add_choice(router: APIRouter, desk: Desk) -> None:
    frame, cookies = desk.frame, desk.browsers.cookies

    async def opened(request: Request) -> tuple[Choice, Sequence[Account]]:
        choice = desk.flows.open_choice(cookies.read(request.scope, cookies.flow), desk.clock.now())
        if choice is None:
            raise UnauthenticatedError("nobody is choosing here")
        return choice, await hers(desk, choice.identity)

    @router.get("/sign-in/account")
    async def choose_account(request: Request) -> Response:
        (choice, accounts), language = await opened(request), frame.language(request)
        shown = [{"id": one.id, **_labels(desk, one, language)} for one in accounts]
        return frame.show(request, "choose.html", title="choose.title", accounts=shown, csrf=choice.flow)

    @router.post("/sign-in/account")
    async def take_account(request: Request) -> Response:
        (choice, accounts), form = await opened(request), await read_anybodys(desk, request)
        token = form.get("csrf", "").encode("utf-8", "surrogatepass")
        if not hmac.compare_digest(token, choice.flow.encode()):
            raise CrossSiteError("the request does not come from a page of the gateway")
        if form.get("account") not in {one.id for one in accounts}:
            return turn_away(desk, request)
        try:
            return await come_in(desk, request, choice.taken(form["account"]))
        except UnauthenticatedError:
            return turn_away(desk, request)


async def hers(desk: Desk, identity: Identity) -> Sequence[Account]:
    """List the accounts that she may come for."""
    return [one for one in await desk.usecases.sign_ins.store.accounts_of(identity) if one.active]


def _labels(desk: Desk, account: Account, language: Language) -> Mapping[str, str]:
    if account.agency is None:
        say = desk.frame.texts.say
        return {"label": say("choose.family", language), "hint": say("choose.family_hint", language)}
    return {
        "label": account.agency_names[language],
        "hint": roles_said(desk, account.roles, language),
    }


def roles_said(desk: Desk, roles: Sequence[str], language: Language) -> str:
    """Name a worker's roles; a family member's say nothing that she does not know."""
    known = desk.usecases.vocabulary.roles
    return ", ".join(known[one].labels[language] for one in roles if one not in FAMILY_ROLES)


async def _is_signed_in(desk: Desk, request: Request) -> bool:
    try:
        await desk.browsers.admit_to_page(request.scope)
    except UnauthenticatedError:
        return False
    return True
