"""Workers of an agency as a list: the same by API that `gateway agency workers import` does with a file."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.workforce import MAX_LINES, LineCode, LineOutcome, WorkerLine
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.replies import ACCEPTED, Kit, entry_of, reply
from gateway.http.shapes import AgencyIdentifier, Body

Cell = Annotated[str, Field(max_length=1000)]


class WorkerRow(Body):
    """A row whose values do not fit is refused by itself, with a code; the others are not."""

    id: Cell = Field(examples=["w:solene"])
    name: Cell = Field(examples=["Solène Inventée"])
    roles: list[Cell] = Field(max_length=20, examples=[["caseworker"]])
    identity_issuer: Cell = Field(default="", examples=["https://issuer.example"])
    identity_subject: Cell = Field(default="", examples=["solene"])
    active: StrictBool | None = Field(default=None, description="Null leaves an account as it is.")


class WorkersListed(Body):
    agency: AgencyIdentifier
    rows: list[WorkerRow] = Field(min_length=1, max_length=MAX_LINES)
    dry_run: StrictBool = False


class RowAnswered(BaseModel):
    line: int = Field(description="From 1, in the order of the rows.")
    outcome: LineOutcome
    code: LineCode | None


class WorkersImported(BaseModel):
    rows: list[RowAnswered]
    ledger_entries: list[str] = Field(description="One for each hundred rows.")
    proven: bool | None = Field(
        description="Whether a mirror confirms what was taken away; null if nothing was."
    )


def make_router(kit: Kit) -> APIRouter:
    """Build the route."""
    router = APIRouter(prefix="/v1/worker-imports", tags=["workers"], route_class=CallerRoute)
    usecases, replies = kit.usecases.onboarding, kit.replies

    @router.post("", response_model=WorkersImported, responses=ACCEPTED)
    async def import_workers(request: Request, caller: RequireCaller, body: WorkersListed) -> Response:
        """Bring an agency's workers to what a list of at most 1,000 rows says; whom it leaves out stays."""
        lines = [
            WorkerLine(
                number,
                row.id,
                row.name,
                tuple(row.roles),
                row.identity_issuer,
                row.identity_subject,
                row.active,
            )
            for number, row in enumerate(body.rows, start=1)
        ]
        done = await usecases.import_workers(caller, body.agency, lines, dry_run=body.dry_run)
        if isinstance(done, Refused):
            return replies.refused(request, done)
        document = {
            "rows": [one.to_json() for one in done.answers],
            "ledger_entries": [entry_of(one)["ledger_entry"] for one in done.entries],
            "proven": done.proven,
        }
        return reply(document, 202 if done.proven is False else 200)

    return router
