"""Stop sharing, and lift a stop again."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from gateway.domain.access import Outcome, Refused
from gateway.domain.consent import ReachKind, StopReach
from gateway.domain.ids import FragmentId, StopId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import purpose_or_own, read_path_id
from gateway.http.replies import ACCEPTED, Kit, text_of
from gateway.http.routes.consents import ConsentShown
from gateway.http.shapes import (
    Acted,
    AgencyIdentifier,
    Body,
    Code,
    Identifier,
    InForce,
    PurposeCode,
    ReasonSaid,
    Receipted,
    RequireOnce,
)
from gateway.usecases.list_consents import ShownConsent
from gateway.usecases.stop_sharing import Stop, Stopped
from gateway.usecases.undo_stop import Undo


class ReachNamed(Body):
    """`all`, or exactly what the kind names; a stop towards an agency covers its units unless told not to."""

    kind: ReachKind
    agency: AgencyIdentifier | None = None
    include_units: StrictBool = True
    category: Code | None = None
    fragment: Identifier | None = None

    def to_reach(self) -> StopReach:
        fragment = None if self.fragment is None else FragmentId(self.fragment)
        return StopReach(self.kind, self.agency, self.include_units, self.category, fragment)


class StopAsked(Body):
    person: Identifier = Field(description="The caller's handle of the person; her own id for the family.")
    reach: ReachNamed = Field(examples=[{"kind": "all"}])
    purpose: PurposeCode | None = None


class UndoAsked(Body):
    purpose: PurposeCode | None = None


class ConsentNamed(BaseModel):
    id: str
    version: int


class ContinuesSaid(BaseModel):
    agency: str
    owner_agency: str
    category: str
    purpose: str
    basis: str
    reason: ReasonSaid


class StopSaid(InForce, Receipted):
    in_force: bool = Field(  # type: ignore[assignment]  # Of a stop alone it may be false.
        description="False where the caller decides about nothing of it; then her word is kept as her view."
    )
    consent: str | None = Field(description="The refusal that the stop recorded.")
    withdrawn: list[ConsentNamed] = Field(description="The caller's own permits that it ended.")
    from_: str | None = Field(alias="from")
    continues: list[ContinuesSaid] | None = Field(
        description="What goes on all the same, and why; null while that cannot be told."
    )


class UndoSaid(Acted, Receipted):
    lifted_at: str | None = Field(
        description="From when it holds no more: a day later where a code on paper was the way in."
    )
    offers: list[ConsentShown] = Field(description="Permits that the stop ended, to be signed anew.")


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/stops", tags=["consents"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("", status_code=201, response_model=StopSaid, responses=ACCEPTED)
    async def stop_sharing(
        request: Request, caller: RequireCaller, body: StopAsked, once: RequireOnce
    ) -> Response:
        """Withdraw every own permit within the reach and refuse the rest of it, in one act."""
        why = purpose_or_own(caller, body.purpose)
        stopped = await usecases.stop_sharing(Stop(caller, body.person, body.reach.to_reach(), why, once))
        if isinstance(stopped, Refused):
            return replies.refused(request, stopped)
        reference = stopped.done.reference
        more = {
            "consent": reference.get("consent"),
            "receipt": reference.get("receipt"),
            "withdrawn": reference.get("withdrawn", []),
            "from": text_of(reference.get("from_at")),
            "continues": _continues(kit, request, stopped),
            "in_force": stopped.in_force,
        }
        return replies.acted(request, stopped.done, "stop", more=more)

    _add_undo(router, kit)
    return router


def _add_undo(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.post("/{stop}/undo", status_code=201, response_model=UndoSaid)
    async def undo_stop(
        request: Request,
        caller: RequireCaller,
        stop: str,
        once: RequireOnce,
        body: UndoAsked | None = None,
    ) -> Response:
        """Lift the refusal of a stop; what it withdrew stays withdrawn and is offered anew."""
        why = purpose_or_own(caller, None if body is None else body.purpose)
        lifted = await usecases.undo_stop(Undo(caller, StopId(read_path_id(stop)), why, once))
        if isinstance(lifted, Refused):
            return replies.refused(request, lifted)
        offers = [ShownConsent(one, is_own=True, with_author=True).to_document() for one in lifted.offers]
        reference = lifted.done.reference
        more = {
            "receipt": reference.get("receipt"),
            "lifted_at": text_of(reference.get("lifted_at")),
            "offers": offers,
        }
        return replies.acted(request, lifted.done, "stop", more=more)


def _continues(kit: Kit, request: Request, stopped: Stopped) -> list[dict[str, Any]] | None:
    if stopped.continues is None:
        return None
    return [
        {
            "agency": one.agency,
            "owner_agency": one.owner,
            "category": one.category,
            "purpose": one.purpose,
            "basis": one.basis,
            "reason": kit.replies.reasons(request, [one.reason], Outcome.PERMIT)[0],
        }
        for one in stopped.continues
    ]
