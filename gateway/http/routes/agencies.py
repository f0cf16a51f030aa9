"""Agencies and their clients: admitted, suspended, registered, disabled."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request
from pydantic import Field, StrictBool
from starlette.responses import Response

from gateway.domain.ids import ClientId
from gateway.domain.registry import NewAgency, NewClient
from gateway.domain.vocabulary import AgencyStatus
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.documented import VERSIONED
from gateway.http.parsing import read_path_agency, read_path_id
from gateway.http.replies import ACCEPTED, Kit
from gateway.http.shapes import (
    Acted,
    AgencyIdentifier,
    Body,
    Code,
    Identifier,
    InForce,
    Line,
    RequireOnce,
    SeenVersion,
)


class Names(Body):
    fr: Line
    en: Line


class AgencyAdmitted(Body):
    id: AgencyIdentifier
    name: Names
    profile: Code = Field(examples=["QC-PRIV"])
    consent_model: Literal["express", "presumed", "shared_secret"] = "express"
    sector: Code | None = None
    bound_by_secrecy: StrictBool = False
    protection_mission: StrictBool = False
    protected: StrictBool = False

    def to_new(self) -> NewAgency:
        return NewAgency(
            id=self.id,
            name_fr=self.name.fr,
            name_en=self.name.en,
            profile=self.profile,
            consent_model=self.consent_model,
            sector=self.sector,
            bound_by_secrecy=self.bound_by_secrecy,
            protection_mission=self.protection_mission,
            protected=self.protected,
        )


class AgencyChanged(Body):
    status: Literal["member", "suspended"]


class ClientRegistered(Body):
    id: Identifier
    agency: AgencyIdentifier | None = Field(description="Null is the family portal's.")


AgencyInPath = Annotated[str, Path(description="A unit is `parent/unit`.", examples=["ex:school"])]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1", tags=["agencies"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.post("/agencies", status_code=201, response_model=Acted)
    async def admit_agency(
        request: Request, caller: RequireCaller, body: AgencyAdmitted, once: RequireOnce
    ) -> Response:
        """Admit an agency to the network, or a unit to an agency."""
        done = await usecases.add_agency(caller, body.to_new(), once=once)
        return replies.acted(request, done, "agency")

    @router.patch("/agencies/{agency:path}", response_model=InForce, responses=ACCEPTED | VERSIONED)
    async def change_agency(
        request: Request, caller: RequireCaller, agency: AgencyInPath, body: AgencyChanged, seen: SeenVersion
    ) -> Response:
        """Suspend an agency with all its units, or restore it."""
        changed, status = read_path_agency(agency), AgencyStatus(body.status)
        done = await usecases.set_agency_status(caller, changed, status, if_match=seen or "")
        return replies.acted(request, done, "agency", status=200)

    _add_clients(router, kit)
    return router


def _add_clients(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.post("/clients", status_code=201, response_model=Acted)
    async def register_client(
        request: Request, caller: RequireCaller, body: ClientRegistered, once: RequireOnce
    ) -> Response:
        """Register a client: the software of one agency, or the family portal."""
        done = await usecases.add_client(caller, NewClient(ClientId(body.id), body.agency), once=once)
        return replies.acted(request, done, "client")

    @router.delete("/clients/{client}", response_model=InForce, responses=ACCEPTED)
    async def disable_client(request: Request, caller: RequireCaller, client: str) -> Response:
        """Disable a client: every token that names it is refused from then on."""
        done = await usecases.disable_client(caller, ClientId(read_path_id(client)))
        return replies.acted(request, done, "client", status=200)
