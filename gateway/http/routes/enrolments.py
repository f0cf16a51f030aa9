"""Ways in: codes on paper, passkeys; one's own list of them."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field, StrictStr, StringConstraints
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.enrolments import EnrolmentId, parse_code
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import read_path_id
from gateway.http.replies import ACCEPTED, Kit, entry_of, reply, text_of
from gateway.http.shapes import Acted, Body, Identifier, InForce
from gateway.http.wire import StrictRoute
from gateway.usecases.print_code import Printing

Label = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
OfPerson = Annotated[Identifier, Query(description="The caller's agency's handle of the person.")]


class EnrolmentShown(BaseModel):
    id: str
    kind: str = Field(description="`code` or `passkey`.")
    label: str | None = Field(description="What its owner calls a passkey.")
    agency: str | None = Field(description="Which agency printed the code, or the code that added it.")
    since: str | None
    until: str | None = Field(description="When a code expires.")
    waits_until: str | None = Field(description="Until when what is opened through it takes a day.")
    revoked_at: str | None


class Enrolments(BaseModel):
    items: list[EnrolmentShown]
    ledger_entry: str | None
    recorded_at: str | None


class CodeAsked(Body):
    person: Identifier = Field(description="The agency's handle of whose dossier it is for.")
    holder: Identifier | None = Field(
        default=None,
        description="The agency's handle of who comes in by it: who has authority; by default the person.",
    )


class CodePrinted(Acted):
    code: str = Field(description="Two groups of four signs. It is shown once, and kept nowhere.")
    until: str | None


class PrintedShown(BaseModel):
    id: str
    holder: str | None = Field(description="The agency's handle of who comes in by it, if it has one.")
    since: str | None
    until: str | None


class PrintedCodes(BaseModel):
    items: list[PrintedShown]
    ledger_entry: str | None
    recorded_at: str | None


class CodeNamed(Body):
    code: StrictStr = Field(max_length=64, examples=["7K3M-92QX"])


class LossTaken(BaseModel):
    taken: bool = Field(description="Whatever was named: if there is such a code, it opens nothing any more.")


class PasskeyAsked(Body):
    label: Label = Field(examples=["Mon téléphone"])


class PasskeyMade(Body):
    label: Label = Field(examples=["Mon téléphone"])
    response: dict[str, Any] = Field(description="What `navigator.credentials.create` gave, as JSON.")


class PasskeyOptions(BaseModel):
    options: dict[str, Any] = Field(description="For `navigator.credentials.create`.")


class PasskeyAdded(Acted):
    waits_until: str | None = Field(description="Until when what is opened by it takes a day; null: at once.")


def make_router(kit: Kit) -> APIRouter:
    """Build the routes of one's own ways in."""
    router = APIRouter(prefix="/v1", tags=["ways in"], route_class=CallerRoute)
    uses, replies = kit.usecases.enrolling, kit.replies

    @router.get("/enrolments", response_model=Enrolments)
    async def list_enrolments(request: Request, caller: RequireCaller) -> Response:
        """List the caller's own ways in, revoked ones too."""
        shown = await uses.list_enrolments(caller)
        if isinstance(shown, Refused):
            return replies.refused(request, shown)
        return reply({"items": [_own(row) for row in shown.rows], **entry_of(shown.done.entry)})

    @router.delete("/enrolments/{enrolment}", response_model=InForce, responses=ACCEPTED)
    async def revoke_enrolment(request: Request, caller: RequireCaller, enrolment: str) -> Response:
        """Revoke one, and what was signed in by it: one's own, or a code that one's agency printed."""
        done = await uses.revoke_enrolment(caller, EnrolmentId(read_path_id(enrolment)))
        return replies.acted(request, done, "enrolment", status=200)

    _add_codes(router, kit)
    _add_passkeys(router, kit)
    return router


def make_loss_router(kit: Kit) -> APIRouter:
    """Build the route by which anybody ends a code that she can name."""
    router = APIRouter(prefix="/v1/paper-codes", tags=["ways in"], route_class=StrictRoute)

    @router.post("/revocations", status_code=202, response_model=LossTaken)
    async def revoke_named_code(request: Request, body: CodeNamed) -> Response:
        """Revoke a code by naming it, without a token; the answer is the same where there is none."""
        address = kit.usecases.enrolling.addresses.of(request.scope)
        await kit.usecases.enrolling.revoke_named_code(parse_code(body.code), address)
        return reply({"taken": True}, 202)

    return router


def _add_codes(router: APIRouter, kit: Kit) -> None:
    uses, replies = kit.usecases.enrolling, kit.replies

    @router.get("/paper-codes", response_model=PrintedCodes)
    async def list_printed_codes(request: Request, caller: RequireCaller, person: OfPerson) -> Response:
        """List the open codes that the caller's agency printed for a person; no others are told."""
        shown = await uses.list_enrolments.printed(caller, person)
        if isinstance(shown, Refused):
            return replies.refused(request, shown)
        return reply({"items": [_printed(row) for row in shown.rows], **entry_of(shown.done.entry)})

    @router.post("/paper-codes", status_code=201, response_model=CodePrinted)
    async def print_code(request: Request, caller: RequireCaller, body: CodeAsked) -> Response:
        """Print a code for somebody of the family; the one before, if any, opens nothing any more."""
        printed = await uses.print_code(Printing(caller, body.person, body.holder))
        if isinstance(printed, Refused):
            return replies.refused(request, printed)
        more = {
            "code": printed.code.printed,
            "until": text_of(printed.done.reference.get("expires_at")),
        }
        return replies.acted(request, printed.done, "enrolment", more=more)


def _add_passkeys(router: APIRouter, kit: Kit) -> None:
    uses, replies = kit.usecases.enrolling, kit.replies

    @router.post("/passkeys/challenges", status_code=201, response_model=PasskeyOptions)
    async def begin_passkey(request: Request, caller: RequireCaller, body: PasskeyAsked) -> Response:
        """Begin to add a passkey: what the browser's authenticator is to be asked."""
        options = await uses.add_passkey.begin(caller, body.label)
        return (
            replies.refused(request, options)
            if isinstance(options, Refused)
            else reply({"options": options}, 201)
        )

    @router.post("/passkeys", status_code=201, response_model=PasskeyAdded)
    async def add_passkey(request: Request, caller: RequireCaller, body: PasskeyMade) -> Response:
        """Add a passkey; one that a code on paper adds is as doubtful as the code for a day."""
        answer = orjson.dumps(body.response).decode()
        done = await uses.add_passkey(caller, answer, body.label)
        if isinstance(done, Refused):
            return replies.refused(request, done)
        more = {"waits_until": text_of(done.reference.get("waits_until"))}
        return replies.acted(request, done, "enrolment", more=more)


def _own(row: Mapping[str, Any]) -> dict[str, Any]:
    # A code's own wait never ends: that is what it is.
    waits = None if row["kind"] == "code" else text_of(row["waits_until"])
    return {
        **{name: row[name] for name in ("id", "kind", "label", "agency")},
        "since": text_of(row["added_at"]),
        "until": text_of(row["expires_at"]),
        "waits_until": waits,
        "revoked_at": text_of(row["revoked_at"]),
    }


def _printed(row: Mapping[str, Any]) -> dict[str, Any]:
    since, until = text_of(row["added_at"]), text_of(row["expires_at"])
    return {"id": row["id"], "holder": row["holder"], "since": since, "until": until}
