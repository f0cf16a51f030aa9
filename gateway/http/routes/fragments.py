"""A fragment without its content: what may be known of it, its labels, its end; and the dry run."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field, StrictBool
from starlette.responses import Response

from gateway.auditing import OVERSIGHT
from gateway.domain.access import Decision, Refused, Stated
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError
from gateway.domain.fragment import SectionChange
from gateway.domain.ids import FragmentId, SectionId
from gateway.domain.vocabulary import Action, SectionTag, Sensitivity
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.documented import VERSIONED
from gateway.http.parsing import PURPOSE, purpose_or_own, read_path_id, state
from gateway.http.problems import offers_of
from gateway.http.replies import ACCEPTED, Kit, entry_of, reply, text_of
from gateway.http.shapes import (
    Acted,
    AgencyIdentifier,
    Body,
    Code,
    Identifier,
    InForce,
    PurposeCode,
    ReasonSaid,
    SeenVersion,
    Sensitive,
    Words,
)
from gateway.http.terms import Evidence
from gateway.http.wire import is_unchanged, to_etag
from gateway.judging import Inquiry
from gateway.usecases.erase_fragment import Erasure
from gateway.usecases.relabel_fragment import Relabelling


class SectionRelabelled(Body):
    id: Identifier
    category: Code | None = None
    sensitivity: Sensitivity | None = None
    tags: Annotated[list[SectionTag], Field(max_length=10)] | None = Field(
        default=None, description="All of them; left out, those that are there stay."
    )

    def to_change(self) -> SectionChange:
        tags = None if self.tags is None else frozenset(self.tags)
        return SectionChange(SectionId(self.id), self.category, self.sensitivity, tags)


class FragmentRelabelled(Body):
    """What is left out stays; `sections` names only those whose labels change."""

    category: Code | None = None
    sensitivity: Sensitivity | None = None
    youth_alone: StrictBool | None = None
    sections: Annotated[list[SectionRelabelled], Field(max_length=200)] = Field(default_factory=list)


class Relabelled(Acted):
    sensitivity: Sensitive | None = None


class RemedySaid(BaseModel):
    rel: str
    text: str
    href: str | None = None


class DecisionSaid(BaseModel):
    decision: str = Field(examples=["deny"])
    basis: str
    reasons: list[ReasonSaid]
    remedies: list[RemedySaid]
    obligations: list[str]
    incomplete: bool
    ledger_entry: str | None
    recorded_at: str | None


class FragmentShown(DecisionSaid):
    id: str
    dossier: str
    owner_agency: str
    category: str
    sensitivity: Sensitive
    status: str
    created: str | None
    version: int
    etag: str


class DecisionAsked(Body):
    """What is left out is not stated."""

    fragment: Identifier
    purpose: PurposeCode
    action: Action = Action.READ
    justification: Words = ""
    necessity: Words | None = Field(default=None, description="Where professionals share a secret.")
    family_informed: StrictBool | None = None
    inform_exception: Words | None = Field(default=None, description="Why the family was not told.")
    evidence: Evidence | None = Field(default=None, description="For `record_consent`: how it was given.")
    requester_agency: AgencyIdentifier | None = Field(
        default=None, description="For officers and auditors: the agency that asked, of an entry in mind."
    )
    emergency: Identifier | None = None

    def to_stated(self, caller: Caller) -> Stated:
        """Put it in the policy's fields.

        Raises:
            MalformedError: Who is not of the oversight names an agency that asked.
        """
        if self.requester_agency is not None and caller.role not in OVERSIGHT:
            raise MalformedError("only an officer or an auditor looks at who asked", field="requester_agency")
        asked = {"fragment", "purpose", "action", "justification"}
        named = self.model_dump(mode="json", exclude_none=True, exclude=asked)
        if "requester_agency" in named:
            named["audit_requester_agency"] = named.pop("requester_agency")
        return state(named, self.action)


ByPurpose = Annotated[
    str | None, Query(pattern=PURPOSE, description="Why it is asked; by default what the role acts for.")
]
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match", max_length=200)]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes of one fragment."""
    router = APIRouter(prefix="/v1/fragments", tags=["fragments"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.get("/{fragment}", response_model=FragmentShown, responses={304: {"description": "Unchanged."}})
    async def read_fragment(
        request: Request,
        caller: RequireCaller,
        fragment: str,
        purpose: ByPurpose = None,
        if_none_match: IfNoneMatch = None,
    ) -> Response:
        """Tell what the caller may know of a fragment; its etag is what a change rests on."""
        why = purpose_or_own(caller, purpose)
        row = await usecases.read_fragment(caller, FragmentId(read_path_id(fragment)), why)
        if isinstance(row, Refused):
            return replies.refused(request, row)
        etag = to_etag(row["etag"])
        if is_unchanged(if_none_match, etag):
            return Response(status_code=304, headers={"ETag": etag})
        return reply(_shown(kit, request, row), 200, {"ETag": etag})

    _add_changes(router, kit)
    return router


def _add_changes(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.patch("/{fragment}", response_model=Relabelled, responses=VERSIONED)
    async def relabel_fragment(
        request: Request, caller: RequireCaller, fragment: str, body: FragmentRelabelled, seen: SeenVersion
    ) -> Response:
        """Change labels: the owner's act. A label never falls below the highest of its sections'."""
        asked = Relabelling(
            caller=caller,
            fragment=FragmentId(read_path_id(fragment)),
            if_match=seen,
            category=body.category,
            sensitivity=body.sensitivity,
            youth_alone=body.youth_alone,
            sections=tuple(one.to_change() for one in body.sections),
        )
        if not body.model_fields_set:
            raise MalformedError("a change says what changes", field="category")
        done = await usecases.relabel(asked)
        if isinstance(done, Refused):
            return replies.refused(request, done)
        more = {"sensitivity": done.reference.get("sensitivity")}
        return replies.acted(request, done, "fragment", status=200, more=more)

    @router.delete("/{fragment}", response_model=InForce, responses=ACCEPTED | VERSIONED)
    async def erase_fragment(
        request: Request, caller: RequireCaller, fragment: str, seen: SeenVersion
    ) -> Response:
        """Erase a fragment, every version of it: the owner's act. Its keys go first."""
        done = await usecases.erase(Erasure(caller, FragmentId(read_path_id(fragment)), seen))
        return replies.acted(request, done, "fragment", status=200)


def make_decision_router(kit: Kit) -> APIRouter:
    """Build the route of the dry run."""
    router = APIRouter(prefix="/v1", tags=["fragments"], route_class=CallerRoute)

    @router.post("/decisions", response_model=DecisionSaid)
    async def decide_dry_run(request: Request, caller: RequireCaller, body: DecisionAsked) -> Response:
        """Tell what an action would be answered now: the same policy, never content, one entry."""
        fragment, stated = FragmentId(body.fragment), body.to_stated(caller)
        asked = Inquiry(caller, fragment, body.purpose, body.justification, stated)
        told = await kit.usecases.decide_dry_run(asked)
        if isinstance(told, Refused):
            return kit.replies.refused(request, told)
        return reply({**_said(kit, request, told.decision), **entry_of(told.entry)})

    return router


def _shown(kit: Kit, request: Request, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: row[name] for name in ("id", "dossier", "category", "sensitivity", "status", "version")},
        "owner_agency": row["owner"],
        "created": text_of(row["created_at"]),
        "etag": row["etag"],
        **_said(kit, request, row["decision"]),
        **entry_of(row["entry"]),
    }


def _said(kit: Kit, request: Request, decision: Decision) -> dict[str, Any]:
    replies = kit.replies
    offers = offers_of(decision.obligations)
    return {
        "decision": str(decision.outcome),
        "basis": decision.basis,
        "reasons": replies.reasons(request, decision.reasons, decision.outcome),
        "remedies": replies.remedies(request, decision.reasons, offers),
        "obligations": sorted(decision.obligations),
        "incomplete": bool(decision.withheld),
    }
