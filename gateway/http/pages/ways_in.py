"""One's own ways in: which there are, since when and by whose agency; one less, one more."""

from collections.abc import Mapping
from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.acts import SURER_WAY
from gateway.domain.enrolments import EnrolmentId
from gateway.domain.errors import NotVisibleError, UnauthenticatedError
from gateway.domain.sign_in import Admitted
from gateway.http.pages.desk import Desk
from gateway.http.pages.forms import read_hers
from gateway.http.pages.frame import PageRoute, go
from gateway.http.pages.spans import days_said, span_said
from gateway.http.pages.ways import AGAIN
from gateway.http.parsing import read_path_id
from gateway.http.words import Language

WAYS_IN = "/account/ways"
_MAX_LABEL = 60
_FORBIDDEN = 403


def make_router(desk: Desk) -> APIRouter:
    """Build the routes."""
    router = APIRouter(route_class=PageRoute, include_in_schema=False)
    frame, uses = desk.frame, desk.usecases.enrolling

    async def show(request: Request, admitted: Admitted, *, surer: bool) -> Response:
        language = frame.language(request)
        shown = await uses.list_enrolments(admitted.caller)
        rows = () if isinstance(shown, Refused) else shown.rows
        items = [await _card(desk, row, admitted, language) for row in rows if row["revoked_at"] is None]
        values: dict[str, Any] = {"items": items, "csrf": admitted.csrf, "family": admitted.caller.is_family}
        status = _FORBIDDEN if surer else 200
        return frame.show(
            request, "ways_in.html", title="ways_in.title", status=status, surer=surer, **values
        )

    @router.get(WAYS_IN)
    async def list_ways_in(request: Request) -> Response:
        return await show(request, await desk.browsers.admit_to_page(request.scope), surer=False)

    @router.post("/account/ways/end")
    async def end_way_in(request: Request) -> Response:
        admitted, form = await read_hers(desk, request)
        name = EnrolmentId(read_path_id(form.get("enrolment", "")))
        done = await uses.revoke_enrolment(admitted.caller, name)
        if isinstance(done, Refused) and SURER_WAY.reason in done.decision.reasons:
            return await show(request, admitted, surer=True)
        if isinstance(done, Refused):
            raise NotVisibleError("no such way in")
        if name == admitted.sign_in.enrolment:
            cookies = desk.browsers.cookies
            return go("/signed-out", set_cookies=[cookies.drop(cookies.sign_in)])
        return go(WAYS_IN)

    _add_passkey(router, desk)
    return router


def _add_passkey(router: APIRouter, desk: Desk) -> None:
    frame, uses = desk.frame, desk.usecases.enrolling

    async def show(request: Request, admitted: Admitted, *, failed: bool) -> Response:
        label = frame.texts.say("passkey.own", frame.language(request))
        options = await uses.add_passkey.begin(admitted.caller, label)
        if isinstance(options, Refused):
            # Not strongly enough, or not lately: she says once more who she is.
            return go(AGAIN)
        return frame.show(
            request,
            "add_passkey.html",
            title="add_passkey.title",
            status=422 if failed else 200,
            script=True,
            csrf=admitted.csrf,
            options=orjson.dumps(options).decode(),
            label=label,
            failed=failed,
            waits=admitted.caller.waits_until is not None,
        )

    @router.get("/account/passkeys/new")
    async def ask(request: Request) -> Response:
        return await show(request, await desk.browsers.admit_to_page(request.scope), failed=False)

    @router.post("/account/passkeys/new")
    async def add(request: Request) -> Response:
        admitted, form = await read_hers(desk, request)
        label = form.get("label", "").strip()[:_MAX_LABEL]
        named = label or frame.texts.say("passkey.own", frame.language(request))
        try:
            done = await uses.add_passkey(admitted.caller, form.get("response", ""), named)
        except UnauthenticatedError:
            # Of the authenticator's answer alone: she herself is signed in.
            return await show(request, admitted, failed=True)
        return go(AGAIN) if isinstance(done, Refused) else go(WAYS_IN)


async def _card(
    desk: Desk, row: Mapping[str, Any], admitted: Admitted, language: Language
) -> Mapping[str, Any]:
    now, say = desk.clock.now(), desk.frame.texts.say
    by = await _agency_said(desk, row, language)
    waits = row["kind"] == "passkey" and row["waits_until"] is not None and row["waits_until"] > now
    expires = row["expires_at"]
    return {
        "id": row["id"],
        "current": row["id"] == admitted.sign_in.enrolment,
        "kind": say(f"ways_in.{row['kind']}", language),
        "label": row["label"] or "",
        "since": span_said(desk, now - row["added_at"], language),
        "until": "" if expires is None else days_said(desk, expires - now, language),
        "by": by,
        "waits": span_said(desk, row["waits_until"] - now, language) if waits else "",
    }


async def _agency_said(desk: Desk, row: Mapping[str, Any], language: Language) -> str:
    """Name the agency that printed a code; her own enrolment says it to her even of a shelter (rule A6)."""
    if row["agency"] is None or row["kind"] != "code":
        return ""
    names = await desk.usecases.enrolling.list_enrolments.names_of(row["agency"])
    return desk.frame.texts.say("ways_in.by", language, agency=names[str(language)])
