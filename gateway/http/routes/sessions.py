"""Sessions of a committee: opened, read, left, closed."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.errors import MalformedError
from gateway.domain.ids import FindingId, FragmentId, WorkerId
from gateway.domain.instants import Instant
from gateway.domain.meetings import MAX_MEMBERS, MAX_PACKAGE
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, reply
from gateway.http.shapes import Acted, Body, Code, Identifier, InForce, Moment, RequireOnce
from gateway.usecases.open_session import SessionPlanned
from gateway.usecases.recuse_member import Recusal

Members = Annotated[list[Identifier], Field(min_length=1, max_length=MAX_MEMBERS)]
Package = Annotated[list[Identifier], Field(min_length=1, max_length=MAX_PACKAGE)]


class SessionOpened(Body):
    person: Identifier = Field(description="The agency's handle of the person.")
    members: Members = Field(description="Workers of any agency; nobody joins later.")
    package: Package = Field(description="The fragments that the members may read while it is open.")
    opens: Moment
    closes: Moment | None = None
    kind: Code | None = Field(
        default=None, description="In place of `closes`: one of `GET /v1/session-kinds`.", examples=[None]
    )


class SessionShown(BaseModel):
    id: str
    person: str | None = Field(description="The caller's handle of the person, if she has one.")
    status: str = Field(examples=["scheduled", "open", "closed"])
    opens: str
    closes: str
    agencies: list[str] = Field(description="Whom a consent to this session covers, through its members.")
    members: list[str] | None
    recused: list[str] | None
    package: list[str] | None


class RecusalAsked(Body):
    member: Identifier | None = Field(default=None, description="By default the caller herself.")


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/sessions", tags=["sessions"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("", status_code=201, response_model=Acted)
    async def open_session(
        request: Request, caller: RequireCaller, body: SessionOpened, once: RequireOnce
    ) -> Response:
        """Name who sits and what lies on the table; it opens and closes by the clock."""
        planned = SessionPlanned(
            caller=caller,
            handle=body.person,
            members=tuple(WorkerId(one) for one in body.members),
            package=tuple(FragmentId(one) for one in body.package),
            opens_at=body.opens,
            closes_at=_closes_at(kit, body),
            once=once,
        )
        done = await usecases.open_session(planned)
        return replies.acted(request, done, "finding")

    @router.get("/{session}", response_model=SessionShown)
    async def read_session(request: Request, caller: RequireCaller, session: str) -> Response:
        """Show a session to who sits in it, works with the person, is she, or decides for her."""
        shown = await usecases.read_session(caller, FindingId(read_path_id(session)))
        return replies.refused(request, shown) if isinstance(shown, Refused) else reply(shown)

    _add_ends(router, kit)
    return router


def _closes_at(kit: Kit, body: SessionOpened) -> Instant:
    """When it closes: as it is said, or as sessions of its kind do."""
    if (body.closes is None) == (body.kind is None):
        raise MalformedError("a session says when it closes, or of which kind it is", field="closes")
    if body.closes is not None:
        return body.closes
    hours = {term.code: term.hours for term in kit.usecases.vocabulary.sessions}.get(str(body.kind))
    if hours is None:
        raise MalformedError("a kind of session is not in the vocabulary", field="kind")
    return Instant(body.opens + hours * 3_600_000_000)


def _add_ends(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.post("/{session}/recusals", status_code=201, response_model=InForce, responses=ACCEPTED)
    async def recuse_member(
        request: Request,
        caller: RequireCaller,
        session: str,
        once: RequireOnce,
        body: RecusalAsked | None = None,
    ) -> Response:
        """Take a member out of a session, for good."""
        member = None if body is None or body.member is None else WorkerId(body.member)
        done = await usecases.recuse_member(Recusal(caller, FindingId(read_path_id(session)), member, once))
        return replies.acted(request, done, "finding")

    @router.post("/{session}/closing", status_code=201, response_model=InForce, responses=ACCEPTED)
    async def close_session(
        request: Request, caller: RequireCaller, session: str, once: RequireOnce
    ) -> Response:
        """Close a session at this very moment; closed already is closed."""
        done = await usecases.close_session(caller, FindingId(read_path_id(session)), once=once)
        return replies.acted(request, done, "finding")
