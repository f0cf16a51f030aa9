"""Where a provider's endpoints are: pinned, or discovered at a pinned address and held for an hour."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.adapters.identity.sign_in_entry import SignInEntry, require_address
from gateway.domain.errors import MalformedError, UnavailableError
from gateway.domain.instants import HOUR_US, SECOND_US, Instant
from gateway.domain.strict_json import parse_json_object
from gateway.observe import Event, OperationalLog

_FRESH_US = HOUR_US
_GRACE_US = 24 * _FRESH_US
_BETWEEN_US = 10 * SECOND_US
"""A provider that does not answer is not asked again at each click."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`names_itself` says that the provider's answers carry `iss` (RFC 9207), which is then required."""

    authorization: str
    token: str
    names_itself: bool


class Metadata:
    """Answers the endpoints of one provider; what it says of its keys is not read: those are pinned."""

    def __init__(
        self,
        issuer: str,
        entry: SignInEntry,
        fetch: Callable[[str], Awaitable[bytes]],
        log: OperationalLog,
    ) -> None:
        self._issuer = issuer
        self._address = entry.discovery
        self._fetch = fetch
        self._log = log
        self._held: Endpoints | None = None
        self._held_at = self._tried_at = Instant(0)
        if entry.authorization_endpoint is not None and entry.token_endpoint is not None:
            self._held = Endpoints(entry.authorization_endpoint, entry.token_endpoint, names_itself=False)

    async def endpoints(self, now: Instant) -> Endpoints:
        """Answer the endpoints.

        Raises:
            UnavailableError: The provider does not say, or says it of another issuer.
        """
        if self._address is None and self._held is not None:
            return self._held
        if now - self._held_at >= _FRESH_US and now - self._tried_at >= _BETWEEN_US:
            self._tried_at = now
            await self._refresh(now)
        if self._held is None or now - self._held_at >= _GRACE_US:
            raise UnavailableError("the provider does not answer")
        return self._held

    async def _refresh(self, now: Instant) -> None:
        assert self._address is not None
        try:
            document = parse_json_object(await self._fetch(self._address))
            self._held, self._held_at = _read(document, self._issuer), now
        except (OSError, ValueError, MalformedError) as error:
            self._log.line(Event.PROVIDER_SILENT, failure=error, issuer=self._issuer)


def _read(document: dict[str, object], issuer: str) -> Endpoints:
    # OpenID Connect Discovery 1.0, section 4.3: the document must be about this very issuer.
    if document.get("issuer") != issuer:
        raise ValueError("another issuer's metadata")
    methods = document.get("code_challenge_methods_supported", ["S256"])
    if not isinstance(methods, list) or "S256" not in methods:
        raise ValueError("the provider does not know PKCE with S256")
    return Endpoints(
        require_address(document.get("authorization_endpoint"), "authorization_endpoint"),
        require_address(document.get("token_endpoint"), "token_endpoint"),
        names_itself=document.get("authorization_response_iss_parameter_supported") is True,
    )
