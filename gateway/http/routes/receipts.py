"""Receipts: the signed record, the record to read, or its text, as the Accept header asks."""

from enum import StrEnum
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.ids import ConsentId, ReceiptId, StopId
from gateway.domain.receipt_text import render
from gateway.http.accepting import choose_media
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.edge import place_of
from gateway.http.parsing import purpose_or_own, read_path_id
from gateway.http.replies import Kit, entry_of, reply
from gateway.http.routes.fragments import ByPurpose
from gateway.usecases.read_receipt import ReceiptAsked, ReceiptRead


class Media(StrEnum):
    """What a receipt may be had as; the first where the caller says nothing."""

    JSON = "application/json"
    JOSE = "application/jose"
    TEXT = "text/plain"


class ReceiptShown(BaseModel):
    receipt: dict[str, Any] = Field(description="The record, in the field names of ISO/IEC TS 27560.")
    signed: str = Field(description="The same record with its signature: JWS compact, EdDSA.")
    ledger_entry: str | None
    recorded_at: str | None


_FORMS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ReceiptShown,
        "content": {
            Media.JOSE.value: {"schema": {"type": "string"}},
            Media.TEXT.value: {"schema": {"type": "string"}},
        },
    }
}


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1", tags=["consents"], route_class=CallerRoute)

    @router.get("/consents/{consent}/receipt", responses=_FORMS)
    async def read_consent_receipt(
        request: Request, caller: RequireCaller, consent: str, purpose: ByPurpose = None
    ) -> Response:
        """Give the newest receipt about a consent that is the caller's own."""
        media = _media_of(request)
        named = ConsentId(read_path_id(consent))
        asked = ReceiptAsked(caller, purpose_or_own(caller, purpose), consent=named)
        return _answer(kit, request, await kit.usecases.read_receipt(asked), media)

    @router.get("/stops/{stop}/receipt", responses=_FORMS)
    async def read_stop_receipt(
        request: Request, caller: RequireCaller, stop: str, purpose: ByPurpose = None
    ) -> Response:
        """Give the newest receipt about a stop that is the caller's own."""
        media = _media_of(request)
        asked = ReceiptAsked(caller, purpose_or_own(caller, purpose), stop=StopId(read_path_id(stop)))
        return _answer(kit, request, await kit.usecases.read_receipt(asked), media)

    @router.get("/receipts/{receipt}", responses=_FORMS)
    async def read_receipt(
        request: Request, caller: RequireCaller, receipt: str, purpose: ByPurpose = None
    ) -> Response:
        """Give the receipt of this number, if it is the caller's own."""
        media = _media_of(request)
        named = ReceiptId(read_path_id(receipt))
        asked = ReceiptAsked(caller, purpose_or_own(caller, purpose), receipt=named)
        return _answer(kit, request, await kit.usecases.read_receipt(asked), media)

    return router


def _media_of(request: Request) -> Media:
    chosen = choose_media(request.headers.get("accept"), tuple(Media))
    if chosen is None:
        raise HTTPException(406)
    return Media(chosen)


def _answer(kit: Kit, request: Request, read: ReceiptRead | Refused, media: Media) -> Response:
    if isinstance(read, Refused):
        return kit.replies.refused(request, read)
    said = {"Vary": "Accept, Accept-Language"}
    if read.entry is not None:
        said["Gateway-Ledger-Entry"] = str(read.entry.decision_id)
    if media is Media.JOSE:
        return Response(read.receipt.signed, 200, said, Media.JOSE)
    if media is Media.TEXT:
        language = place_of(request.scope).language
        said["Content-Language"] = language
        text = render(read.receipt.record, language)
        return Response(text.encode(), 200, said, f"{Media.TEXT}; charset=utf-8")
    document = {"receipt": read.receipt.record, "signed": read.receipt.signed, **entry_of(read.entry)}
    return reply(document, 200, said)
