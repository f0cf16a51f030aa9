"""Dossiers, and what a caller may know of in one."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import DossierId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import PURPOSE, read_path_id
from gateway.http.replies import Kit, List, after_id, entry_of, position_of, reply
from gateway.http.shapes import Acted, Body, Cursor, Identifier, ReasonSaid, RequireOnce, Sensitive
from gateway.usecases.list_dossier import Listing, Shown


class DossierOpened(Body):
    person: Identifier = Field(description="The agency's handle of the person.")


class DossierShown(BaseModel):
    id: str
    person: str = Field(description="The caller's own handle of the person.")


class Dossiers(BaseModel):
    items: list[DossierShown]


class FragmentListed(BaseModel):
    id: str
    version: int
    owner_agency: str
    category: str
    sensitivity: Sensitive
    created: str | None
    decision: str = Field(examples=["permit"], description="What a release would be answered now.")
    reasons: list[ReasonSaid]
    incomplete: bool


class Fragments(BaseModel):
    items: list[FragmentListed]
    ledger_entry: str | None
    recorded_at: str | None


ForPurpose = Annotated[str, Query(pattern=PURPOSE, description="Why it is asked.", examples=["coordination"])]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/dossiers", tags=["dossiers"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.get("", response_model=Dossiers)
    async def list_dossiers(request: Request, caller: RequireCaller, cursor: Cursor = None) -> Response:
        """List the dossiers that the caller works with or stands behind."""
        walked = List(request, caller, {})
        page = await usecases.list_dossiers(caller, after=after_id(replies.position(walked, cursor)))
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, [_dossier(row) for row in page.rows], position_of(page.after))

    @router.post("", status_code=201, response_model=Acted)
    async def open_dossier(
        request: Request, caller: RequireCaller, body: DossierOpened, once: RequireOnce
    ) -> Response:
        """Open the dossier of a person, or find it: there is one a person."""
        done = await usecases.open_dossier(caller, body.person, once=once)
        return replies.acted(request, done, "dossier")

    _add_reading(router, kit)
    return router


def _add_reading(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.get("/{dossier}", response_model=DossierShown)
    async def read_dossier(request: Request, caller: RequireCaller, dossier: str) -> Response:
        """Answer for one dossier; one that is not hers is as if there were none."""
        row = await usecases.read_dossier(caller, DossierId(read_path_id(dossier)))
        return replies.refused(request, row) if isinstance(row, Refused) else reply(_dossier(row))

    @router.get("/{dossier}/fragments", response_model=Fragments)
    async def list_fragments(
        request: Request, caller: RequireCaller, dossier: str, purpose: ForPurpose, cursor: Cursor = None
    ) -> Response:
        """List what policy lets the caller know of, with what a release would be answered."""
        walked = List(request, caller, {"purpose": purpose})
        after = after_id(replies.position(walked, cursor))
        page = await usecases.list_dossier(
            Listing(caller, DossierId(read_path_id(dossier)), purpose, after=after)
        )
        if isinstance(page, Refused):
            return replies.refused(request, page)
        items = [_listed(kit, request, one) for one in page.shown]
        return replies.page(walked, items, position_of(page.next_after), entry_of(page.entry))


def _dossier(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of the store
    # Since when there is a dossier is not told: it would say that others knew the person before.
    return {"id": row["id"], "person": row["person"]}


def _listed(kit: Kit, request: Request, shown: Shown) -> dict[str, Any]:
    ref, decision = shown.facts.fragment, shown.decision
    told = shown.facts.query.document["fragment"]
    return {
        "id": ref.id,
        "version": ref.version,
        "owner_agency": ref.owner,
        "category": ref.category,
        "sensitivity": told["sensitivity"],
        "created": told.get("created"),
        "decision": str(decision.outcome),
        "reasons": kit.replies.reasons(request, decision.reasons, decision.outcome),
        "incomplete": bool(decision.withheld),
    }
