"""Who I am here, where I am signed in, and signing out."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.domain.ids import SignInId
from gateway.domain.instants import Instant
from gateway.domain.sign_in import Admitted, SignIn
from gateway.http.pages.desk import Desk
from gateway.http.pages.forms import read_hers
from gateway.http.pages.frame import PageRoute, go
from gateway.http.pages.sign_in import roles_said
from gateway.http.pages.spans import span_said
from gateway.http.parsing import read_path_id
from gateway.http.words import Language

_CLEAR = {"Clear-Site-Data": '"cache", "cookies", "storage"'}


def make_router(desk: Desk) -> APIRouter:
    """Build the routes."""
    router = APIRouter(route_class=PageRoute, include_in_schema=False)
    frame, uses = desk.frame, desk.usecases.sign_ins

    @router.get("/account")
    async def show_account(request: Request) -> Response:
        admitted, language = await desk.browsers.admit_to_page(request.scope), frame.language(request)
        caller, now = admitted.caller, desk.clock.now()
        known = sorted(await uses.list(caller), key=lambda one: one.id != admitted.sign_in.id)
        items = [_card(desk, one, admitted, (now, language)) for one in known]
        who, roles = await _who(desk, admitted, language)
        return frame.show(
            request,
            "account.html",
            title="account.title",
            who=who,
            roles=roles,
            active=caller.active,
            items=items,
            csrf=admitted.csrf,
        )

    @router.post("/account/end")
    async def end_sign_in(request: Request) -> Response:
        admitted, form = await read_hers(desk, request)
        named = form.get("sign_in", "")
        if named in {"all", admitted.sign_in.id}:
            return await _leave(desk, admitted, None if named == "all" else admitted.sign_in.id)
        await uses.end(admitted.caller, SignInId(read_path_id(named)))
        return go("/account")

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        admitted, _ = await read_hers(desk, request)
        return await _leave(desk, admitted, admitted.sign_in.id)

    @router.get("/signed-out")
    async def show_signed_out(request: Request) -> Response:
        return frame.show(request, "signed_out.html", title="signed_out.title")

    return router


async def _leave(desk: Desk, admitted: Admitted, sign_in: SignInId | None) -> Response:
    await desk.usecases.sign_ins.end(admitted.caller, sign_in)
    cookies = desk.browsers.cookies
    return go("/signed-out", set_cookies=[cookies.drop(cookies.sign_in)], headers=_CLEAR)


async def _who(desk: Desk, admitted: Admitted, language: Language) -> tuple[str, str]:
    say = desk.frame.texts.say
    me = await desk.usecases.who_am_i(admitted.caller)
    if admitted.caller.is_family:
        return say("account.family", language), ""
    agency = str(admitted.caller.agency) if me.agency is None else str(me.agency["name"][language])
    return say("account.worker", language, agency=agency), roles_said(desk, me.roles, language)


def _card(
    desk: Desk, sign_in: SignIn, admitted: Admitted, when: tuple[Instant, Language]
) -> Mapping[str, Any]:
    now, language = when
    return {
        "id": sign_in.id,
        "current": sign_in.id == admitted.sign_in.id,
        "way": desk.frame.texts.say(f"account.way_{sign_in.way}", language),
        "opened": span_said(desk, now - sign_in.opened_at, language),
        "used": span_said(desk, now - sign_in.used_at, language),
        "ends": span_said(desk, sign_in.ends_at - now, language),
    }
