"""From the Authorization header to a verified bearer; who that is in our records comes afterwards."""

from typing import NamedTuple, Protocol

from fastapi.security import HTTPBearer
from starlette.types import Scope

from gateway.domain.bearer import Bearer
from gateway.domain.errors import MalformedError, UnauthenticatedError
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role
from gateway.http.edge import HEADERS, find_header
from gateway.ports import Clock

_MAX_HEADER = 9 * 1024


class Tokens(Protocol):
    async def verify(self, token: str, now: Instant) -> Bearer:
        """Answer who the token vouches for, or raise UnauthenticatedError."""


class Presented(NamedTuple):
    """What a request showed of its caller: a verified token, and the role it chose if it chose one."""

    bearer: Bearer
    role: Role | None


class Authenticator:
    """Reads a request's credentials; shared by the FastAPI dependency and the routes mounted ahead of it."""

    def __init__(self, tokens: Tokens, clock: Clock) -> None:
        self._tokens = tokens
        self._clock = clock

    async def authenticate(self, scope: Scope) -> Presented:
        """Verify the token of a plain ASGI scope.

        Raises:
            UnauthenticatedError: No `Authorization: Bearer`, two of them, or a token that is not accepted.
            MalformedError: `Gateway-Role` names no role; only told to an authenticated caller.
        """
        credentials = find_header(scope, b"authorization")
        if credentials is None or len(credentials) > _MAX_HEADER:
            raise UnauthenticatedError("no credentials, or several")
        scheme, _, token = credentials.partition(" ")
        # A second scheme (RFC 9449: DPoP, with the proof in its own header) is told apart here, nowhere else.
        if scheme.lower() != "bearer":
            raise UnauthenticatedError("another scheme")
        bearer = await self._tokens.verify(token, self._clock.now())
        return Presented(bearer, _read_role(scope))


def _read_role(scope: Scope) -> Role | None:
    headers = scope[HEADERS]
    if b"gateway-role" not in headers:
        return None
    try:
        return Role((headers[b"gateway-role"] or b"").decode("ascii"))
    except ValueError:
        raise MalformedError("no such role", field="Gateway-Role") from None


ACCESS_TOKEN = HTTPBearer(
    bearerFormat="RFC 9068",
    scheme_name="accessToken",
    description="An access token of a trusted issuer. A caller with several roles names one: `Gateway-Role`.",
    auto_error=False,
)
