"""Leaving the network with one's data: asked, taken along fragment by fragment, left."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import FragmentId
from gateway.domain.leaving import read_export_key
from gateway.domain.vocabulary import FragmentStatus
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_agency, read_path_id
from gateway.http.replies import ACCEPTED, Kit, List, after_id, position_of
from gateway.http.shapes import Acted, AgencyIdentifier, Asked, Body, Cursor, InForce, Moment, RequireOnce


class LeavingAsked(Body):
    agency: AgencyIdentifier
    key: dict[str, Any] = Field(
        max_length=8,
        description="A public JWK on P-256: the archive is sealed for its holder.",
        examples=[{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1B…", "y": "x_FEzRu9m36H…"}],
    )
    keep_keys_until: Moment


class OwnFragment(BaseModel):
    id: str
    owner: str
    category: str
    status: FragmentStatus


class OwnFragments(BaseModel):
    items: list[OwnFragment]


class FragmentExported(Acted):
    envelope: str = Field(description="JWE, compact: only the holder of the agency's key opens it.")


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1", tags=["agencies"], route_class=CallerRoute)
    usecases, replies = kit.usecases.onboarding, kit.replies

    @router.post("/leavings", status_code=201, response_model=Asked)
    async def ask_leaving(
        request: Request, caller: RequireCaller, body: LeavingAsked, once: RequireOnce
    ) -> Response:
        """Ask that the caller's own agency leaves the network; a privacy officer approves it."""
        key = read_export_key(body.key)
        done = await usecases.ask_leaving(caller, body.agency, key, body.keep_keys_until, once=once)
        return replies.asked(request, done, "leaving")

    @router.delete("/leavings/{agency:path}", response_model=InForce, responses=ACCEPTED)
    async def leave_network(request: Request, caller: RequireCaller, agency: str) -> Response:
        """Leave for good: nothing of the agency is released any more, and nobody acts for it."""
        done = await usecases.leave_network(caller, read_path_agency(agency))
        return replies.acted(request, done, "leaving", status=200)

    @router.get("/own-fragments", response_model=OwnFragments)
    async def list_own_fragments(request: Request, caller: RequireCaller, cursor: Cursor = None) -> Response:
        """List what the caller's agency takes along, once its leaving is approved."""
        walked = List(request, caller, {})
        page = await usecases.list_exports(caller, after=after_id(replies.position(walked, cursor)))
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, page.rows, position_of(page.after))

    @router.post("/fragments/{fragment}/exports", status_code=201, response_model=FragmentExported)
    async def export_fragment(request: Request, caller: RequireCaller, fragment: str) -> Response:
        """Take one of the agency's own fragments along, sealed for the key that was approved."""
        taken = await usecases.export_fragment(caller, FragmentId(read_path_id(fragment)))
        if isinstance(taken, Refused):
            return replies.refused(request, taken)
        return replies.acted(request, taken.done, "fragment", more={"envelope": taken.envelope})

    return router
