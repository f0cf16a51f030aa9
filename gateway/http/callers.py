"""From a request to its caller: the record behind the token, before any body is read."""

import re
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Request, Security
from starlette.responses import Response
from starlette.status import HTTP_202_ACCEPTED
from starlette.types import Scope

from gateway.domain.bearer import Bearer, Proof
from gateway.domain.caller import Caller
from gateway.domain.errors import ProofRefusedError, UnauthenticatedError
from gateway.domain.limits import Rate
from gateway.http.auth import ACCESS_TOKEN, Authenticator
from gateway.http.browsers import Browsers
from gateway.http.edge import NONCE, PLACE, place_of
from gateway.http.wire import StrictRoute
from gateway.http.words import Audience
from gateway.ports import CallerStore
from gateway.usecases.admit_request import AdmitRequest

CALLER = "gateway.caller"
"""The scope's key for the request's `Caller`."""


NARROWS = "gateway.narrows"
"""The scope's key for whether what the route does is answered as an act that narrows (202 while unproven)."""

_NEVER_WAITS = {
    "POST": re.compile(
        r"/v1/(emergency-accesses|reports|consents|fragments/[^/]+/answers|approvals/[^/]+/answers)\Z"
    ),
    "DELETE": re.compile(r"/v1/.+\Z"),
}
"""What else narrows, ends or refuses something, or may: of a consent or an answer only its body says so."""

_APART = re.compile(r"/v1/(person-matches|fragments/[^/]+/releases)\Z")


def never_waits(scope: Scope) -> bool:
    """Whether what narrows, ends or refuses, or is for a child in danger: no ceiling stands before it."""
    pattern = _NEVER_WAITS.get(scope["method"])
    return bool(scope.get(NARROWS)) or (pattern is not None and pattern.match(scope["path"]) is not None)


def rate_of(scope: Scope) -> Rate:
    """Under which ceiling a request comes: what a declared emergency is for has one of its own."""
    is_apart = scope["method"] == "POST" and _APART.match(scope["path"]) is not None
    return Rate.CONTENT if is_apart else Rate.REQUESTS


MOST_SEEN = 100_000
"""Proofs that a process remembers; a bound on memory, not a rule: each is a row that is taken once."""


class Door:
    """Lets a caller in, or nobody: every route but the public ones asks it first."""

    def __init__(
        self,
        authenticator: Authenticator,
        callers: CallerStore,
        admit_request: AdmitRequest,
        browsers: Browsers | None = None,
    ) -> None:
        self._authenticator = authenticator
        self._callers = callers
        self._admit_request = admit_request
        self._browsers = browsers
        self._seen: dict[str, None] = {}

    async def admit(self, scope: Scope) -> Caller:
        """Answer who asks; a family is spoken to in its own words from here on.

        The proof of a bound token is used up here, whatever comes of the request.

        Raises:
            UnauthenticatedError: No acceptable token or cookie, both, nobody is registered behind it, or an
                agency's token that no key is bound to.
            CrossSiteError: A request that changes something came under a cookie, but not from a page of ours.
            ProofRefusedError: The proof of the token's key is missing, wrong, or was used before.
            MalformedError: No role was chosen among several, or one that she does not have.
            RateLimitedError: Her client asks too often, and not for what never waits.
        """
        caller, proof = await self.identify(scope)
        if proof is not None and not await self._callers.take(proof):
            raise ProofRefusedError("the proof of possession was used before")
        return caller

    async def identify(self, scope: Scope) -> tuple[Caller, Proof | None]:
        """Answer who asks, and the proof that whoever records her attempt must use up with it.

        Raises:
            As `admit`.
        """
        proof: Proof | None = None
        if self._browsers is not None and self._browsers.carries_cookie(scope):
            caller = (await self._browsers.admit(scope)).caller
        else:
            presented = await self._authenticator.authenticate(scope)
            self._see(presented.proof)
            caller, proof = await self._callers.caller(presented.bearer, presented.role), presented.proof
            if caller.agency is not None and not _is_bound(caller.bearer):
                raise UnauthenticatedError("an agency's token is bound to a key")
        if proof is None:
            # Every 401 gives the nonce, whatever was wrong; whoever comes in without a proof needs none.
            scope.pop(NONCE, None)
        if caller.is_family:
            scope[PLACE] = place_of(scope)._replace(audience=Audience.FAMILY)
        rate = rate_of(scope)
        if not (self._admit_request.passes(caller, rate) or never_waits(scope)):
            await self._admit_request(caller, rate)
        scope[CALLER] = caller
        return caller, proof

    def _see(self, proof: Proof | None) -> None:
        """Turn away what this process has seen before it counts: a thief of proofs uses nothing up.

        Raises:
            ProofRefusedError: It came before. That no other process has seen it, the store says.
        """
        if proof is None:
            return
        if proof.replay in self._seen:
            raise ProofRefusedError("the proof of possession was used before")
        self._seen[proof.replay] = None
        if len(self._seen) > MOST_SEEN:
            del self._seen[next(iter(self._seen))]


def _is_bound(bearer: Bearer) -> bool:
    """Whether a stolen copy is useless; the development issuer's are nobody's loss (loopback only)."""
    return bearer.confirmation is not None or bearer.insecure


class CallerRoute(StrictRoute):
    """The route class of everything that needs a caller: she is known before the body is read."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        answer = super().get_route_handler()
        narrows = HTTP_202_ACCEPTED in self.responses

        async def answer_caller(request: Request) -> Response:
            door: Door = request.app.state.door
            request.scope[NARROWS] = narrows
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
