"""The closed vocabularies: they need no token."""

from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.http.replies import Kit, List, after_id, position_of, reply
from gateway.http.shapes import Cursor, Label, Sensitive
from gateway.http.wire import StrictRoute
from gateway.http.words import Audience, Language, ReasonText


class TermShown(BaseModel):
    code: str = Field(examples=["coordination"])
    label: Label


class Terms(BaseModel):
    items: list[TermShown]


class KindShown(TermShown):
    sensitivity: Sensitive = Field(description="The label that is proposed at the deposit.")


class Kinds(BaseModel):
    items: list[KindShown]


class SessionKindShown(TermShown):
    hours: int = Field(description="How long such a session stays open where nobody says when it closes.")


class SessionKinds(BaseModel):
    items: list[SessionKindShown]


class ReasonShown(BaseModel):
    code: str = Field(examples=["NO_CONSENT"])
    worker: Label = Field(description="Said to the worker who asked.")
    family: Label = Field(description="Said to the family; it never tells of what is hidden.")
    lifted: Label | None = Field(description="Said to the family where an emergency lifted it.")
    rules: list[str] = Field(description="Gates of the policy that give it.", examples=[["P6"]])
    source: Label = Field(description="Where the rule comes from.")
    remedies: list[str] = Field(examples=[["ask-consent"]])


class Reasons(BaseModel):
    items: list[ReasonShown]


class AgencyShown(BaseModel):
    id: str = Field(examples=["ex:school"])
    parent: str | None
    name: Label
    status: Literal["member", "suspended"]
    profile: str = Field(examples=["QC-PRIV"])
    protection_mission: bool = Field(description="Whether it takes reports of children in danger.")
    etag: str


class Agencies(BaseModel):
    items: list[AgencyShown]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes of the vocabularies."""
    router = APIRouter(prefix="/v1", tags=["vocabularies"], route_class=StrictRoute)
    vocabulary = kit.usecases.vocabulary
    reasons = [_reason(code, text) for code, text in sorted(kit.replies.problems.words.reasons.items())]

    @router.get("/purposes", response_model=Terms)
    async def list_purposes() -> Response:
        """List why something may be asked."""
        return reply({"items": [term.to_document() for term in vocabulary.purposes]})

    @router.get("/fragment-kinds", response_model=Kinds)
    async def list_fragment_kinds() -> Response:
        """List what a fragment may be about, with the sensitivity that is proposed for it."""
        return reply({"items": [term.to_document() for term in vocabulary.fragment_kinds]})

    @router.get("/emergency-risks", response_model=Terms)
    async def list_emergency_risks() -> Response:
        """List the risks for which an emergency may be declared."""
        return reply({"items": [term.to_document() for term in vocabulary.risks]})

    @router.get("/session-kinds", response_model=SessionKinds)
    async def list_session_kinds() -> Response:
        """List the kinds of committee sessions, with how long they stay open."""
        return reply({"items": [term.to_document() for term in vocabulary.sessions]})

    @router.get("/reasons", response_model=Reasons)
    async def list_reasons() -> Response:
        """List every reason of a decision: in words, with its rules, its source and its remedies."""
        return reply({"items": reasons})

    @router.get("/agencies", response_model=Agencies)
    async def list_agencies(request: Request, cursor: Cursor = None) -> Response:
        """List who takes part in the network."""
        walked = List(request, None, {})
        page = await kit.usecases.list_agencies(after=after_id(kit.replies.position(walked, cursor)))
        return kit.replies.page(walked, page.rows, position_of(page.after))

    return router


def _reason(code: str, text: ReasonText) -> dict[str, Any]:
    def said(audience: Audience) -> dict[str, str]:
        return {str(language): text.sentences[audience, language] for language in Language}

    lifted = None if text.lifted is None else {str(language): one for language, one in text.lifted.items()}
    return {
        "code": code,
        "worker": said(Audience.WORKER),
        "family": said(Audience.FAMILY),
        "lifted": lifted,
        "rules": list(text.rules),
        "source": {str(language): sentence for language, sentence in text.source.items()},
        "remedies": list(text.remedies),
    }
