"""Notices: the caller's inbox, and what a family is not told yet."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StringConstraints
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import NoticeId
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.notices import Audience
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.edge import place_of
from gateway.http.parsing import MAX_WORDS, read_path_id
from gateway.http.replies import Kit, List, after_id, entry_of, position_of, text_of
from gateway.http.shapes import Acted, Body, Cursor, Moment, RequireOnce
from gateway.usecases.delay_notice import Delay
from gateway.usecases.list_notices import NoticesAsked

Reason = Annotated[str, StringConstraints(min_length=1, max_length=MAX_WORDS, strip_whitespace=True)]


class NoticeShown(BaseModel):
    id: str
    kind: str = Field(description="The obligation that it fulfils.", examples=["notify_family"])
    text: str = Field(description="In the caller's language.")
    person: str | None = Field(description="Whom it is about: the caller's agency's handle, if it has one.")
    says: dict[str, Any] = Field(description="As much of the entry as the caller may know.")
    told_at: str | None
    read_at: str | None
    ledger_entry: str | None = Field(description="The entry that it tells of; to officers alone.")


class Notices(BaseModel):
    items: list[NoticeShown]
    ledger_entry: str | None
    recorded_at: str | None


class HeldNotice(BaseModel):
    id: str
    person: str | None
    recipient: str | None = Field(description="Who is not told yet: the caller's agency's handle, if any.")
    recipient_name: str | None = Field(description="As her record names her.")
    relation: Literal["youth", "guardian"] = Field(description="What the recipient is to this person.")
    keeper: str
    says: dict[str, Any]
    happened_at: str | None
    held_until: str | None = Field(
        description="Asked again then, and told unless an order keeps it; null until an officer says so."
    )
    ledger_entry: str


class HeldNotices(BaseModel):
    items: list[HeldNotice]


class DelayApproved(Body):
    until: Moment = Field(description="Thirty days from now at most.")
    reason: Reason


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/notices", tags=["notices"], route_class=CallerRoute)
    telling, replies = kit.usecases.telling, kit.replies

    @router.get("", response_model=Notices)
    async def list_notices(request: Request, caller: RequireCaller, cursor: Cursor = None) -> Response:
        """List what the caller, her agency or its officers are told, newest first."""
        walked = List(request, caller, {})
        position = replies.position(walked, cursor)
        before = None if position is None else (int(position[0]), str(position[1]))
        page = await telling.list_notices(NoticesAsked(caller, before))
        if isinstance(page, Refused):
            return replies.refused(request, page)
        items = [_shown(kit, request, row) for row in page.rows]
        return replies.page(walked, items, page.next_before, entry_of(page.entry))

    @router.post("/{notice}/read", status_code=201, response_model=Acted)
    async def read_notice(
        request: Request, caller: RequireCaller, notice: str, once: RequireOnce
    ) -> Response:
        """Take note of a notice; read already is read."""
        done = await telling.read_notice(caller, NoticeId(read_path_id(notice)), once=once)
        return replies.acted(request, done, "notice")

    _add_held(router, kit)
    return router


def _add_held(router: APIRouter, kit: Kit) -> None:
    telling, replies = kit.usecases.telling, kit.replies

    @router.get("/held", response_model=HeldNotices)
    async def list_held_notices(request: Request, caller: RequireCaller, cursor: Cursor = None) -> Response:
        """List what families are not told yet, for the officers of the owning agency."""
        walked = List(request, caller, {})
        page = await telling.list_held_notices(caller, after=after_id(replies.position(walked, cursor)))
        if isinstance(page, Refused):
            return replies.refused(request, page)
        return replies.page(walked, map(_held, page.rows), position_of(page.after))

    @router.post("/{notice}/release", status_code=201, response_model=Acted)
    async def release_notice(
        request: Request, caller: RequireCaller, notice: str, once: RequireOnce
    ) -> Response:
        """Tell this viewer now: a new entry tells what happened, with its own instant."""
        done = await telling.release_notice(caller, NoticeId(read_path_id(notice)), once=once)
        return replies.acted(request, done, "notice")

    @router.post("/{notice}/delay", status_code=201, response_model=Acted)
    async def delay_notice(
        request: Request, caller: RequireCaller, notice: str, body: DelayApproved, once: RequireOnce
    ) -> Response:
        """Approve that this viewer is told later, for some days at most; then she is told by itself.

        But for what an order keeps from the family: that stays held. A report has no delay to move: 409.
        """
        asked = Delay(caller, NoticeId(read_path_id(notice)), body.until, body.reason, once)
        done = await telling.delay_notice(asked)
        return replies.acted(request, done, "notice")


def _shown(kit: Kit, request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    says = dict(row["says"])
    if "reasons" in says:
        says["reasons"] = kit.replies.reasons(request, says["reasons"], says["outcome"])
    words = kit.replies.problems.words.notice(row["kind"], says.get("kind"))
    return {
        "id": row["id"],
        "kind": row["kind"],
        "text": words[place_of(request.scope).language],
        "person": row["person"],
        "says": says,
        "told_at": text_of(row["recorded_at"]),
        "read_at": text_of(row["read_at"]),
        "ledger_entry": row["decision_id"] if row["audience"] == Audience.OFFICERS else None,
    }


def _held(row: Mapping[str, Any]) -> dict[str, Any]:
    until = row["held_until"]
    return {
        "id": row["id"],
        "person": row["person"],
        "recipient": row["recipient"],
        "recipient_name": row["recipient_name"],
        "relation": row["relation"],
        "keeper": row["keeper"],
        "says": row["says"]["told"],
        "happened_at": text_of(row["recorded_at"]),
        "held_until": text_of(until) if until is not None and until < FAR_FUTURE else None,
        "ledger_entry": row["decision_id"],
    }
