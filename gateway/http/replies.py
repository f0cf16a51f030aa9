"""How the answers of the use cases look: acts, pages, refusals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.domain.access import Outcome, Recorded, Refused
from gateway.domain.acting import Done
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError
from gateway.domain.instants import Instant, to_text
from gateway.http.cursors import Cursors, Position
from gateway.http.edge import place_of
from gateway.http.problems import Problems
from gateway.http.services import UseCases
from gateway.http.wire import to_etag
from gateway.ports import Clock
from gateway.usecases.give_consent import NoEffect

ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"description": "In force; no mirror has confirmed it yet. A repeat waits again."}
}


@dataclass(frozen=True, slots=True)
class List:
    """One list as one caller walks it: a cursor of another list, caller or question does not open."""

    request: Request
    caller: Caller | None
    question: Mapping[str, str | None]

    @property
    def name(self) -> str:
        asked = sorted((key, value) for key, value in self.question.items() if value is not None)
        return f"{self.request.url.path}?{urlencode(asked)}"

    @property
    def holder(self) -> str:
        return "" if self.caller is None else f"{self.caller.account} {self.caller.role}"

    def link(self, cursor: str) -> str:
        asked = {key: value for key, value in self.question.items() if value is not None}
        return f'<{quote(self.request.url.path)}?{urlencode({**asked, "cursor": cursor})}>; rel="next"'


@dataclass(frozen=True, slots=True)
class Replies:
    """Renders what came of a request."""

    problems: Problems
    cursors: Cursors

    def refused(self, request: Request, refused: Refused) -> Response:
        """Render a refusal; a hidden one is the 404 of an unknown id."""
        return self.problems.of_refusal(refused, place_of(request.scope))

    def required(self, request: Request, error: MalformedError) -> Response:
        """Render what a request lacks: 400, and the field by its name."""
        fields = [{"name": error.field, "code": "required"}]
        return self.problems.render(error.code, place_of(request.scope), status=400, fields=fields)

    def acted(
        self,
        request: Request,
        done: Done | Refused,
        name: str,
        *,
        status: int = 201,
        more: Mapping[str, Any] | None = None,
    ) -> Response:
        """Render an act by the id that its reference holds under `name`, or its refusal."""
        if isinstance(done, Refused):
            return self.refused(request, done)
        document = {
            "id": done.reference.get(name),
            **entry_of(done.entry),
            **(more or {}),
        }
        if done.proven is not None:
            document = {"in_force": True, **document, "proven": done.proven}
            status = status if done.proven else 202
        etag = done.reference.get("etag")
        if etag is None:
            return reply(document, status)
        return reply({**document, "etag": etag}, status, {"ETag": to_etag(etag)})

    def asked(self, request: Request, done: Done | Refused, name: str, *, status: int = 201) -> Response:
        """Render an act that may wait for a second person, and whether it holds meanwhile; or its refusal."""
        if isinstance(done, Refused):
            return self.refused(request, done)
        more = {"approval": done.reference.get("approval"), "in_force": done.reference["in_force"]}
        return self.acted(request, done, name, status=status, more=more)

    def position(self, walked: List, cursor: str | None) -> Position | None:
        """Answer where a list goes on.

        Raises:
            MalformedError: A cursor of something else.
        """
        return self.cursors.open(cursor, caller=walked.holder, list_name=walked.name)

    def page(
        self,
        walked: List,
        items: Iterable[Mapping[str, Any]],
        after: Position | None,
        more: Mapping[str, Any] | None = None,
    ) -> Response:
        """Render a page; how many there are in all is not told, nor known."""
        headers = {}
        if after is not None:
            cursor = self.cursors.seal(after, caller=walked.holder, list_name=walked.name)
            headers["Link"] = walked.link(cursor)
        return reply({"items": list(items), **(more or {})}, 200, headers)

    def reasons(self, request: Request, codes: Sequence[str], outcome: str) -> list[dict[str, str]]:
        """Say the reasons of a permit or of a refusal, in the words of who asks."""
        place = place_of(request.scope)
        if outcome == Outcome.PERMIT:
            return self.problems.reasons_of_permit(codes, place)
        return [self.problems.reason(code, place) for code in codes]

    def without_effect(self, request: Request, told: Iterable[NoEffect]) -> list[dict[str, Any]]:
        """Say where somebody's word does not count, and why."""
        return [
            {
                "owner_agency": one.owner,
                "category": one.category,
                "reason": self.reasons(request, [one.reason], Outcome.DENY)[0],
            }
            for one in told
        ]

    def remedies(self, request: Request, codes: Sequence[str], offers: Iterable[str]) -> list[dict[str, str]]:
        """Say what may be done about reasons."""
        return self.problems.remedies(codes, offers, place_of(request.scope))


@dataclass(frozen=True, slots=True)
class Kit:
    """What the routes of a resource work with."""

    usecases: UseCases
    replies: Replies
    clock: Clock


def reply(document: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Render JSON."""
    return Response(orjson.dumps(document), status, headers, "application/json")


def entry_of(entry: Recorded | None) -> dict[str, Any]:
    """Say where something is recorded."""
    if entry is None:
        return {"ledger_entry": None, "recorded_at": None}
    return {"ledger_entry": str(entry.decision_id), "recorded_at": to_text(entry.recorded_at)}


def text_of(instant: int | None) -> str | None:
    """Render an instant that may be missing."""
    return None if instant is None else to_text(Instant(instant))


def after_id(position: Position | None) -> str:
    """Answer the id after which a list goes on; the empty one is before all."""
    return "" if position is None else str(position[0])


def position_of(after: str | None) -> Position | None:
    return None if after is None else (after,)
