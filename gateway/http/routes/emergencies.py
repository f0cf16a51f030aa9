"""Emergencies: declared by a worker about one person, for a few hours; her own are listed."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.emergency import Declaration
from gateway.domain.errors import MalformedError
from gateway.domain.person import Described, parse_described, require_born
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.replies import Kit, List, entry_of, reply, text_of
from gateway.http.routes.persons import PersonDescribed
from gateway.http.shapes import Body, Code, Cursor, Identifier, Label, RequireOnce, Words
from gateway.usecases.declare_emergency import EmergencyDeclared, Envelope


class EmergencyAsked(Body):
    """Exactly one of `person` and `fields` says whom it is about."""

    person: Identifier | None = Field(default=None, description="The caller's agency's handle.")
    fields: PersonDescribed | None = Field(default=None, description="As for a look-up.")
    risk: Code = Field(examples=["serious_harm_to_child"])
    justification: Words = Field(description="At least 20 characters; it is kept sealed.")
    consent_unobtainable: StrictBool = Field(description="Whether consent cannot be had in time.")
    categories: Annotated[list[Code], Field(min_length=1, max_length=100)] = Field(examples=[["education"]])
    delay_family_notice: Words = Field(
        default="", description="Why the family must not be told yet; an officer holds it back."
    )

    def to_declaration(self) -> Declaration:
        return Declaration(
            risk=self.risk,
            justification=self.justification,
            consent_unobtainable=self.consent_unobtainable,
            categories=tuple(self.categories),
            delay_family_notice=self.delay_family_notice.strip(),
        )


class EnvelopeShown(BaseModel):
    fragment: str
    owner_agency: str
    category: str
    label: Label
    created: str


class EmergencyOpened(BaseModel):
    """A release names the declaration as `emergency`; each one is decided anew."""

    id: str = Field(examples=["emg_01J8ZQ4V7N3X5R2M6K9T0W1B4C"])
    person: str = Field(description="The agency's handle; whether she was known before, nothing tells.")
    until: str
    envelopes: list[EnvelopeShown]
    ledger_entry: str | None
    recorded_at: str | None


class EmergencyShown(BaseModel):
    id: str
    person: str | None
    risk: str
    categories: list[str]
    declared_at: str
    until: str


class Emergencies(BaseModel):
    items: list[EmergencyShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/emergency-accesses", tags=["emergencies"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("", status_code=201, response_model=EmergencyOpened)
    async def declare_emergency(
        request: Request, caller: RequireCaller, body: EmergencyAsked, once: RequireOnce
    ) -> Response:
        """Declare an emergency; the answer lists what it opens, and never opens it."""
        whom = _whom(kit, body)
        opened = await usecases.declare_emergency(
            EmergencyDeclared(caller, whom, body.to_declaration(), once)
        )
        if isinstance(opened, Refused):
            return replies.refused(request, opened)
        document = {
            "id": opened.emergency,
            "person": opened.handle,
            "until": text_of(opened.until),
            "envelopes": [_shown(kit, one) for one in opened.envelopes],
        }
        return reply({**document, **entry_of(opened.entry)}, 201)

    @router.get("", response_model=Emergencies)
    async def list_emergencies(request: Request, caller: RequireCaller, cursor: Cursor = None) -> Response:
        """List what the caller has declared for the agency she acts for, newest first."""
        walked = List(request, caller, {})
        position = replies.position(walked, cursor)
        after = None if position is None else (int(position[0]), int(position[1]))
        page = await usecases.list_emergencies(caller, after=after)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        told = ("declared_at", "until")
        items = [{**one, **{name: text_of(one[name]) for name in told}} for one in page.rows]
        return replies.page(walked, items, page.after)

    return router


def _whom(kit: Kit, body: EmergencyAsked) -> Described | str:
    if (body.person is None) == (body.fields is None):
        raise MalformedError("an emergency is about one person", field="person")
    if body.fields is None:
        return str(body.person)
    described = parse_described(body.fields.model_dump(exclude_none=True))
    require_born(described, kit.clock.now())
    return described


def _shown(kit: Kit, envelope: Envelope) -> dict[str, object]:
    labels = {term.code: term.labels for term in kit.usecases.vocabulary.fragment_kinds}
    return {
        "fragment": envelope.fragment,
        "owner_agency": envelope.owner,
        "category": envelope.category,
        "label": {str(language): text for language, text in labels[envelope.category].items()},
        "created": envelope.created,
    }
