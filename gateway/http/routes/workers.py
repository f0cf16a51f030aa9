"""Workers and whom they are assigned to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import AgencyId, AssignmentId, WorkerId, parse_agency_id
from gateway.domain.registry import Identity, NewWorker, WorkerChange
from gateway.domain.vocabulary import Role
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.documented import VERSIONED
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, List, after_id, position_of
from gateway.http.shapes import (
    Acted,
    AgencyIdentifier,
    Body,
    Cursor,
    Identifier,
    InForce,
    Line,
    Moment,
    RequireOnce,
    SeenVersion,
)

Roles = Annotated[list[Role], Field(min_length=1, max_length=10, examples=[["caseworker"]])]
OfAgency = Annotated[
    str | None, Query(max_length=200, description="One that the caller administers; default her own.")
]


class IdentityNamed(Body):
    iss: Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[!-~]+$")]
    sub: Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$")]


class WorkerRegistered(Body):
    id: Identifier
    agency: AgencyIdentifier
    name: Line
    roles: Roles
    identity: IdentityNamed | None = None
    network_wide: StrictBool = False

    def to_new(self) -> NewWorker:
        named = self.identity
        return NewWorker(
            id=WorkerId(self.id),
            agency=self.agency,
            name=self.name,
            roles=tuple(self.roles),
            identity=None if named is None else Identity(named.iss, named.sub),
            network_wide=self.network_wide,
        )


class WorkerChanged(Body):
    roles: Roles | None = None
    active: StrictBool | None = None


class WorkerShown(BaseModel):
    id: str
    agency: str
    name: str | None
    roles: list[str]
    active: bool
    network_wide: bool
    etag: str


class Workers(BaseModel):
    items: list[WorkerShown]


class Assigned(Body):
    worker: Identifier
    person: Identifier = Field(description="The agency's handle of the person.")
    until: Moment | None = None


class AssignmentShown(BaseModel):
    id: str
    worker: str
    agency: str
    person: str | None = Field(description="The caller's agency's handle, if it has one.")
    from_: str | None = Field(alias="from")
    until: str | None


class Assignments(BaseModel):
    items: list[AssignmentShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes of the workers."""
    router = APIRouter(prefix="/v1", tags=["workers"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.get("/workers", response_model=Workers)
    async def list_workers(
        request: Request, caller: RequireCaller, agency: OfAgency = None, cursor: Cursor = None
    ) -> Response:
        """List the workers of the caller's agency, or of one that she administers."""
        walked = List(request, caller, {"agency": agency})
        after = after_id(replies.position(walked, cursor))
        page = await usecases.list_workers(caller, agency=_agency(agency), after=after)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, page.rows, position_of(page.after))

    @router.post("/workers", status_code=201, response_model=Acted)
    async def register_worker(
        request: Request, caller: RequireCaller, body: WorkerRegistered, once: RequireOnce
    ) -> Response:
        """Register a worker under the identity that an issuer vouches for."""
        done = await usecases.register_worker(caller, body.to_new(), once=once)
        return replies.acted(request, done, "worker")

    @router.patch("/workers/{worker}", response_model=InForce, responses=ACCEPTED | VERSIONED)
    async def change_worker(
        request: Request, caller: RequireCaller, worker: str, body: WorkerChanged, seen: SeenVersion
    ) -> Response:
        """Change a worker's roles, disable her account, or enable it again."""
        change = WorkerChange(None if body.roles is None else tuple(body.roles), body.active)
        changed = WorkerId(read_path_id(worker))
        done = await usecases.change_worker(caller, changed, change, if_match=seen or "")
        return replies.acted(request, done, "worker", status=200)

    return router


def make_assignment_router(kit: Kit) -> APIRouter:
    """Build the routes of the assignments."""
    router = APIRouter(prefix="/v1/assignments", tags=["workers"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.get("", response_model=Assignments)
    async def list_assignments(
        request: Request, caller: RequireCaller, agency: OfAgency = None, cursor: Cursor = None
    ) -> Response:
        """List who is assigned to whom; whom the table does not list sees her own assignments."""
        walked = List(request, caller, {"agency": agency})
        after = after_id(replies.position(walked, cursor))
        page = await usecases.list_assignments(caller, agency=_agency(agency), after=after)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, page.rows, position_of(page.after))

    @router.post("", status_code=201, response_model=Acted)
    async def assign_worker(
        request: Request, caller: RequireCaller, body: Assigned, once: RequireOnce
    ) -> Response:
        """Assign a worker to a person; nobody assigns herself."""
        worker = WorkerId(body.worker)
        done = await usecases.assign_worker(caller, worker, body.person, until_at=body.until, once=once)
        return replies.acted(request, done, "assignment")

    @router.delete("/{assignment}", response_model=InForce, responses=ACCEPTED)
    async def end_assignment(request: Request, caller: RequireCaller, assignment: str) -> Response:
        """End an assignment at this very moment; ended already is ended."""
        done = await usecases.end_assignment(caller, AssignmentId(read_path_id(assignment)))
        return replies.acted(request, done, "assignment", status=200)

    return router


def _agency(text: str | None) -> AgencyId | None:
    return None if text is None else parse_agency_id(text)
