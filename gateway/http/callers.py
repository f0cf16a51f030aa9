"""From a request to its caller: the record behind the token, before any body is read."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from starlette.responses import Response
from starlette.types import Scope

from gateway.domain.caller import Caller
from gateway.http.auth import ACCESS_TOKEN, Authenticator
from gateway.http.edge import PLACE, place_of
from gateway.http.wire import StrictRoute
from gateway.http.words import Audience
from gateway.ports import CallerStore

CALLER = "gateway.caller"
"""The scope's key for the request's `Caller`."""


class Door:
    """Lets a caller in, or nobody: every route but the public ones asks it first."""

    def __init__(self, authenticator: Authenticator, callers: CallerStore) -> None:
        self._authenticator = authenticator
        self._callers = callers

    async def admit(self, scope: Scope) -> Caller:
        """Answer who asks; a family is spoken to in its own words from here on.

        Raises:
            UnauthenticatedError: No acceptable token, or nobody is registered behind it.
            MalformedError: No role was chosen among several, or one that she does not have.
        """
        presented = await self._authenticator.authenticate(scope)
        caller = await self._callers.caller(presented.bearer, presented.role)
        if caller.is_family:
            scope[PLACE] = place_of(scope)._replace(audience=Audience.FAMILY)
        scope[CALLER] = caller
        return caller


class CallerRoute(StrictRoute):
    """The route class of everything that needs a caller: she is known before the body is read."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        answer = super().get_route_handler()

        async def answer_caller(request: Request) -> Response:
            door: Door = request.app.state.door
            await door.admit(request.scope)
            response: Response = await answer(request)
            return response

        return answer_caller


async def require_caller(request: Request, _: Annotated[object, Security(ACCESS_TOKEN)]) -> Caller:
    """Answer the caller that the route admitted; the scheme is only there for the published document."""
    caller = request.scope[CALLER]
    assert isinstance(caller, Caller)
    return caller


RequireCaller = Annotated[Caller, Depends(require_caller)]

__all__ = ["CALLER", "CallerRoute", "Door", "RequireCaller"]
