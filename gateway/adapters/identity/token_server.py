"""Judging a request for a token, on Authlib's server parts (RFC 6749, 7521, 7523); it never touches a store.

Authlib leads a request to its grant and its client. What is believed of an assertion is decided by our own
reader, before any library sees the text: Authlib's takes a list as audience, a year as lifetime, any `jti`,
and fails on deep nesting. Of what it would say of an error only the code leaves. The token itself is ours
too: Authlib's generator of RFC 9068 names no key and reads a clock of its own.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidClientError,
    InvalidGrantError,
    InvalidScopeError,
    OAuth2Error,
    OAuth2Payload,
    OAuth2Request,
    UnauthorizedClientError,
)
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion, JWTBearerGrant

from gateway.adapters.identity.assertions import (
    CLIENT_TYPES,
    WORKER_TYPES,
    AssertionRefusedError,
    read_assertion,
)
from gateway.adapters.identity.token_asked import Asked, mint
from gateway.domain.errors import MalformedError
from gateway.domain.ids import ClientId, WorkerId, parse_id
from gateway.domain.instants import Instant
from gateway.domain.issuer_keys import SigningKey
from gateway.domain.issuing import (
    AUTH_METHOD,
    GRANT_TYPES,
    JWT_BEARER,
    STRONG_ACR,
    Granted,
    KnownClient,
    Names,
    Objected,
    Shown,
)


class TokenServer:
    """The endpoint's judgement; one for the whole process, since each request brings its rows."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def name(self, form: Mapping[str, str]) -> Names | Objected:
        """Read whom a request says it is from; nothing is believed, everything is bounded."""
        try:
            assertion = read_assertion(form.get("client_assertion", ""), CLIENT_TYPES)
            client = ClientId(parse_id(assertion.text("sub"), field="sub"))
        except AssertionRefusedError as refused:
            return Objected("invalid_client", refused.why)
        except MalformedError:
            return Objected("invalid_client", "sub")
        return Names(client, _name_worker(form))

    def judge(
        self, form: Mapping[str, str], shown: Shown | None, known: KnownClient, key: SigningKey, now: Instant
    ) -> Granted | Objected:
        """Give the token that this request may have, or why it may have none."""
        answer = _Server(Asked(self._issuer, form, shown, known, key, now)).create_token_response()
        assert isinstance(answer, (Granted, Objected))
        return answer


def _name_worker(form: Mapping[str, str]) -> WorkerId | None:
    """Read whom a worker's assertion names; one that cannot be read is judged when its client is known."""
    if form.get("grant_type") != JWT_BEARER:
        return None
    try:
        assertion = read_assertion(form.get("assertion", ""), WORKER_TYPES)
        return WorkerId(parse_id(assertion.text("sub"), field="sub"))
    except (AssertionRefusedError, MalformedError):
        return None


class _RefusedClientError(InvalidClientError):  # type: ignore[misc] # Authlib has no types
    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class _RefusedGrantError(InvalidGrantError):  # type: ignore[misc] # likewise
    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why


class _RefusedProofError(OAuth2Error):  # type: ignore[misc] # likewise
    error: ClassVar[str] = "invalid_dpop_proof"  # RFC 9449 section 5
    why = "proof"


class _RefusedTargetError(OAuth2Error):  # type: ignore[misc] # likewise
    error: ClassVar[str] = "invalid_target"  # RFC 8707 section 2
    why = "resource"


class _Request(OAuth2Request):  # type: ignore[misc] # likewise
    """What was posted, and the request's rows beside it."""

    def __init__(self, asked: Asked) -> None:
        super().__init__("POST", asked.issuer)
        self.asked = asked
        self.payload: OAuth2Payload = BasicOAuth2Payload(dict(asked.form))

    @property
    def form(self) -> Mapping[str, str]:
        return self.asked.form


class _Client(ClientMixin):  # type: ignore[misc] # likewise
    """The client of the request as Authlib asks about it."""

    def __init__(self, known: KnownClient) -> None:
        self._known = known

    def get_client_id(self) -> str:
        return self._known.id

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return (method, endpoint) == (AUTH_METHOD, "token")

    def check_grant_type(self, grant_type: str) -> bool:
        # The family portal's client acts for nobody by itself, nor vouches for anybody.
        return self._known.agency is not None and grant_type in GRANT_TYPES


