"""Legal instruments: recorded by the officer of an agency that was served with them, listed, ended."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StrictBool, StringConstraints
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import OrderId
from gateway.domain.instruments import Instrument
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import MAX_WORDS, read_path_id
from gateway.http.replies import ACCEPTED, Kit, List, after_id, position_of
from gateway.http.shapes import Asked, Body, Code, Cursor, Identifier, Moment, PurposeCode, RequireOnce
from gateway.http.terms import Recipients
from gateway.usecases.record_instrument import Served

_MANY = 100
OfPerson = Annotated[Identifier, Query(description="The agency's handle of the person.")]


class InstrumentServed(Body):
    """What the agency was served with; a family member it names goes by the agency's handle."""

    person: Identifier = Field(description="The agency's handle of the person it is about.")
    type: Literal["require", "prohibit"]
    basis: Literal["court_order", "statutory_demand"]
    recipients: Recipients = Field(examples=[[{"agency": "ex:clinic"}]])
    categories: Annotated[list[Code], Field(min_length=1, max_length=_MANY)] | None = Field(
        default=None, description="None is all of them."
    )
    purposes: Annotated[list[PurposeCode], Field(min_length=1, max_length=_MANY)] | None = None
    from_: Moment | None = Field(default=None, alias="from")
    until: Moment | None = None
    sealed_from_family: StrictBool = False
    words: Annotated[
        str,
        StringConstraints(min_length=1, max_length=MAX_WORDS, strip_whitespace=True),
        Field(description="Which judgment or demand it is; kept sealed."),
    ]

    def to_served(self) -> Served:
        named = self.recipients
        instrument = Instrument(
            type=self.type,
            basis=self.basis,
            recipients="any" if named == "any" else tuple(one.to_recipient() for one in named),
            categories=None if self.categories is None else tuple(self.categories),
            purposes=None if self.purposes is None else tuple(self.purposes),
            from_at=self.from_,
            until_at=self.until,
            sealed_from_family=self.sealed_from_family,
        )
        return Served(self.person, instrument, self.words)


class InstrumentShown(BaseModel):
    id: str
    agency: str | None = Field(description="Which recorded it; null for the network's own.")
    type: str
    basis: str
    recipients: Any
    categories: list[str] | None
    purposes: list[str] | None
    sealed_from_family: bool
    from_: str | None = Field(alias="from")
    until: str | None


class Instruments(BaseModel):
    items: list[InstrumentShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/instruments", tags=["instruments"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.get("", response_model=Instruments)
    async def list_instruments(
        request: Request, caller: RequireCaller, person: OfPerson, cursor: Cursor = None
    ) -> Response:
        """List the instruments about a person that the agency recorded, and the network's own."""
        walked = List(request, caller, {"person": person})
        after = after_id(replies.position(walked, cursor))
        page = await usecases.list_instruments(caller, person, after=after)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, page.rows, position_of(page.after))

    @router.post("", status_code=201, response_model=Asked, responses=ACCEPTED)
    async def record_instrument(
        request: Request, caller: RequireCaller, body: InstrumentServed, once: RequireOnce
    ) -> Response:
        """Record what the agency was served with; a requirement waits for approval, a prohibition holds."""
        done = await usecases.record_instrument(caller, body.to_served(), once=once)
        return replies.asked(request, done, "instrument")

    @router.delete("/{instrument}", response_model=Asked, responses=ACCEPTED)
    async def end_instrument(request: Request, caller: RequireCaller, instrument: str) -> Response:
        """End a requirement at this very moment; ask a second person to end a prohibition."""
        done = await usecases.end_instrument(caller, OrderId(read_path_id(instrument)))
        return replies.asked(request, done, "instrument", status=200)

    return router
