"""Cases for an agency's officers: emergency accesses to review, guardians who disagree."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import ReviewId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import Kit, List, text_of
from gateway.http.shapes import Acted, Body, Code, Cursor, RequireOnce, Words
from gateway.usecases.close_review import ReviewFinding


class ReviewShown(BaseModel):
    id: str
    kind: str = Field(examples=["emergency"])
    agency: str | None = Field(description="Whose officers close it.")
    worker: str = Field(description="Whose access it was, or who met the conflict first.")
    person: str | None = Field(description="The caller's agency's handle, if it has one.")
    opened_at: str | None
    due_at: str | None = Field(description="Null where no rule sets a term.")
    overdue: StrictBool
    ledger_entry: str


class Reviews(BaseModel):
    items: list[ReviewShown]


class FindingMade(Body):
    finding: Code = Field(
        description="Emergency: justified, unjustified, inconclusive. Conflict: settled, referred.",
        examples=["justified"],
    )
    words: Words = Field(default="", description="The officer's own; kept sealed.")


class Closed(Acted):
    finding: str


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/reviews", tags=["reviews"], route_class=CallerRoute)
    telling, replies = kit.usecases.telling, kit.replies

    @router.get("", response_model=Reviews)
    async def list_reviews(request: Request, caller: RequireCaller, cursor: Cursor = None) -> Response:
        """List the open cases of the caller's agency, the soonest due first; without a term, last.

        Of every agency for an officer of the network.
        """
        walked = List(request, caller, {})
        position = replies.position(walked, cursor)
        after = None if position is None else (int(position[0]), str(position[1]))
        page = await telling.list_reviews(caller, after=after)
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, map(_shown, page.rows), page.next_after)

    @router.post("/{review}/finding", status_code=201, response_model=Closed)
    async def close_review(
        request: Request, caller: RequireCaller, review: str, body: FindingMade, once: RequireOnce
    ) -> Response:
        """Close a case; an unjustified access is told to the officers of both agencies."""
        asked = ReviewFinding(caller, ReviewId(read_path_id(review)), body.finding, body.words, once)
        done = await telling.close_review(asked)
        if isinstance(done, Refused):
            return replies.refused(request, done)
        return replies.acted(request, done, "review", more={"finding": done.reference["finding"]})

    return router


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: row[name] for name in ("id", "kind", "agency", "worker", "person", "overdue")}
    times = {name: text_of(row[name]) for name in ("opened_at", "due_at")}
    return {**plain, **times, "ledger_entry": row["decision_id"]}