class _Server(AuthorizationServer):  # type: ignore[misc] # likewise
    """One request's server: its rows are there before it starts, what it decides is written after it ends."""

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self._asked = asked
        self.register_client_auth_method(AUTH_METHOD, _ClientAssertion(asked))
        self.register_grant(_ClientCredentials)
        self.register_grant(_WorkerAssertion)
        self.register_token_generator("default", self._mint)

    def query_client(self, client_id: str) -> _Client | None:
        return _Client(self._asked.known) if client_id == self._asked.known.id else None

    def create_oauth2_request(self, request: object) -> _Request:
        assert request is None
        return _Request(self._asked)

    def validate_requested_scope(self, scope: str | None) -> None:
        # What a caller may do is in our own records, never in a token.
        if scope:
            raise InvalidScopeError

    def save_token(self, token: object, request: object) -> None:
        """Nothing is kept of a token but its entry."""

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: object, headers: object) -> Granted | None:  # noqa: ARG002
        return self._asked.granted

    def handle_error_response(self, request: object, error: OAuth2Error) -> Objected:  # noqa: ARG002
        return Objected(str(error.error), getattr(error, "why", str(error.error)), self._asked.is_its_own)

    def _mint(self, **_: Any) -> dict[str, Any]:  # noqa: ANN401 - Authlib's own, none of which is needed
        self._asked.granted = granted = mint(self._asked)
        return {"access_token": granted.token}


class _ClientAssertion(JWTBearerClientAssertion):  # type: ignore[misc] # likewise
    """`private_key_jwt` (RFC 7523 section 2.2), by our own reading."""

    CLIENT_AUTH_METHOD = AUTH_METHOD

    def __init__(self, asked: Asked) -> None:
        super().__init__()
        self._asked = asked

    def extract_assertion(self, assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        try:
            found = read_assertion(assertion, CLIENT_TYPES)
        except AssertionRefusedError as refused:
            raise _RefusedClientError(refused.why) from None
        return {}, found.claims

    def resolve_client_public_key(self, client: _Client) -> None:
        """Which of its keys is decided by `kid`, together with all else."""

    def process_assertion_claims(self, assertion: str, resolve_key: object) -> None:  # noqa: ARG002
        asked, known = self._asked, self._asked.known
        try:
            asked.verify(read_assertion(assertion, CLIENT_TYPES), "client")
        except AssertionRefusedError as refused:
            raise _RefusedClientError(refused.why) from None
        if asked.form.get("client_id", known.id) != known.id:
            raise _RefusedClientError("client_id")
        if not known.is_active:
            raise _RefusedClientError("client_disabled")
        if known.agency is not None and not known.is_member:
            raise _RefusedClientError("agency_suspended")
        if asked.shown is None:
            raise _RefusedProofError
        asked.spends.append(asked.shown.proof)
        if asked.form.get("resource", asked.issuer) != asked.issuer:
            raise _RefusedTargetError


class _ClientCredentials(ClientCredentialsGrant):  # type: ignore[misc] # likewise
    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)


class _WorkerAssertion(JWTBearerGrant):  # type: ignore[misc] # likewise
    """A worker's assertion (RFC 7523 section 2.1), which her agency's client signs and presents itself."""

    TOKEN_ENDPOINT_AUTH_METHODS = (AUTH_METHOD,)
    request: _Request

    def validate_token_request(self) -> None:
        # Authlib would take the assertion alone for the client's word.
        self.request.client = self.authenticate_token_endpoint_client()
        super().validate_token_request()

    def process_assertion_claims(self, assertion: str) -> Mapping[str, Any]:
        asked = self.request.asked
        try:
            found = read_assertion(assertion, WORKER_TYPES)
            asked.verify(found, "worker")
            worker = found.text("sub")
            asked.is_strong = "acr" in found.claims and found.text("acr") == STRONG_ACR
        except AssertionRefusedError as refused:
            raise _RefusedGrantError(refused.why) from None
        # A client's assertion about itself names no worker; another `acr` means nothing that we know.
        if worker == asked.known.id or ("acr" in found.claims and not asked.is_strong):
            raise _RefusedGrantError("sub" if worker == asked.known.id else "acr")
        return found.claims

    def resolve_issuer_client(self, issuer: str) -> _Client:  # noqa: ARG002 - `iss` is the client's by now
        if self.request.asked.known.agency is None:
            raise UnauthorizedClientError
        client: _Client = self.request.client
        return client

    def authenticate_user(self, subject: str) -> WorkerId | None:
        asked = self.request.asked
        if asked.known.worker is None or asked.known.worker != subject:
            raise _RefusedGrantError("worker")
        if not asked.known.worker_is_active:
            raise _RefusedGrantError("worker_disabled")
        asked.worker = asked.known.worker
        return asked.worker

    def has_granted_permission(self, client: _Client, user: WorkerId) -> bool:  # noqa: ARG002
        """An agency vouches for any worker of its own, and was asked for no other."""
        return True
