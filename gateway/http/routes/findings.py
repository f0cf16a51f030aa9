"""What was found about a person: her capacity, harm that a reading would do, a youth consulted."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.acting import Once
from gateway.domain.caller import Caller
from gateway.domain.findings import FindingKind
from gateway.domain.ids import FindingId, FragmentId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, List, after_id, position_of
from gateway.http.shapes import (
    Acted,
    Body,
    Code,
    Cursor,
    Identifier,
    InForce,
    Line,
    Moment,
    RequireOnce,
    Words,
)
from gateway.usecases.consult_youth import Consulted
from gateway.usecases.determine_harm import HarmFound
from gateway.usecases.end_finding import Ending
from gateway.usecases.record_capacity import CapacityFound

Categories = Literal["all"] | Annotated[list[Code], Field(min_length=1, max_length=50)]


class CapacityRecorded(Body):
    category: Code = Field(default="all", description="`all`, or one category.")
    capable: StrictBool
    assessed_by: Line
    at: Moment | None = Field(default=None, description="When it was assessed; default now.")
    until: Moment | None = None
    grounds: Words = Field(default="", description="They are kept sealed.")

    def to_found(self, caller: Caller, handle: str, once: Once | None) -> CapacityFound:
        return CapacityFound(
            caller=caller,
            handle=handle,
            capable=self.capable,
            assessed_by=self.assessed_by,
            category=self.category,
            assessed_at=self.at,
            until_at=self.until,
            grounds=self.grounds,
            once=once,
        )


class HarmDetermined(Body):
    """Of one fragment, or of categories of what the caller's agency holds."""

    to: Annotated[list[Literal["guardian", "youth"]], Field(min_length=1, max_length=2)]
    categories: Categories = "all"
    fragment: Identifier | None = None
    until: Moment | None = None
    grounds: Words = Field(default="", description="They are kept sealed.")

    def to_found(self, caller: Caller, handle: str, once: Once | None) -> HarmFound:
        return HarmFound(
            caller=caller,
            handle=handle,
            to=tuple(self.to),
            categories="all" if self.categories == "all" else tuple(self.categories),
            fragment=None if self.fragment is None else FragmentId(self.fragment),
            until_at=self.until,
            grounds=self.grounds,
            once=once,
        )


class YouthConsulted(Body):
    harm_expected: StrictBool
    until: Moment | None = None


class CapacityShown(BaseModel):
    id: str
    category: str
    capable: bool
    assessed_by: str
    from_: str | None = Field(alias="from")
    until: str | None


class Capacities(BaseModel):
    items: list[CapacityShown]


class HarmShown(BaseModel):
    id: str
    to: list[str]
    categories: Literal["all"] | list[str]
    fragment: str | None
    from_: str | None = Field(alias="from")
    until: str | None


class Harms(BaseModel):
    items: list[HarmShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes of capacity and harm."""
    router = APIRouter(prefix="/v1/persons", tags=["findings"], route_class=CallerRoute)
    _add_capacity(router, kit)
    _add_harm(router, kit)

    async def listed(walked: List, person: str, kind: FindingKind, cursor: str | None) -> Response:
        assert walked.caller is not None
        handle, after = read_path_id(person), after_id(kit.replies.position(walked, cursor))
        page = await kit.usecases.list_findings(walked.caller, kind, handle, after=after)
        if isinstance(page, Refused):
            return kit.replies.refused(walked.request, page)
        return kit.replies.page(walked, page.rows, position_of(page.after))

    @router.get("/{person}/capacity-findings", response_model=Capacities)
    async def list_capacity_findings(
        request: Request, caller: RequireCaller, person: str, cursor: Cursor = None
    ) -> Response:
        """List what was found about her capacity, without the grounds."""
        return await listed(List(request, caller, {}), person, FindingKind.CAPACITY, cursor)

    @router.get("/{person}/harm-determinations", response_model=Harms)
    async def list_harm_determinations(
        request: Request, caller: RequireCaller, person: str, cursor: Cursor = None
    ) -> Response:
        """List the harm that the caller's own agency determined, without the grounds."""
        return await listed(List(request, caller, {}), person, FindingKind.HARM, cursor)

    return router


def _add_capacity(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.post("/{person}/capacity-findings", status_code=201, response_model=InForce, responses=ACCEPTED)
    async def record_capacity(
        request: Request, caller: RequireCaller, person: str, body: CapacityRecorded, once: RequireOnce
    ) -> Response:
        """Record a finding about a person's capacity; the latest that holds counts for its category."""
        found = body.to_found(caller, read_path_id(person), once)
        done = await usecases.record_capacity(found)
        return replies.acted(request, done, "finding")

    @router.delete("/{person}/capacity-findings/{finding}", response_model=InForce, responses=ACCEPTED)
    async def end_capacity_finding(
        request: Request, caller: RequireCaller, person: str, finding: str
    ) -> Response:
        """End a finding at this very moment; ended already is ended."""
        name = FindingId(read_path_id(finding))
        asked = Ending(caller, read_path_id(person), FindingKind.CAPACITY, name)
        done = await usecases.end_finding(asked)
        return replies.acted(request, done, "finding", status=200)


def _add_harm(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.post("/{person}/harm-determinations", status_code=201, response_model=InForce, responses=ACCEPTED)
    async def determine_harm(
        request: Request, caller: RequireCaller, person: str, body: HarmDetermined, once: RequireOnce
    ) -> Response:
        """Determine that reading something of the caller's own agency would do harm, and to whom."""
        found = body.to_found(caller, read_path_id(person), once)
        done = await usecases.determine_harm(found)
        return replies.acted(request, done, "finding")

    @router.delete("/{person}/harm-determinations/{finding}", response_model=Acted)
    async def end_harm_determination(
        request: Request, caller: RequireCaller, person: str, finding: str
    ) -> Response:
        """End a determination: who might read before may read again."""
        name = FindingId(read_path_id(finding))
        done = await usecases.end_finding(Ending(caller, read_path_id(person), FindingKind.HARM, name))
        return replies.acted(request, done, "finding", status=200)


def make_consultation_router(kit: Kit) -> APIRouter:
    """Build the route of the consultation of a youth."""
    router = APIRouter(prefix="/v1/fragments", tags=["findings"], route_class=CallerRoute)

    @router.post("/{fragment}/consultations", status_code=201, response_model=Acted, responses=ACCEPTED)
    async def consult_youth(
        request: Request, caller: RequireCaller, fragment: str, body: YouthConsulted, once: RequireOnce
    ) -> Response:
        """Record that the youth was consulted about a guardian's reading, and whether harm is expected."""
        name = FragmentId(read_path_id(fragment))
        asked = Consulted(caller, name, body.harm_expected, body.until, once)
        done = await kit.usecases.consult_youth(asked)
        return kit.replies.acted(request, done, "finding")

    return router
