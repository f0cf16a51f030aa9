"""The network's agreement: its versions, who signed them, signing one."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.network_agreement import MAX_TEXT_BYTES, AgreementStanding, NewAgreement
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import Kit, reply
from gateway.http.routes.agencies import Names
from gateway.http.shapes import Acted, Body, Identifier, Label, Moment, RequireOnce

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the text, hex.")]


class AgreementPublished(Body):
    version: Identifier = Field(examples=["2026-1"])
    title: Names
    text: str = Field(min_length=1, max_length=MAX_TEXT_BYTES)
    effective: Moment
    sign_by: Moment
    required_from: Moment | None = Field(
        default=None, description="From then on, who has not signed takes on nobody new. Null: never."
    )


class AgreementSigned(Body):
    digest: Digest = Field(description="Of the text that was read.")


class AgreementShown(BaseModel):
    version: str
    title: Label
    digest: str
    effective: str
    sign_by: str
    required_from: str | None
    in_force: bool


class Agreements(BaseModel):
    items: list[AgreementShown]


class StandingShown(BaseModel):
    agency: str
    standing: AgreementStanding
    signed: str | None


class AgreementInFull(AgreementShown):
    text: str
    agencies: list[StandingShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/network-agreements", tags=["agencies"], route_class=CallerRoute)
    usecases, replies = kit.usecases.onboarding, kit.replies

    @router.get("", response_model=Agreements)
    async def list_network_agreements(_caller: RequireCaller) -> Response:
        """List the versions of the network's agreement."""
        return reply({"items": list(await usecases.list_agreements())})

    @router.post("", status_code=201, response_model=Acted)
    async def publish_network_agreement(
        request: Request, caller: RequireCaller, body: AgreementPublished, once: RequireOnce
    ) -> Response:
        """Publish a version; it never changes afterwards."""
        new = NewAgreement(
            body.version,
            body.title.fr,
            body.title.en,
            body.text.encode(),
            body.effective,
            body.sign_by,
            body.required_from,
        )
        done = await usecases.publish_agreement(caller, new, once=once)
        return replies.acted(request, done, "agreement")

    @router.get("/{version}", response_model=AgreementInFull)
    async def read_network_agreement(_caller: RequireCaller, version: str) -> Response:
        """Read a version, and how each agency stands towards it."""
        return reply(await usecases.read_agreement(read_path_id(version)))

    @router.post("/{version}/signatures", status_code=201, response_model=Acted)
    async def sign_network_agreement(
        request: Request, caller: RequireCaller, version: str, body: AgreementSigned, once: RequireOnce
    ) -> Response:
        """Sign a version for the caller's own agency and its units."""
        done = await usecases.sign_agreement(caller, read_path_id(version), body.digest, once=once)
        return replies.acted(request, done, "agreement")

    return router
