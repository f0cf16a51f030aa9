"""Keys of clients, and the key of the token endpoint itself."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.errors import NotVisibleError
from gateway.domain.ids import ClientId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, reply
from gateway.http.services import TokenUses
from gateway.http.shapes import Acted, Body, InForce, RequireOnce

_MAX_KID = 120


class KeyAdded(Body):
    key: dict[str, Any] = Field(
        description="The public JWK: P-256, RSA from 2048 bits, or Ed25519. A private one is refused.",
        examples=[{"kty": "EC", "crv": "P-256", "x": "…", "y": "…"}],
    )


class KeyRotated(Body):
    at_once: StrictBool = Field(
        default=False, description="Withdraw every other key now: for one that has leaked."
    )


class KeyShown(BaseModel):
    kid: str = Field(description="The key's thumbprint (RFC 7638).")
    algorithm: str = Field(examples=["ES256"])
    added_at: str
    retired_at: str | None


class KeysShown(BaseModel):
    items: list[KeyShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1", tags=["agencies"], route_class=CallerRoute)
    uses, replies = kit.usecases.keys_of_clients, kit.replies

    @router.post("/clients/{client}/keys", status_code=201, response_model=Acted)
    async def add_client_key(
        request: Request, caller: RequireCaller, client: str, body: KeyAdded, once: RequireOnce
    ) -> Response:
        """Register a public key: with its private half the client asks for tokens."""
        done = await uses.add(caller, ClientId(read_path_id(client)), body.key, once=once)
        return replies.acted(request, done, "kid")

    @router.get("/clients/{client}/keys", response_model=KeysShown)
    async def list_client_keys(request: Request, caller: RequireCaller, client: str) -> Response:
        """List a client's keys, retired ones too."""
        found = await uses.list(caller, ClientId(read_path_id(client)))
        if isinstance(found, Refused):
            return replies.refused(request, found)
        return reply({"items": list(found)})

    @router.delete("/clients/{client}/keys/{kid}", response_model=InForce, responses=ACCEPTED)
    async def retire_client_key(request: Request, caller: RequireCaller, client: str, kid: str) -> Response:
        """Retire a key: requests that it signs, and tokens that it brought, are refused from then on."""
        if len(kid) > _MAX_KID:
            raise NotVisibleError("no such key")
        done = await uses.retire(caller, ClientId(read_path_id(client)), kid)
        return replies.acted(request, done, "kid", status=200)

    if kit.usecases.tokens is not None:
        _add_rotation(router, kit, kit.usecases.tokens)
    return router


def _add_rotation(router: APIRouter, kit: Kit, tokens: TokenUses) -> None:
    @router.post("/token-keys", status_code=201, response_model=Acted)
    async def rotate_token_key(
        request: Request, caller: RequireCaller, body: KeyRotated, once: RequireOnce
    ) -> Response:
        """Replace the key that tokens are signed with; the old one stays published for hours."""
        done = await tokens.rotate(caller, at_once=body.at_once, once=once)
        more = None if isinstance(done, Refused) else {"signs_at": done.reference["signs_at"]}
        return kit.replies.acted(request, done, "kid", more=more)
