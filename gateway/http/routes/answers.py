"""The family's answer to a recommendation."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import FragmentId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import purpose_or_own, read_path_id
from gateway.http.replies import Kit, entry_of, reply
from gateway.http.shapes import Acted, Body, PurposeCode, Receipted, RequireOnce


class AnswerGiven(Body):
    """To accept, or to think it over, decides nothing that the gateway keeps."""

    answer: Literal["refused"]
    purpose: PurposeCode | None = Field(default=None, description="By default what the role acts for.")


class AnswerKept(Acted, Receipted):
    pass


def make_router(kit: Kit) -> APIRouter:
    """Build the route."""
    router = APIRouter(prefix="/v1/fragments", tags=["fragments"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("/{fragment}/answers", status_code=201, response_model=AnswerKept)
    async def answer_recommendation(
        request: Request, caller: RequireCaller, fragment: str, body: AnswerGiven, once: RequireOnce
    ) -> Response:
        """Refuse a recommendation; whoever made it is told."""
        named, why = FragmentId(read_path_id(fragment)), purpose_or_own(caller, body.purpose)
        answered = await usecases.refuse_recommendation(caller, named, why, once=once)
        if isinstance(answered, Refused):
            return replies.refused(request, answered)
        receipt = answered.reference.get("receipt")
        return reply({"id": named, **entry_of(answered.entry), "receipt": receipt}, 201)

    return router
