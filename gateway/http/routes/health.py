"""Whether the gateway lives, whether it may serve, and the keys that its evidence is checked with."""

from collections.abc import Mapping

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.http.edge import place_of
from gateway.http.problems import Problems
from gateway.http.services import Services
from gateway.observe import Event

_OK = "ok"


class Alive(BaseModel):
    status: str = Field(examples=["alive"])


class Ready(BaseModel):
    status: str = Field(examples=["ready"])
    dependencies: dict[str, str] = Field(examples=[{"store": "ok", "policy": "ok", "keys": "ok"}])


class Keys(BaseModel):
    """A JWK set (RFC 7517); `purpose` says what each key verifies, `key` is its own form of it."""

    keys: list[dict[str, str]] = Field(
        examples=[
            [{"id": "ledger-1", "purpose": "ledger", "algorithm": "Ed25519", "key": "gateway+1234+AQ…"}]
        ]
    )


def make_router(services: Services, problems: Problems) -> APIRouter:
    """Build the routes that need no token."""
    router = APIRouter(tags=["health"])

    @router.get("/healthz")
    async def healthz() -> Alive:
        """Answer while the process runs, whatever it depends on."""
        return Alive(status="alive")

    @router.get("/readyz", response_model=Ready)
    async def readyz(request: Request) -> Ready | Response:
        """Answer 200 when everything that a release needs answers, else 503 with the part that does not."""
        parts = await services.readiness.check()
        failing = {name: code for name, code in parts.items() if code != _OK}
        if not failing:
            return Ready(status="ready", dependencies=dict(parts))
        for name, code in failing.items():
            services.log.line(Event.NOT_READY, dependency=name, code=code)
        code = _code_of(failing, problems)
        return problems.render(code, place_of(request.scope), status=503, more={"dependencies": dict(parts)})

    @router.get("/.well-known/gateway-keys")
    async def gateway_keys() -> Keys:
        """List the public keys that checkpoints and receipts are verified with, as a JWK set."""
        return Keys(keys=[dict(key) for key in await services.public_keys.list_keys()])

    return router


def _code_of(failing: Mapping[str, str], problems: Problems) -> str:
    # Quarantine explains the rest and needs a person; otherwise the first part that failed is named.
    if "quarantined" in failing.values():
        return "quarantined"
    first = next(iter(failing.values()))
    return first if first in problems.words.problems else "not_ready"
