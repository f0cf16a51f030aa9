"""What every request passes first, as plain ASGI: its id, its size, all answers' headers, the last catch."""

import asyncio
import math
import re
import time
from collections import Counter
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.domain.errors import CorruptionError, GatewayError
from gateway.http.patience import Patience
from gateway.http.problems import Place, Problems
from gateway.http.words import choose_language
from gateway.observe import Event, OperationalLog
from gateway.ports import Ids

PLACE = "gateway.place"
"""The scope's key for the request's `Place`."""

PLAIN = "gateway.plain"
"""Set in the start of an answer that is a released content."""

HEADERS = "gateway.headers"
"""The scope's key for the headers by (lower-case) name, set by the edge; None for one that came twice."""

NONCE = "gateway.nonce"
"""The scope's key for the nonce that the answer gives (`DPoP-Nonce`, RFC 9449 section 8.2)."""

TICK_S = 0.025
"""A 403, 404 or 422 leaves on a multiple of this after the request came in: its time tells nothing (P9).

A 403 too, because what is only the role's or the purpose's fault is told of anything, known or not; a 422,
because a document that is hidden may not be named, as one that is not there; a 429, told of either as well.
"""

STOP_TICK_S = 0.25
"""The same for whatever answers a stop: the whole dossier was read for it, what is hidden there included.

And for whatever answers somebody who names a code: more is written where there is one.
"""

_TIMER_S = 0.002
"""uvloop's timers count whole milliseconds: they may fire this much late."""

_CODE_SERVER_ERROR = 500
_ON_TICK = frozenset({403, 404, 422, 429})
_STOPS = frozenset({"/v1/stops", "/v1/paper-codes/revocations", "/codes/lost", "/sign-in/code"})
GRACE_S = 15.0
_SLOWEST_BYTES_S = 16 * 1024
CLOSE = {"Connection": "close"}
_DEPOSIT = re.compile(r"/v1/dossiers/[^/]+/fragments\Z")
_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"vary", b"Accept-Language"),
)
_NOT_OF_CONTENT = frozenset({b"vary", b"referrer-policy", b"cross-origin-resource-policy"})
"""What is released is in no language of ours, and answers a POST: no page can embed it, nor link from it."""
_HSTS = (b"strict-transport-security", b"max-age=31536000")


def came_over(scope: Scope, socket: str | None) -> bool:
    """Whether a request came over the TLS proxy's own socket: what the proxy says counts nowhere else."""
    server = scope.get("server")
    return socket is not None and server is not None and server[0] == socket


def place_of(scope: Scope) -> Place:
    """Answer the place that `EdgeMiddleware` gave this request."""
    place = scope[PLACE]
    assert isinstance(place, Place)
    return place


def _by_name(headers: list[tuple[bytes, bytes]]) -> dict[bytes, bytes | None]:
    found: dict[bytes, bytes | None] = dict(headers)
    if len(found) != len(headers):
        times = Counter(key for key, _ in headers)
        found.update({key: None for key, count in times.items() if count > 1})
    return found


def find_header(scope: Scope, name: bytes) -> str | None:
    """Answer the only header of this (lower-case) name; two of them count as none that we understand."""
    header = scope[HEADERS].get(name)
    return None if header is None else header.decode("latin-1")


class EdgeMiddleware:
    """Names the request, completes the headers of its answer and lets no exception's text out.

    Args:
        app: Everything else.
        problems: Renders what goes wrong.
        ids: Makes the request's id; a caller's own is not taken over, for it could carry anything.
        log: Receives the class and the place of what nobody expected.
        secure: Whether the public base is https.
    """

    def __init__(
        self, app: ASGIApp, problems: Problems, ids: Ids, log: OperationalLog, *, secure: bool
    ) -> None:
        self._app = app
        self._problems = problems
        self._ids = ids
        self._log = log
        headers = (*_HEADERS, _HSTS) if secure else _HEADERS
        self._headers = _Standing(headers, tuple(one for one in headers if one[0] not in _NOT_OF_CONTENT))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope[HEADERS] = _by_name(scope["headers"])
        place = Place(self._ids.new("req"), choose_language(find_header(scope, b"accept-language")))
        scope[PLACE] = place
        began = time.perf_counter()
        answer = _Answer(send, self._headers, scope, (began, scope["path"] in _STOPS))
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001 - the last catch: uvicorn would print the exception's text
            self._note(error, place)
            if answer.status is None:
                await self._problem_of(error, place_of(scope))(scope, receive, answer.send)
        status = answer.status or _CODE_SERVER_ERROR
        event = Event.FAILED if status >= _CODE_SERVER_ERROR else Event.ANSWERED
        if not self._log.keeps(event):
            return
        self._log.line(
            event,
            request=place.request_id,
            method=scope["method"],
            route=_route_of(scope),
            status=status,
            took_ms=round((time.perf_counter() - began) * 1000, 2),
        )

    def _problem_of(self, error: Exception, place: Place) -> ASGIApp:
        if isinstance(error, GatewayError):
            return self._problems.of_error(error, place)
        if isinstance(error, HTTPException):
            return self._problems.of_status(error.status_code, place, headers=error.headers)
        return self._problems.of_status(_CODE_SERVER_ERROR, place)

    def _note(self, error: Exception, place: Place) -> None:
        if isinstance(error, CorruptionError):
            self._log.line(Event.CORRUPT, failure=error, request=place.request_id, code=error.code)
        elif not isinstance(error, (GatewayError, HTTPException)):
            self._log.line(Event.UNEXPECTED, failure=error, request=place.request_id)


