"""Persons: found by an exact match, and who may decide for them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.errors import MalformedError
from gateway.domain.ids import AuthorityId
from gateway.domain.person import parse_described, require_born
from gateway.domain.vocabulary import AuthorityKind
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, List, after_id, entry_of, position_of, reply
from gateway.http.shapes import (
    AgencyIdentifier,
    Asked,
    Body,
    Code,
    Cursor,
    Identifier,
    InForce,
    Moment,
    RequireOnce,
    Words,
)
from gateway.usecases.record_authority import Claimed

Name = Annotated[str, Field(min_length=1, max_length=120)]


class PersonDescribed(Body):
    family_name: Name = Field(examples=["Inventé"])
    given_name: Name = Field(examples=["Fable"])
    birth_date: str = Field(examples=["2017-03-09"], json_schema_extra={"format": "date"}, max_length=10)
    health_number: Annotated[str, Field(max_length=40)] | None = None


class PersonMatched(BaseModel):
    handle: str = Field(description="Private to the asking agency; it tells nothing of other agencies.")
    ledger_entry: str | None
    recorded_at: str | None


class Holder(Body):
    """Exactly one of the two."""

    person: Identifier | None = Field(default=None, description="The agency's handle of the holder.")
    agency: AgencyIdentifier | None = None


class AuthorityClaimed(Body):
    holder: Holder
    authority: AuthorityKind
    scope: Literal["all"] | Annotated[list[Code], Field(min_length=1, max_length=50)] = "all"
    from_: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None
    evidence: Words = Field(default="", description="A judgment, an act of birth; it is kept sealed.")


class HolderShown(BaseModel):
    person: str | None = None
    agency: str | None = None


class AuthorityShown(BaseModel):
    id: str
    holder: HolderShown
    authority: str
    scope: Literal["all"] | list[str]
    from_: str | None = Field(alias="from")
    until: str | None


class Authorities(BaseModel):
    items: list[AuthorityShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes of persons."""
    router = APIRouter(prefix="/v1", tags=["persons"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("/person-matches", status_code=201, response_model=PersonMatched)
    async def match_person(
        request: Request, caller: RequireCaller, body: PersonDescribed, once: RequireOnce
    ) -> Response:
        """Find a person by an exact match or make a record of her; the answer does not tell which."""
        described = parse_described(body.model_dump(exclude_none=True))
        require_born(described, kit.clock.now())
        done = await usecases.match_person(caller, described, once=once)
        if isinstance(done, Refused):
            return replies.refused(request, done)
        return reply({"handle": done.reference["handle"], **entry_of(done.entry)}, 201)

    @router.get("/persons/{person}/authorities", response_model=Authorities)
    async def list_authorities(
        request: Request, caller: RequireCaller, person: str, cursor: Cursor = None
    ) -> Response:
        """List who may decide for the person behind a handle."""
        walked = List(request, caller, {})
        handle, after = read_path_id(person), after_id(replies.position(walked, cursor))
        page = await usecases.list_authorities(caller, handle, after=after)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, page.rows, position_of(page.after))

    _add_changes(router, kit)
    return router


def _add_changes(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.post("/persons/{person}/authorities", status_code=201, response_model=Asked)
    async def record_authority(
        request: Request, caller: RequireCaller, person: str, body: AuthorityClaimed, once: RequireOnce
    ) -> Response:
        """Record who may decide for a person; a second person approves it before it holds."""
        claimed = _claimed(read_path_id(person), body)
        done = await usecases.record_authority(caller, claimed, once=once)
        return replies.asked(request, done, "authority")

    @router.delete("/persons/{person}/authorities/{authority}", response_model=InForce, responses=ACCEPTED)
    async def end_authority(request: Request, caller: RequireCaller, person: str, authority: str) -> Response:
        """End an authority at this very moment; ended already is ended."""
        done = await usecases.end_authority(
            caller, read_path_id(person), AuthorityId(read_path_id(authority))
        )
        return replies.acted(request, done, "authority", status=200)


def _claimed(handle: str, body: AuthorityClaimed) -> Claimed:
    if (body.holder.person is None) == (body.holder.agency is None):
        raise MalformedError("a holder is a person or an agency", field="holder")
    return Claimed(
        handle=handle,
        holder_handle=body.holder.person,
        holder_agency=body.holder.agency,
        kind=body.authority,
        scope="all" if body.scope == "all" else tuple(body.scope),
        from_at=body.from_,
        until_at=body.until,
        evidence=body.evidence,
    )
