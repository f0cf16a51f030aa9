"""From a cookie to who asks, and whether it was she who asked: a browser sends its cookie for anybody.

A request that changes something must come from a page of ours (`Origin`, Fetch Metadata) and carry the token
that only such a page can read: in the header `Gateway-Csrf`, or in a form's field `csrf`. One that only reads
through the API must not come from elsewhere either: it would be an entry in her name, and count as hers.
"""

import hmac
from urllib.parse import urlsplit

from starlette.types import Scope

from gateway.domain.errors import CrossSiteError, UnauthenticatedError
from gateway.domain.sign_in import Admitted
from gateway.domain.vocabulary import Role
from gateway.http.auth import read_role
from gateway.http.cookies import Cookies
from gateway.http.edge import HEADERS, find_header
from gateway.http.signing_in import SignInUses
from gateway.ports import Clock
from gateway.usecases.admit_request import AdmitRequest

ADMITTED = "gateway.admitted"
"""The scope's key for the `Admitted` of a request under a cookie."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_READS_FOR_HER = frozenset({"same-origin", "none"})
"""What `Sec-Fetch-Site` says of a page of ours, and of an address that she typed or kept herself."""


class Browsers:
    """Admits whoever comes under a cookie.

    Args:
        uses: The use cases about sign-ins.
        cookies: How the cookie is called.
        clock: Now.
        public_base: Where callers reach the gateway: the only origin of our pages.
        admit_request: The ceiling over an account's requests.
    """

    def __init__(
        self,
        uses: SignInUses,
        cookies: Cookies,
        clock: Clock,
        public_base: str,
        admit_request: AdmitRequest,
    ) -> None:
        self.cookies = cookies
        self._uses = uses
        self._clock = clock
        self._admit_request = admit_request
        parts = urlsplit(public_base)
        self._origin = f"{parts.scheme}://{parts.netloc}"

    def carries_cookie(self, scope: Scope) -> bool:
        """Whether the request comes with a sign-in, good or not."""
        return self.cookies.usable and self.cookies.carries(scope, self.cookies.sign_in)

    async def admit(self, scope: Scope) -> Admitted:
        """Answer who asks through the API.

        Raises:
            UnauthenticatedError: The cookie is nobody's, over, or stands beside an Authorization header.
            MalformedError: No role was chosen among several.
            CrossSiteError: It would change something, and does not come from a page of ours: it is recorded.
                Or it would read, and the browser says that another site sent it: that leaves no entry, so
                that no page elsewhere can have any number of them written, and uses up nothing of hers.
        """
        if b"authorization" in scope[HEADERS]:
            raise UnauthenticatedError("two credentials")
        admitted = await self._uses.store.admit(self._value(scope), read_role(scope), self._clock.now())
        if scope["method"] not in _SAFE:
            await self.check(scope, admitted, find_header(scope, b"gateway-csrf"))
        elif (
            b"sec-fetch-site" in scope[HEADERS]
            and find_header(scope, b"sec-fetch-site") not in _READS_FOR_HER
        ):
            raise CrossSiteError("another site had this asked for")
        scope[ADMITTED] = admitted
        return admitted

    async def admit_to_page(self, scope: Scope, role: Role | None = None) -> Admitted:
        """Answer who asks for a page, in the role that it is about; what is posted still needs `check`.

        Raises:
            UnauthenticatedError: There is no cookie, or it is nobody's, or over.
            RateLimitedError: Her account asks too often.
        """
        admitted = await self._uses.store.admit_to_page(self._value(scope), role, self._clock.now())
        # Signing out, and whatever else a form narrows, never waits.
        if scope["method"] in _SAFE and not self._admit_request.passes(admitted.caller):
            await self._admit_request(admitted.caller)
        return admitted

    async def check(self, scope: Scope, admitted: Admitted, token: str | None) -> None:
        """Let through what a page of ours sent for her.

        Raises:
            CrossSiteError: Anything else. It is recorded under her.
        """
        sent = (token or "").encode("utf-8", "surrogatepass")
        if self.is_ours(scope) and hmac.compare_digest(sent, admitted.csrf.encode()):
            return
        await self._uses.refuse_cross_site(admitted.caller, scope["method"], scope["path"])
        raise CrossSiteError("the request does not come from a page of the gateway")

    def is_ours(self, scope: Scope) -> bool:
        """Whether the browser says, and nowhere denies, that a page of ours sent this."""
        origin, site = find_header(scope, b"origin"), find_header(scope, b"sec-fetch-site")
        if (b"origin" in scope[HEADERS] and origin != self._origin) or (
            b"sec-fetch-site" in scope[HEADERS] and site != "same-origin"
        ):
            return False
        return origin is not None or site is not None

    def _value(self, scope: Scope) -> str:
        value = self.cookies.read(scope, self.cookies.sign_in) if self.cookies.usable else None
        if value is None:
            raise UnauthenticatedError("no sign-in")
        return value
