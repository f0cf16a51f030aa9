"""Who the caller is to the gateway."""

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.replies import Kit, reply
from gateway.http.routes.vocabulary import AgencyShown, TermShown


class MeShown(BaseModel):
    account: str
    client: str
    agency: AgencyShown | None
    role: TermShown
    roles: list[TermShown] = Field(description="Those that `Gateway-Role` may name.")
    active: bool
    strong: bool = Field(description="Whether the issuer vouches for a strong authentication.")


def make_router(kit: Kit) -> APIRouter:
    """Build the route."""
    router = APIRouter(prefix="/v1", tags=["callers"], route_class=CallerRoute)
    roles = kit.usecases.vocabulary.roles

    @router.get("/me", response_model=MeShown)
    async def read_me(caller: RequireCaller) -> Response:
        """Tell the caller her account, her agency, her role, and the roles that she could choose."""
        me = await kit.usecases.who_am_i(caller)
        return reply(
            {
                "account": caller.account,
                "client": caller.client,
                "agency": me.agency,
                "role": roles[caller.role].to_document(),
                "roles": [roles[role].to_document() for role in me.roles],
                "active": caller.active,
                "strong": caller.bearer.strong,
            }
        )

    return router
