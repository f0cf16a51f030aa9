"""The token endpoint: its description (RFC 8414), its public keys, and tokens for registered clients.

Answers of `POST /oauth/token` have the shape of RFC 6749 and hold bare codes: whoever asks is a piece of
software, and what it sent is never repeated.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.errors import NonceRefusedError, ProofRefusedError
from gateway.domain.issuing import AUTH_METHOD, GRANT_TYPES, Issued, Objected, Shown
from gateway.http.edge import NONCE, find_header
from gateway.http.replies import reply
from gateway.http.services import Services, TokenUses

PATH = "/oauth/token"
MAX_BODY = 64 * 1024

_MAX_FIELDS = 32
_FORM = "application/x-www-form-urlencoded"
_UNAUTHORIZED = {"invalid_client": 401}
_KEYS_AGE = {"Cache-Control": "public, max-age=900"}


class Metadata(BaseModel):
    """RFC 8414; nothing is named that is not there."""

    issuer: str = Field(examples=["https://gateway.example"])
    token_endpoint: str
    jwks_uri: str
    grant_types_supported: list[str]
    response_types_supported: list[str]
    token_endpoint_auth_methods_supported: list[str]
    token_endpoint_auth_signing_alg_values_supported: list[str]
    dpop_signing_alg_values_supported: list[str]
    service_documentation: str


class SigningKeys(BaseModel):
    """A JWK set (RFC 7517): keys that sign now, will sign, or have signed lately."""

    keys: list[dict[str, str]]


class TokenShown(BaseModel):
    access_token: str
    token_type: str = Field(examples=["DPoP"])
    expires_in: int = Field(examples=[300])


class TokenRefused(BaseModel):
    """RFC 6749 section 5.2, RFC 9449 section 5; `error_uri` says it in French and in English."""

    error: str = Field(examples=["invalid_client"])
    error_uri: str


class _FormError(Exception):
    """What was posted is no form of ours."""


def make_router(services: Services, uses: TokenUses) -> APIRouter:
    """Build the routes; none needs a token."""
    router = APIRouter(tags=["tokens"])
    metadata = describe(uses.issuer)

    @router.get("/.well-known/oauth-authorization-server", response_model=Metadata)
    async def read_metadata() -> Response:
        """Describe the token endpoint."""
        return reply(metadata, 200, _KEYS_AGE)

    @router.get("/oauth/jwks", response_model=SigningKeys)
    async def list_signing_keys() -> Response:
        """List the keys that its tokens are verified with."""
        return reply({"keys": await uses.keys.published(services.clock.now())}, 200, _KEYS_AGE)

    _add_token(router, services, uses)
    return router


def describe(issuer: str) -> dict[str, Any]:
    """Give the endpoint's metadata."""
    algorithms = ["ES256", "PS256", "EdDSA", "Ed25519"]
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}{PATH}",
        "jwks_uri": f"{issuer}/oauth/jwks",
        "grant_types_supported": list(GRANT_TYPES),
        # Required by RFC 8414 section 2; there is no authorization endpoint, and so there is none.
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": [AUTH_METHOD],
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "dpop_signing_alg_values_supported": algorithms,
        "service_documentation": f"{issuer}/problems/token_refused",
    }


def _add_token(router: APIRouter, services: Services, uses: TokenUses) -> None:
    said: dict[int | str, dict[str, Any]] = {
        400: {"model": TokenRefused, "description": "No token; `use_dpop_nonce`: once more, with the nonce."},
        401: {"model": TokenRefused, "description": "The client did not prove who it is."},
    }

    @router.post(
        PATH,
        response_model=TokenShown,
        responses=said,
        openapi_extra={"requestBody": _body(), "security": []},
    )
    async def issue_token(request: Request) -> Response:
        """Give a registered client a token for itself, or for a worker whom it vouches for."""
        now = services.clock.now()
        request.scope[NONCE] = services.proofs.nonce(now)
        try:
            form = await _read_form(request)
            shown = _prove(request, services, uses)
        except _FormError:
            return _refused(uses, "invalid_request")
        except NonceRefusedError as error:
            return _refused(uses, error.code)
        answer = await uses.issue(form, shown)
        if isinstance(answer, Objected):
            return _refused(uses, answer.error)
        return reply(_shown(answer))

    def _prove(request: Request, services: Services, uses: TokenUses) -> Shown | None:
        proof = find_header(request.scope, b"dpop")
        if proof is None:
            return None
        try:
            url = f"{uses.issuer}{request.scope['raw_path'].decode('latin-1')}"
            proven = services.proofs.prove(proof, "POST", url, None, services.clock.now())
        except ProofRefusedError:
            return None
        return Shown(proven.thumbprint, proven.proof)


async def _read_form(request: Request) -> Mapping[str, str]:
    """Read the form: at most 64 KiB, each name once; what is empty counts as left out (RFC 6749 3.2).

    Raises:
        _FormError: Another media type, larger, no UTF-8, a name twice, or no grant type.
    """
    if (find_header(request.scope, b"content-type") or "").partition(";")[0].strip().lower() != _FORM:
        raise _FormError
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise _FormError
    try:
        pairs = parse_qsl(
            body.decode("ascii"), errors="strict", max_num_fields=_MAX_FIELDS, keep_blank_values=True
        )
    except ValueError:
        raise _FormError from None
    form = {name: value for name, value in pairs if value}
    if len({name for name, _ in pairs}) != len(pairs) or "grant_type" not in form:
        raise _FormError
    return form


def _shown(issued: Issued) -> dict[str, Any]:
    return {"access_token": issued.token, "token_type": "DPoP", "expires_in": issued.expires_in_s}


def _refused(uses: TokenUses, error: str) -> Response:
    document = {"error": error, "error_uri": f"{uses.issuer}/problems/token_refused"}
    return reply(document, _UNAUTHORIZED.get(error, 400), {"Pragma": "no-cache"})


def _body() -> dict[str, Any]:
    text = {"type": "string"}
    named = ("grant_type", "client_assertion_type", "client_assertion")
    optional = ("assertion", "client_id", "resource")
    return {
        "required": True,
        "content": {
            _FORM: {
                "schema": {
                    "type": "object",
                    "properties": dict.fromkeys((*named, *optional), text),
                    "required": list(named),
                }
            }
        },
    }
