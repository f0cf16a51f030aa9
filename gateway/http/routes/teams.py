"""Teams of an agency's workers: who is in them or on call, and whom they are assigned to."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import AssignmentId, DutyId, TeamId, WorkerId, parse_agency_id
from gateway.domain.teams import MAX_NAME, Duty
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, List, after_id, position_of, reply
from gateway.http.shapes import (
    Acted,
    AgencyIdentifier,
    Body,
    Cursor,
    Identifier,
    InForce,
    Moment,
    RequireOnce,
)
from gateway.usecases.give_duty import GivenDuty

OfAgency = Annotated[
    str | None, Query(max_length=200, description="One that the caller administers; default her own.")
]


class TeamFormed(Body):
    agency: AgencyIdentifier
    name: str = Field(min_length=1, max_length=MAX_NAME, examples=["Équipe de nuit"])


class DutyGiven(Body):
    worker: Identifier
    duty: Duty
    from_: Moment | None = Field(default=None, alias="from", description="By default, now.")
    until: Moment | None = Field(default=None, description="On call: at most 31 days later.")


class TeamAssigned(Body):
    person: Identifier = Field(description="The agency's handle of the person.")
    until: Moment | None = None


class TeamShown(BaseModel):
    id: str
    agency: str
    name: str
    ended: str | None


class Teams(BaseModel):
    items: list[TeamShown]


class DutyShown(BaseModel):
    id: str
    worker: str
    duty: Duty
    from_: str | None = Field(alias="from")
    until: str | None


class TeamAssignmentShown(BaseModel):
    id: str
    person: str | None = Field(description="The caller's agency's handle, if it has one.")
    from_: str | None = Field(alias="from")
    until: str | None


class TeamInFull(TeamShown):
    duties: list[DutyShown]
    assignments: list[TeamAssignmentShown]


class DutyActed(Acted):
    left_out: int = Field(description="Of the team's persons, how many the agency may not assign her to now.")


def make_router(kit: Kit) -> APIRouter:
    """Build the routes of the teams."""
    router = APIRouter(prefix="/v1/teams", tags=["workers"], route_class=CallerRoute)
    usecases, replies = kit.usecases.onboarding, kit.replies

    @router.get("", response_model=Teams)
    async def list_teams(
        request: Request, caller: RequireCaller, agency: OfAgency = None, cursor: Cursor = None
    ) -> Response:
        """List the teams of the caller's agency, or of one that she administers."""
        walked = List(request, caller, {"agency": agency})
        after = after_id(replies.position(walked, cursor))
        over = None if agency is None else parse_agency_id(agency)
        page = await usecases.list_teams(caller, agency=over, after=after)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, page.rows, position_of(page.after))

    @router.post("", status_code=201, response_model=Acted)
    async def form_team(
        request: Request, caller: RequireCaller, body: TeamFormed, once: RequireOnce
    ) -> Response:
        """Form a team of nobody yet; families read its name."""
        done = await usecases.form_team(caller, body.agency, body.name, once=once)
        return replies.acted(request, done, "team")

    @router.get("/{team}", response_model=TeamInFull)
    async def read_team(request: Request, caller: RequireCaller, team: str) -> Response:
        """Read who is on duty in a team, and whom it is assigned to."""
        found = await usecases.read_team(caller, TeamId(read_path_id(team)))
        return replies.refused(request, found) if isinstance(found, Refused) else reply(found)

    @router.delete("/{team}", response_model=InForce, responses=ACCEPTED)
    async def end_team(request: Request, caller: RequireCaller, team: str) -> Response:
        """End a team with all its duties and assignments, at this very moment."""
        done = await usecases.end_team(caller, TeamId(read_path_id(team)))
        return replies.acted(request, done, "team", status=200)

    _add_parts(router, kit)
    return router


def _add_parts(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases.onboarding, kit.replies

    @router.post("/{team}/duties", status_code=201, response_model=DutyActed)
    async def give_duty(
        request: Request, caller: RequireCaller, team: str, body: DutyGiven, once: RequireOnce
    ) -> Response:
        """Make a worker a member of a team, or put her on call for it; nobody puts herself there."""
        given = GivenDuty(WorkerId(body.worker), body.duty, body.from_, body.until)
        done = await usecases.give_duty(caller, TeamId(read_path_id(team)), given, once=once)
        if isinstance(done, Refused):
            return replies.refused(request, done)
        return replies.acted(request, done, "duty", more={"left_out": done.reference["left_out"]})

    @router.post("/{team}/assignments", status_code=201, response_model=Acted)
    async def assign_team(
        request: Request, caller: RequireCaller, team: str, body: TeamAssigned, once: RequireOnce
    ) -> Response:
        """Assign a team to a person: each member while she is one, and whoever is on call."""
        named = TeamId(read_path_id(team))
        done = await usecases.assign_team(caller, named, body.person, until_at=body.until, once=once)
        return replies.acted(request, done, "assignment")


def make_duty_router(kit: Kit) -> APIRouter:
    """Build the routes that end what a team rests on."""
    router = APIRouter(prefix="/v1", tags=["workers"], route_class=CallerRoute)
    usecases, replies = kit.usecases.onboarding, kit.replies

    @router.delete("/duties/{duty}", response_model=InForce, responses=ACCEPTED)
    async def end_duty(request: Request, caller: RequireCaller, duty: str) -> Response:
        """End a membership or a period on call, at this very moment; ended already is ended."""
        done = await usecases.end_duty(caller, DutyId(read_path_id(duty)))
        return replies.acted(request, done, "duty", status=200)

    @router.delete("/team-assignments/{assignment}", response_model=InForce, responses=ACCEPTED)
    async def unassign_team(request: Request, caller: RequireCaller, assignment: str) -> Response:
        """End a team's assignment to a person, at this very moment; ended already is ended."""
        done = await usecases.unassign_team(caller, AssignmentId(read_path_id(assignment)))
        return replies.acted(request, done, "assignment", status=200)

    return router
