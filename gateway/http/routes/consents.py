"""Consents: given or refused, listed, read, withdrawn."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from gateway.domain.access import Refused
from gateway.domain.caller import Caller
from gateway.domain.confirming import SpokenWith
from gateway.domain.ids import ConsentId
from gateway.http.callers import CallerRoute, RequireCaller
from gateway.http.parsing import purpose_or_own, read_path_id
from gateway.http.replies import ACCEPTED, Kit, List, after_id, entry_of, position_of, reply, text_of
from gateway.http.routes.fragments import ByPurpose
from gateway.http.shapes import (
    Acted,
    Body,
    Cursor,
    Identifier,
    InForce,
    PurposeCode,
    Receipted,
    RequireOnce,
    WithoutEffect,
    Words,
)
from gateway.http.terms import ConsentGiven, to_given
from gateway.usecases.confirm_consent import Confirmation
from gateway.usecases.list_consents import ConsentsAsked, ShownConsent
from gateway.usecases.read_consent import ConsentAsked
from gateway.usecases.withdraw_consent import Withdrawal


class Given(Acted, Receipted):
    version: int | None
    from_: str | None = Field(
        alias="from", description="From when it holds: a day later where a code on paper was the way in."
    )
    without_effect: list[WithoutEffect] = Field(description="Where the giver's word does not count, and why.")


class Withdrawn(InForce, Receipted):
    version: int | None
    withdrawn_at: str | None


class Confirmed(Acted, Receipted):
    version: int | None
    from_: str | None = Field(alias="from")


class SpokenNamed(Body):
    """How a worker spoke with the giver; nothing where the giver confirms it herself."""

    method: Literal["in_person", "by_phone", "by_video"] | None = None
    words: Words = Field(default="", description="What was said; it is kept sealed.")


class WithdrawalAsked(Body):
    purpose: PurposeCode | None = None


class ConsentShown(BaseModel, extra="allow"):
    """In the fields of the policy; another family member's without author or instant.

    There, null stands for an agency or a person that the caller may not be told of.
    """

    id: str
    version: int
    decision: str
    status: str
    own: bool
    recipients: Any
    owners: Any
    purposes: Any
    categories: Any
    until: str | None


class Consents(BaseModel):
    items: list[ConsentShown]
    ledger_entry: str | None
    recorded_at: str | None


class ConsentVersions(BaseModel):
    id: str
    versions: list[ConsentShown] = Field(description="Oldest first.")
    ledger_entry: str | None
    recorded_at: str | None


OfPerson = Annotated[Identifier, Query(description="The caller's handle of the person.")]


def make_router(kit: Kit) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/v1/consents", tags=["consents"], route_class=CallerRoute)
    usecases, replies = kit.usecases, kit.replies

    @router.get("", response_model=Consents)
    async def list_consents(
        request: Request,
        caller: RequireCaller,
        person: OfPerson,
        purpose: ByPurpose = None,
        cursor: Cursor = None,
    ) -> Response:
        """List the last version of each consent about a person, as far as the caller may know of it."""
        why = purpose_or_own(caller, purpose)
        walked = List(request, caller, {"person": person, "purpose": purpose})
        after = after_id(replies.position(walked, cursor))
        page = await usecases.list_consents(ConsentsAsked(caller, person, why, after=after))
        if isinstance(page, Refused):
            return replies.refused(request, page)
        items = [_shown(caller, one) for one in page.shown]
        return replies.page(walked, items, position_of(page.next_after), entry_of(page.entry))

    _add_giving(router, kit)
    _add_reading(router, kit)
    _add_withdrawal(router, kit)
    return router


def _add_giving(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.post("", status_code=201, response_model=Given)
    async def give_consent(
        request: Request, caller: RequireCaller, body: ConsentGiven, once: RequireOnce
    ) -> Response:
        """Agree to a sharing or refuse it; a worker records what was said, with its evidence."""
        given = await usecases.give_consent(to_given(caller, body, once))
        if isinstance(given, Refused):
            return replies.refused(request, given)
        without = replies.without_effect(request, given.without_effect)
        reference = given.done.reference
        more = {
            "version": reference.get("version"),
            "receipt": reference.get("receipt"),
            "from": text_of(reference.get("from_at")),
            "without_effect": without,
        }
        return replies.acted(request, given.done, "consent", more=more)


def _add_reading(router: APIRouter, kit: Kit) -> None:
    usecases, replies = kit.usecases, kit.replies

    @router.get("/{consent}", response_model=ConsentVersions)
    async def read_consent(
        request: Request, caller: RequireCaller, consent: str, purpose: ByPurpose = None
    ) -> Response:
        """Show every version of one consent."""
        named = ConsentId(read_path_id(consent))
        read = await usecases.read_consent(ConsentAsked(caller, named, purpose_or_own(caller, purpose)))
        if isinstance(read, Refused):
            return replies.refused(request, read)
        shown = [
            ShownConsent(one, read.is_own, with_author=read.with_author, hidden=read.hidden)
            for one in read.versions
        ]
        versions = [_shown(caller, one) for one in shown]
        return reply({"id": named, "versions": versions, **entry_of(read.entry)})


def _add_withdrawal(router: APIRouter, kit: Kit) -> None:
    @router.post("/{consent}/withdrawals", status_code=201, response_model=Withdrawn, responses=ACCEPTED)
    async def withdraw_consent(
        request: Request,
        caller: RequireCaller,
        consent: str,
        once: RequireOnce,
        body: WithdrawalAsked | None = None,
    ) -> Response:
        """End a consent for good; what has ended already is answered alike."""
        why = purpose_or_own(caller, None if body is None else body.purpose)
        asked = Withdrawal(caller, ConsentId(read_path_id(consent)), why, once)
        ended = await kit.usecases.withdraw_consent(asked)
        if isinstance(ended, Refused):
            return kit.replies.refused(request, ended)
        reference = ended.reference
        more = {
            "version": reference.get("version"),
            "receipt": reference.get("receipt"),
            "withdrawn_at": text_of(reference.get("withdrawn_at")),
        }
        return kit.replies.acted(request, ended, "consent", more=more)


def make_confirmation_router(kit: Kit) -> APIRouter:
    """Build the route by which a consent that waits is said once more."""
    router = APIRouter(prefix="/v1/consents", tags=["consents"], route_class=CallerRoute)

    @router.post("/{consent}/confirmations", status_code=201, response_model=Confirmed)
    async def confirm_consent(
        request: Request,
        caller: RequireCaller,
        consent: str,
        once: RequireOnce,
        body: SpokenNamed | None = None,
    ) -> Response:
        """Let a consent start now that waits because a code on paper was its way in.

        By its giver in another way; or by a worker who has spoken with her, of an agency that neither printed
        the code nor receives anything by it.
        """
        spoken = None if body is None or body.method is None else SpokenWith(body.method, body.words)
        asked = Confirmation(caller, ConsentId(read_path_id(consent)), spoken, once)
        done = await kit.usecases.enrolling.confirm_consent(asked)
        if isinstance(done, Refused):
            return kit.replies.refused(request, done)
        reference = done.reference
        more = {
            "version": reference.get("version"),
            "receipt": reference.get("receipt"),
            "from": text_of(reference.get("from_at")),
        }
        return kit.replies.acted(request, done, "consent", more=more)

    return router


def _shown(caller: Caller, shown: ShownConsent) -> dict[str, Any]:
    document = shown.to_document()
    if not caller.is_family and "grantor" in document:
        # The profession knows persons by its agency's handles only; who gave it is not told by another name.
        document["grantor"] = {"as": document["grantor"]["as"]}
    return document
