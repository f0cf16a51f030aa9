"""Approvals: what waits for a second person, and her answer."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.approving import Answer, ApprovalKind
from gateway.domain.ids import ApprovalId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import Kit, List, after_id, position_of
from gateway.http.shapes import Acted, Body, Cursor, RequireOnce, Words


class ApprovalShown(BaseModel):
    """What would take effect stands under its kind: `instrument`, `authority`, `policy` or `leaving`."""

    id: str
    kind: ApprovalKind
    agency: str | None = Field(description="Whose officer asked; null for the network's own.")
    person: str | None = Field(description="The caller's agency's handle, if it has one.")
    asked_by: str
    asked_at: str
    instrument: dict[str, Any] | None = None
    words: str | None = None
    authority: dict[str, Any] | None = None
    policy: dict[str, Any] | None = Field(
        default=None, description="The digest, who started with it, and which files differ."
    )

    leaving: dict[str, Any] | None = Field(
        default=None, description="Which agency, its key's thumbprint, and until when its keys are kept."
    )


class Approvals(BaseModel):
    items: list[ApprovalShown]


class Answered(Body):
    answer: Answer
    words: Words = Field(default="", description="Why; kept sealed.")


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/approvals", tags=["approvals"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.get("", response_model=Approvals)
    async def list_approvals(request: Request, caller: RequireCaller, cursor: Cursor = None) -> Response:
        """List what waits for a second person and the caller may answer."""
        walked = List(request, caller, {})
        page = await usecases.list_approvals(caller, after=after_id(replies.position(walked, cursor)))
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, page.rows, position_of(page.after))

    @router.post("/{approval}/answers", status_code=201, response_model=Acted)
    async def answer_approval(
        request: Request, caller: RequireCaller, approval: str, body: Answered, once: RequireOnce
    ) -> Response:
        """Approve or decline, once; what is approved takes effect at this very moment."""
        asked = ApprovalId(read_path_id(approval))
        done = await usecases.answer_approval(caller, asked, body.answer, body.words, once=once)
        return replies.acted(request, done, "approval")

    return router
