"""Coming in by a code on paper, ending a lost one, and printing one: none of it needs a script."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.acts import STALE
from gateway.domain.enrolments import Named, PaperCode, parse_born, parse_code
from gateway.domain.errors import MalformedError, RateLimitedError
from gateway.domain.instants import SECOND_US
from gateway.http.pages.desk import Desk
from gateway.http.pages.forms import read_anybodys, read_hers
from gateway.http.pages.frame import PageRoute, go
from gateway.http.pages.spans import wait_said
from gateway.http.pages.ways import AGAIN, come_in
from gateway.usecases.print_code import Printing

SIGN_IN, LOST, PRINT = "/sign-in/code", "/codes/lost", "/codes/print"
_UNTOLD = 422
"""Of whatever does not let somebody in: a code of nobody's, a wrong day, a code that is over."""
_TOO_MANY = 429
_PARTS = ("day", "month", "year")


class Wrong(NamedTuple):
    """What does not go: the field, if it is one, and the key of what is said."""

    field: str
    text: str


def make_router(desk: Desk) -> APIRouter:
    """Build the routes."""
    router = APIRouter(route_class=PageRoute, include_in_schema=False)

    @router.get(SIGN_IN)
    async def show_form(request: Request) -> Response:
        return _sign_in_form(desk, request)

    @router.post(SIGN_IN)
    async def enter(request: Request) -> Response:
        form = await read_anybodys(desk, request)
        named, wrong = _read_named(form)
        if named is None:
            return _sign_in_form(desk, request, form, wrong)
        address = desk.usecases.enrolling.addresses.of(request.scope)
        try:
            signed_in = await desk.usecases.enrolling.sign_in_with_code(named, address)
        except RateLimitedError as error:
            return _sign_in_form(desk, request, form, [Wrong("", "code.too_many")], wait=error)
        if signed_in is None:
            return _sign_in_form(desk, request, form, [Wrong("code", "code.wrong")])
        return await come_in(desk, request, signed_in)

    _add_lost(router, desk)
    _add_print(router, desk)
    return router


def _add_lost(router: APIRouter, desk: Desk) -> None:
    frame = desk.frame

    @router.get(LOST)
    async def show_lost(request: Request) -> Response:
        return frame.show(request, "lost.html", title="lost.title", code="", errors=[], done=False)

    @router.post(LOST)
    async def end_lost(request: Request) -> Response:
        form = await read_anybodys(desk, request)
        code = _read_code(form)
        if code is None:
            errors = [("code", frame.texts.say("code.no_code", frame.language(request)))]
            values: dict[str, Any] = {"code": form.get("code", "")[:64], "errors": errors, "done": False}
            return frame.show(request, "lost.html", title="lost.title", status=_UNTOLD, **values)
        address = desk.usecases.enrolling.addresses.of(request.scope)
        await desk.usecases.enrolling.revoke_named_code(code, address)
        return frame.show(request, "lost.html", title="lost.done", code="", errors=[], done=True)


def _add_print(router: APIRouter, desk: Desk) -> None:
    frame = desk.frame

    @router.get(PRINT)
    async def show_print(request: Request) -> Response:
        admitted = await desk.browsers.admit_to_page(request.scope)
        values: dict[str, Any] = {"csrf": admitted.csrf, "person": "", "holder": "", "errors": []}
        return frame.show(request, "print_code.html", title="print.title", **values)

    @router.post(PRINT)
    async def print_code(request: Request) -> Response:
        admitted, form = await read_hers(desk, request)
        person, holder = form.get("person", "").strip(), form.get("holder", "").strip()
        asked = Printing(admitted.caller, person, holder or None)
        printed = await desk.usecases.enrolling.print_code(asked)
        if isinstance(printed, Refused) and STALE.reason in printed.decision.reasons:
            return go(AGAIN)
        if isinstance(printed, Refused):
            # Nobody by this name, or not hers to print for: one answer.
            said = frame.texts.say("print.refused", frame.language(request))
            values: dict[str, Any] = {
                "csrf": admitted.csrf,
                "person": person,
                "holder": holder,
                "errors": [("person", said)],
            }
            return frame.show(request, "print_code.html", title="print.title", status=404, **values)
        return frame.show(
            request,
            "printed_code.html",
            title="printed.title",
            status=201,
            code=printed.code.printed,
            base=desk.base.partition("//")[2],
        )


def _sign_in_form(
    desk: Desk,
    request: Request,
    form: Mapping[str, str] | None = None,
    wrong: Sequence[Wrong] = (),
    *,
    wait: RateLimitedError | None = None,
) -> Response:
    frame, language, kept = desk.frame, desk.frame.language(request), form or {}
    said = "" if wait is None else wait_said(desk, wait.retry_after_s * SECOND_US, language)
    errors = [(one.field, frame.texts.say(one.text, language, **_filled(one, said))) for one in wrong]
    response = frame.show(
        request,
        "code.html",
        title="code.title",
        status=200 if not wrong else _UNTOLD if wait is None else _TOO_MANY,
        errors=errors,
        of=dict(reversed(errors)),
        code=kept.get("code", "")[:64],
        born={part: kept.get(part, "")[:8] for part in _PARTS},
    )
    if wait is not None:
        response.headers["Retry-After"] = str(wait.retry_after_s)
    return response


def _filled(wrong: Wrong, wait: str) -> Mapping[str, str]:
    return {"wait": wait} if wrong.text == "code.too_many" else {}


def _read_named(form: Mapping[str, str]) -> tuple[Named | None, Sequence[Wrong]]:
    """Read what was typed; what is no code, or no day, is said at once, and tries nothing."""
    wrong, code = [], _read_code(form)
    if code is None:
        wrong.append(Wrong("code", "code.no_code"))
    try:
        born = parse_born("-".join(form.get(part, "").strip() for part in reversed(_PARTS)))
    except MalformedError:
        return None, [*wrong, Wrong("day", "code.no_day")]
    return (None, wrong) if code is None else (Named(code, born), wrong)


def _read_code(form: Mapping[str, str]) -> PaperCode | None:
    try:
        return parse_code(form.get("code", ""))
    except MalformedError:
        return None
