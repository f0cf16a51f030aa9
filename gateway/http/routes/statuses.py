"""A fragment's state, as its owner says: held back for now, or entered in error."""

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from gateway.domain.ids import FragmentId
from gateway.domain.vocabulary import FragmentStatus
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.documented import VERSIONED
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit
from gateway.http.shapes import Acted, Body, InForce, RequireOnce, SeenVersion, Words
from gateway.usecases.set_fragment_status import Restated


class StatusGrounds(Body):
    grounds: Words = Field(default="", description="Why; it is kept sealed.")


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/fragments", tags=["fragments"], route_class=CallerRoute)
    _add_holds(router, kit)
    _add_corrections(router, kit)
    return router


async def _answer(kit: Kit, request: Request, asked: Restated) -> Response:
    done = await kit.usecases.set_fragment_status(asked)
    return kit.replies.acted(request, done, "fragment", status=201 if request.method == "POST" else 200)


def _add_holds(router: APIRouter, kit: Kit) -> None:
    @router.post("/{fragment}/holds", status_code=201, response_model=InForce, responses=ACCEPTED | VERSIONED)
    async def hold_fragment(
        request: Request,
        caller: RequireCaller,
        fragment: str,
        seen: SeenVersion,
        once: RequireOnce,
        body: StatusGrounds | None = None,
    ) -> Response:
        """Hold a fragment back from everybody but its owner, until the hold is lifted."""
        name, grounds = FragmentId(read_path_id(fragment)), "" if body is None else body.grounds
        asked = Restated(caller, name, FragmentStatus.OWNER_HOLD, seen, grounds, once)
        return await _answer(kit, request, asked)

    @router.delete("/{fragment}/holds", response_model=Acted, responses=VERSIONED)
    async def lift_hold(
        request: Request, caller: RequireCaller, fragment: str, seen: SeenVersion
    ) -> Response:
        """Lift the hold: who might read before may read again."""
        name = FragmentId(read_path_id(fragment))
        return await _answer(kit, request, Restated(caller, name, FragmentStatus.ACTIVE, seen))


def _add_corrections(router: APIRouter, kit: Kit) -> None:
    @router.post(
        "/{fragment}/corrections", status_code=201, response_model=InForce, responses=ACCEPTED | VERSIONED
    )
    async def mark_in_error(
        request: Request,
        caller: RequireCaller,
        fragment: str,
        seen: SeenVersion,
        once: RequireOnce,
        body: StatusGrounds | None = None,
    ) -> Response:
        """Say that a version was entered in error: nobody reads it; only a next version follows it."""
        name, grounds = FragmentId(read_path_id(fragment)), "" if body is None else body.grounds
        asked = Restated(caller, name, FragmentStatus.ENTERED_IN_ERROR, seen, grounds, once)
        return await _answer(kit, request, asked)
