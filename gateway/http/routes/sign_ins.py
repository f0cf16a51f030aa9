"""One's own sign-ins: where somebody is signed in as her."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.caller import Caller
from gateway.domain.ids import SignInId
from gateway.domain.instants import to_text
from gateway.domain.sign_in import Admitted, SignIn
from gateway.http.browsers import ADMITTED
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, reply
from gateway.http.shapes import InForce


class SignInShown(BaseModel):
    id: str = Field(examples=["sin_01J8ZQ4V7N3X5R2M6K9T0W1B4C"])
    way: str = Field(description="How she proved who she is.", examples=["oidc", "passkey", "code"])
    strong: bool = Field(description="Whether that was a strong authentication.")
    opened_at: str
    used_at: str = Field(description="To the minute.")
    ends_at: str = Field(description="When it is over, if it is not used any more.")
    current: bool = Field(description="Whether it is the one that asks.")


class SignInsShown(BaseModel):
    items: list[SignInShown]
    csrf: str | None = Field(
        description="Under a cookie: what `Gateway-Csrf` must say on whatever changes something."
    )


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/sign-ins", tags=["callers"], route_class=CallerRoute)
    uses, replies = kit.usecases.sign_ins, kit.replies

    @router.get("", response_model=SignInsShown)
    async def list_sign_ins(request: Request, caller: RequireCaller) -> Response:
        """List the caller's own sign-ins that are not over, newest first."""
        items = [_shown(one, caller) for one in await uses.list(caller)]
        admitted = request.scope.get(ADMITTED)
        csrf = admitted.csrf if isinstance(admitted, Admitted) else None
        return reply({"items": items, "csrf": csrf})

    @router.delete("", response_model=InForce, responses=ACCEPTED)
    async def end_all_sign_ins(request: Request, caller: RequireCaller) -> Response:
        """End all of the caller's sign-ins, this one included."""
        done = await uses.end(caller, None)
        return replies.acted(request, done, "sign_in", status=200)

    @router.delete("/{sign_in}", response_model=InForce, responses=ACCEPTED)
    async def end_sign_in(request: Request, caller: RequireCaller, sign_in: str) -> Response:
        """End one of the caller's sign-ins at this very moment; ended already is ended."""
        done = await uses.end(caller, SignInId(read_path_id(sign_in)))
        return replies.acted(request, done, "sign_in", status=200)

    return router


def _shown(sign_in: SignIn, caller: Caller) -> dict[str, Any]:
    return {
        "id": sign_in.id,
        "way": str(sign_in.way),
        "strong": sign_in.strong,
        "opened_at": to_text(sign_in.opened_at),
        "used_at": to_text(sign_in.used_at),
        "ends_at": to_text(sign_in.ends_at),
        "current": sign_in.id == caller.sign_in,
    }
