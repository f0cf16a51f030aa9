"""The closed vocabularies: they need no token."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.http.replies import Kit, List, after_id, position_of, reply
from gateway.http.shapes import Cursor, Label, Sensitive
from gateway.http.wire import StrictRoute


class TermShown(BaseModel):
    code: str = Field(examples=["coordination"])
    label: Label


class Terms(BaseModel):
    items: list[TermShown]


class KindShown(TermShown):
    sensitivity: Sensitive = Field(description="The label that is proposed at the deposit.")


class Kinds(BaseModel):
    items: list[KindShown]


class AgencyShown(BaseModel):
    id: str = Field(examples=["ex:school"])
    parent: str | None
    name: Label
    status: Literal["member", "suspended"]
    profile: str = Field(examples=["QC-PRIV"])
    etag: str


class Agencies(BaseModel):
    items: list[AgencyShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes of the vocabularies."""
    router = APIRouter(prefix="/v1", tags=["vocabularies"], route_class=StrictRoute)
    vocabulary = kit.usecases.vocabulary

    @router.get("/purposes", response_model=Terms)
    async def list_purposes() -> Response:
        """List why something may be asked."""
        return reply({"items": [term.to_document() for term in vocabulary.purposes]})

    @router.get("/fragment-kinds", response_model=Kinds)
    async def list_fragment_kinds() -> Response:
        """List what a fragment may be about, with the sensitivity that is proposed for it."""
        return reply({"items": [term.to_document() for term in vocabulary.fragment_kinds]})

    @router.get("/agencies", response_model=Agencies)
    async def list_agencies(request: Request, cursor: Cursor = None) -> Response:
        """List who takes part in the network."""
        walked = List(request, None, {})
        page = await kit.usecases.list_agencies(after=after_id(kit.replies.position(walked, cursor)))
        return kit.replies.page(walked, page.rows, position_of(page.after))

    return router
