"""Coming in by a passkey: the one way that needs a script, for browsers ask authenticators in no other."""

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.domain.errors import MalformedError
from gateway.http.pages.desk import Desk
from gateway.http.pages.forms import read_anybodys
from gateway.http.pages.frame import SCRIPT_PATH, PageRoute
from gateway.http.pages.ways import come_in

SIGN_IN = "/sign-in/passkey"
_REFUSED = 422


def make_router(desk: Desk) -> APIRouter:
    """Build the routes."""
    router = APIRouter(route_class=PageRoute, include_in_schema=False)
    frame, uses = desk.frame, desk.usecases.enrolling

    def show(request: Request, *, failed: bool) -> Response:
        options = uses.sign_in_with_passkey.begin()
        return frame.show(
            request,
            "passkey.html",
            title="passkey.title",
            status=_REFUSED if failed else 200,
            script=True,
            options=orjson.dumps(options).decode(),
            failed=failed,
        )

    @router.get(SIGN_IN)
    async def ask(request: Request) -> Response:
        return show(request, failed=False)

    @router.post(SIGN_IN)
    async def enter(request: Request) -> Response:
        form = await read_anybodys(desk, request)
        try:
            signed_in = await uses.sign_in_with_passkey(
                form.get("response", ""), uses.addresses.of(request.scope)
            )
        except MalformedError:
            signed_in = None
        if signed_in is None:
            return show(request, failed=True)
        return await come_in(desk, request, signed_in)

    @router.get(SCRIPT_PATH)
    async def read_script() -> Response:
        headers = {"Cache-Control": "public, max-age=86400", "Vary": "Accept-Encoding"}
        return Response(frame.script, 200, headers, "text/javascript; charset=utf-8")

    return router