class BodyLimitMiddleware:
    """Refuses a body larger than its path allows, before or while it is read, and one that hardly comes.

    Starlette has one, but it answers in plain text, outside the problem's shape and our headers.
    """

    def __init__(self, app: ASGIApp, problems: Problems, *, limit_bytes: int, deposit_bytes: int) -> None:
        self._app = app
        self._problems = problems
        self._limit_bytes = limit_bytes
        self._deposit_bytes = deposit_bytes
        self._patience = Patience()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deposits = scope["method"] == "POST" and _DEPOSIT.match(scope["path"]) is not None
        limit = self._deposit_bytes if deposits else self._limit_bytes
        declared = find_header(scope, b"content-length")
        if declared is not None and not (declared.isdecimal() and int(declared[:20]) <= limit):
            await self._problems.of_status(413, place_of(scope), headers=CLOSE)(scope, receive, send)
            return
        await self._app(scope, _Body(receive, limit, self._patience).receive, send)


class _Body:
    """Reads on while the body keeps to its size and to a pace that no honest connection falls below."""

    def __init__(self, receive: Receive, limit: int, patience: Patience) -> None:
        self._patience = patience
        self._receive = receive
        self._left = limit
        self._limit = limit
        self._began = time.monotonic()
        self._whole = False

    async def receive(self) -> Message:
        """Hand on the next message.

        Raises:
            HTTPException: 413 or 408. FastAPI lets Starlette's own exception through where it turns any
                other into a 400.
        """
        if self._whole:
            # What follows the body is the end of the connection, for which one may wait long.
            return await self._receive()
        due = self._began + GRACE_S + (self._limit - self._left) / _SLOWEST_BYTES_S
        try:
            message = await self._patience.until(due, self._receive())
        except TimeoutError:
            raise HTTPException(408, headers=CLOSE) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413, headers=CLOSE)
        self._whole = not message.get("more_body", False)
        return message


@dataclass(frozen=True, slots=True)
class _Standing:
    """The headers of every answer, and those of a released content, which is in no language of ours."""

    of_all: tuple[tuple[bytes, bytes], ...]
    of_content: tuple[tuple[bytes, bytes], ...]


class _Answer:
    """Sends on, with the headers that every answer has; on the next tick where its time must tell nothing."""

    def __init__(self, send: Send, headers: _Standing, scope: Scope, timing: tuple[float, bool]) -> None:
        self._send = send
        self._headers = headers
        self._scope = scope
        self._began, self._is_stop = timing
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._is_stop or self.status in _ON_TICK:
                tick_s = STOP_TICK_S if self._is_stop else TICK_S
                took = time.perf_counter() - self._began
                await _reach(self._began + math.ceil(took / tick_s) * tick_s)
            message = {"type": message["type"], "status": self.status, "headers": self._complete(message)}
        await self._send(message)

    def _complete(self, message: Message) -> list[tuple[bytes, bytes]]:
        place, nonce = place_of(self._scope), self._scope.get(NONCE)
        request = [(b"x-request-id", place.request_id.encode("ascii"))]
        if nonce is not None:
            request.append((b"dpop-nonce", nonce.encode("ascii")))
        if message.get(PLAIN):
            # What is released speaks its own language, and none of its headers is one of ours.
            return [*message["headers"], *self._headers.of_content, *request]
        own = list(message.get("headers", ()))
        names = {name for name, _ in own}
        own += [header for header in self._headers.of_all if header[0] not in names]
        own += request
        if b"content-language" not in names:
            own.append((b"content-language", place.language.encode("ascii")))
        return own


async def _reach(due: float) -> None:
    """Wait until `due` and not a timer's rounding earlier or later, which would repeat what work took."""
    rest = due - time.perf_counter()
    if rest > _TIMER_S:
        await asyncio.sleep(rest - _TIMER_S)
    while time.perf_counter() < due:  # noqa: ASYNC110 - no event tells the time finer than a timer
        # Turns of the loop, in which everybody else's work is done.
        await asyncio.sleep(0)


def _route_of(scope: Scope) -> str:
    # The template and never the path: a path holds identifiers.
    path = getattr(scope.get("route"), "path", "none")
    return path.replace("{", ":").replace("}", "") if isinstance(path, str) else "none"
