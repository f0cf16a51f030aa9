"""Personalised transfers: offered, answered by the family, accepted or declined, signed off by both."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import FindingId, FragmentId, WorkerId
from gateway.domain.meetings import MAX_PACKAGE, TransferState
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, reply, text_of
from gateway.http.shapes import Acted, Body, Identifier, InForce, Moment, PurposeCode, Receipted, RequireOnce
from gateway.usecases.answer_transfer import FamilyAnswer
from gateway.usecases.offer_transfer import TransferOffered
from gateway.usecases.take_transfer import Taking

Package = Annotated[list[Identifier], Field(min_length=1, max_length=MAX_PACKAGE)]


class TransferAsked(Body):
    person: Identifier = Field(description="The agency's handle of the person.")
    to_person: Identifier = Field(description="The worker who receives.")
    package: Package = Field(description="The fragments that move.")
    purpose: PurposeCode = "transfer"
    meeting: Moment | None = Field(default=None, description="When all of them meet.")


class FamilySays(Body):
    answer: Literal["agreed", "refused"]


class ReceiverSays(Body):
    answer: Literal["accepted", "declined"]


class FamilyAnswered(Acted, Receipted):
    from_: str | None = Field(
        alias="from", description="From when a yes counts: a day later where a code was the way in."
    )


class TransferShown(BaseModel):
    id: str
    person: str | None = Field(description="The caller's handle of the person, if she has one.")
    to_agency: str | None = Field(description="Null where the family may not be told of it.")
    purpose: str
    meeting: str | None
    state: str = Field(examples=[str(one) for one in TransferState])
    from_worker: str | None
    to_person: str | None
    package: list[str] | None
    signed: list[str] | None


_FAMILY = {"agreed": TransferState.AGREED, "refused": TransferState.REFUSED_BY_FAMILY}
_RECEIVER = {"accepted": TransferState.ACCEPTED, "declined": TransferState.DECLINED}


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/transfers", tags=["transfers"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("", status_code=201, response_model=Acted)
    async def offer_transfer(
        request: Request, caller: RequireCaller, body: TransferAsked, once: RequireOnce
    ) -> Response:
        """Offer to hand a person over to a named worker, with a package."""
        offered = TransferOffered(
            caller=caller,
            handle=body.person,
            to_person=WorkerId(body.to_person),
            package=tuple(FragmentId(one) for one in body.package),
            purpose=body.purpose,
            meeting_at=body.meeting,
            once=once,
        )
        done = await usecases.offer_transfer(offered)
        return replies.acted(request, done, "finding")

    @router.get("/{transfer}", response_model=TransferShown)
    async def read_transfer(request: Request, caller: RequireCaller, transfer: str) -> Response:
        """Show a transfer to its two workers, who works with the person, is she, or decides for her."""
        shown = await usecases.read_transfer(caller, FindingId(read_path_id(transfer)))
        return replies.refused(request, shown) if isinstance(shown, Refused) else reply(shown)

    _add_answers(router, kit)
    return router


def _add_answers(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.post(
        "/{transfer}/family-answers", status_code=201, response_model=FamilyAnswered, responses=ACCEPTED
    )
    async def answer_transfer(
        request: Request, caller: RequireCaller, transfer: str, body: FamilySays, once: RequireOnce
    ) -> Response:
        """Agree or refuse for the family; a refusal closes the receiving side for good."""
        name = FindingId(read_path_id(transfer))
        answered = await usecases.answer_transfer(FamilyAnswer(caller, name, _FAMILY[body.answer], once))
        if isinstance(answered, Refused):
            return replies.refused(request, answered)
        more = {
            "receipt": answered.reference.get("receipt"),
            "from": text_of(answered.reference.get("opens_at")),
        }
        return replies.acted(request, answered, "finding", more=more)

    @router.post("/{transfer}/receiver-answers", status_code=201, response_model=Acted, responses=ACCEPTED)
    async def take_transfer(
        request: Request, caller: RequireCaller, transfer: str, body: ReceiverSays, once: RequireOnce
    ) -> Response:
        """Accept or decline, by the worker who is to receive; the family has agreed first."""
        name = FindingId(read_path_id(transfer))
        done = await usecases.take_transfer(Taking(caller, name, _RECEIVER[body.answer], once))
        return replies.acted(request, done, "finding")

    @router.post("/{transfer}/completions", status_code=201, response_model=InForce, responses=ACCEPTED)
    async def complete_transfer(
        request: Request, caller: RequireCaller, transfer: str, once: RequireOnce
    ) -> Response:
        """Sign off, each worker for herself; once both have, the sender's assignment ends."""
        done = await usecases.complete_transfer(caller, FindingId(read_path_id(transfer)), once=once)
        return replies.acted(request, done, "finding")
