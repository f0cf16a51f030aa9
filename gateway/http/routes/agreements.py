"""Agreements between holders of joint authority: that the other one reads."""

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import FindingId, FragmentId, PersonId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, text_of
from gateway.http.shapes import Acted, Body, Identifier, InForce, Moment, RequireOnce
from gateway.usecases.agree_to_access import AgreementGiven


class Agreed(Acted):
    from_: str | None = Field(
        alias="from", description="From when it holds: a day later where a code on paper was the way in."
    )


class AccessAgreed(Body):
    person: Identifier = Field(description="Whose dossier.")
    guardian: Identifier = Field(description="Who may read it.")
    fragment: Identifier | None = Field(default=None, description="Only this one; by default all.")
    until: Moment | None = None


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/agreements", tags=["findings"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("", status_code=201, response_model=Agreed)
    async def agree_to_access(
        request: Request, caller: RequireCaller, body: AccessAgreed, once: RequireOnce
    ) -> Response:
        """Agree that another holder of joint authority reads; only the caller sees that she did."""
        fragment = None if body.fragment is None else FragmentId(body.fragment)
        given = AgreementGiven(
            caller, PersonId(body.person), PersonId(body.guardian), fragment, body.until, once
        )
        done = await usecases.agree_to_access(given)
        more = None if isinstance(done, Refused) else {"from": text_of(done.reference.get("opens_at"))}
        return replies.acted(request, done, "finding", more=more)

    @router.post("/{agreement}/withdrawals", status_code=201, response_model=InForce, responses=ACCEPTED)
    async def withdraw_agreement(
        request: Request, caller: RequireCaller, agreement: str, once: RequireOnce
    ) -> Response:
        """Withdraw one's own agreement at this very moment; withdrawn already is withdrawn."""
        name = FindingId(read_path_id(agreement))
        done = await usecases.withdraw_agreement(caller, name, once=once)
        return replies.acted(request, done, "finding")

    return router
