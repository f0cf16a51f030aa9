"""Reports of a child in danger, and questions about nobody: both to a protection body."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, StrictBool, StringConstraints
from starlette.responses import Response

from gateway.domain.errors import MalformedError
from gateway.domain.person import Described, parse_described, require_born
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import MAX_WORDS
from gateway.http.replies import Kit
from gateway.http.routes.persons import PersonDescribed
from gateway.http.shapes import Acted, AgencyIdentifier, Body, Identifier, RequireOnce
from gateway.usecases.consult_deidentified import Consultation
from gateway.usecases.submit_report import Report

Said = Annotated[str, StringConstraints(min_length=1, max_length=MAX_WORDS, strip_whitespace=True)]
ProtectionBody = Annotated[
    AgencyIdentifier, Field(description="One with `protection_mission` in `/v1/agencies`.")
]


class ReportMade(Body):
    """At most one of `person` and `fields`; without either it is about a child whom nobody can name."""

    agency: ProtectionBody
    words: Said = Field(description="Kept sealed; that body alone reads them.")
    person: Identifier | None = Field(default=None, description="The caller's handle.")
    fields: PersonDescribed | None = Field(default=None, description="As for a look-up.")
    named: StrictBool = Field(default=False, description="Whether that body may know who reports.")


class QuestionAsked(Body):
    """There is no place for a person."""

    agency: ProtectionBody
    words: Said = Field(description="Kept sealed. 422 where they name somebody, as far as it can be seen.")


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1", tags=["reports"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("/reports", status_code=201, response_model=Acted)
    async def submit_report(
        request: Request, caller: RequireCaller, body: ReportMade, once: RequireOnce
    ) -> Response:
        """Report a child in danger; no consent and no link is asked for."""
        report = Report(caller, body.agency, body.words, _whom(kit, body), named=body.named, once=once)
        done = await usecases.submit_report(report)
        return replies.acted(request, done, "letter")

    @router.post("/consultations", status_code=201, response_model=Acted)
    async def consult_deidentified(
        request: Request, caller: RequireCaller, body: QuestionAsked, once: RequireOnce
    ) -> Response:
        """Ask for advice without naming anybody."""
        done = await usecases.consult(Consultation(caller, body.agency, body.words, once))
        return replies.acted(request, done, "letter")

    return router


def _whom(kit: Kit, body: ReportMade) -> Described | str | None:
    if body.fields is None:
        return body.person
    if body.person is not None:
        raise MalformedError("a report names a child once", field="person")
    described = parse_described(body.fields.model_dump(exclude_none=True))
    require_born(described, kit.clock.now())
    return described
