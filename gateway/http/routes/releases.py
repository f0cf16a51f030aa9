"""Release a fragment: answered ahead of FastAPI's router, with its entry in the document written by hand.

Routing and parameter solving take most of what FastAPI spends on a request; this is the one route where that
counts. Everything else is as elsewhere: the same edge, the same door, the same problems.
"""

from typing import Any

from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.domain.access import NOTHING_STATED, Refused, Stated
from gateway.domain.errors import MalformedError
from gateway.domain.ids import FragmentId
from gateway.domain.strict_json import parse_json_object
from gateway.http.callers import Door
from gateway.http.documented import PROBLEMS, problem_answer
from gateway.http.edge import find_header, place_of
from gateway.http.outgoing import Outgoing, document_of, structured_of
from gateway.http.parsing import (
    MAX_WORDS,
    PURPOSE,
    digest_of,
    read_path_id,
    read_purpose,
    read_stated,
    read_words,
)
from gateway.http.patience import Patience
from gateway.http.problems import Problems
from gateway.http.services import Services, UseCases
from gateway.http.streaming import LongAnswer
from gateway.http.wire import parse_idempotency_key, read_body, require_json
from gateway.releasing import Asked, Released

PATH = "/v1/fragments/{fragment}/releases"

_BEFORE, _AFTER = PATH.split("{fragment}")
_MAX_BODY = 64 * 1024
_PLAIN = frozenset({"purpose", "justification"})
_FIELDS = _PLAIN | {"necessity", "family_informed", "inform_exception", "emergency"}


class Releases:
    """The route as a plain ASGI application.

    Args:
        door: Lets the caller in.
        usecases: `release` and `watch_release` are called.
        problems: Renders refusals.
        services: Its log is told of answers that were cut.
    """

    def __init__(self, door: Door, usecases: UseCases, problems: Problems, services: Services) -> None:
        self._door = door
        self._release = usecases.release
        self._watch = usecases.watch_release
        self._problems = problems
        self._log = services.log
        self._patience = Patience()
        self.route = Route(PATH, self, methods=["POST"], name="release_fragment")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one attempt; nothing of the fragment is sent before its entry is durable."""
        scope["route"] = self.route
        # 1. Who asks, for what, and why.
        caller, proof = await self._door.identify(scope)
        fragment = FragmentId(read_path_id(scope["path"][len(_BEFORE) : -len(_AFTER)]))
        require_json(find_header(scope, b"content-type") or "")
        raw = await read_body(receive, _MAX_BODY, self._patience)
        purpose, justification, stated = _read(raw)
        key = parse_idempotency_key(find_header(scope, b"idempotency-key"))
        digest = digest_of(caller, fragment.encode(), raw) if key is not None else b""
        asked = Asked(caller, fragment, purpose, justification, key, digest, stated, proof)
        # 2. Decided and recorded anew, each time.
        answer = await self._release(asked)
        if isinstance(answer, Refused):
            await self._problems.of_refusal(answer, place_of(scope))(scope, receive, send)
            return
        # 3. What was let out, and nothing else.
        outgoing = self._outgoing(answer, find_header(scope, b"range"))
        await outgoing.begin(send)
        if outgoing.small is not None:
            await send({"type": "http.response.body", "body": outgoing.small})
            return
        watched = LongAnswer(self._watch, self._log, asked, answer, place_of(scope).request_id)
        await watched.send(outgoing, receive, send)

    def _outgoing(self, released: Released, asked_range: str | None) -> Outgoing:
        if released.content.structured:
            return structured_of(released, self._release.stream)
        return document_of(released, self._release.stream, asked_range)


def is_release(scope: Scope) -> bool:
    """Whether this request is for the route that is answered ahead of everything else."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path: str = scope["path"]
    return path.startswith(_BEFORE) and path.endswith(_AFTER) and path.count("/") == PATH.count("/")


def _read(raw: bytes) -> tuple[str, str, Stated]:
    body: dict[str, Any] = parse_json_object(raw)
    stated = NOTHING_STATED
    if not body.keys() <= _PLAIN:
        if not body.keys() <= _FIELDS:
            raise MalformedError("a release is asked with a purpose and its grounds alone", field="body")
        stated = read_stated(body)
    purpose = read_purpose(body.get("purpose"))
    return purpose, read_words(body.get("justification", ""), field="justification"), stated


_TEXT = {"type": "string"}
_FACTS: dict[str, Any] = {
    "release": {**_TEXT, "description": "The release; also the id of its decision."},
    "ledger_entry": {**_TEXT, "description": "What `/v1/ledger/entries/{entry}` knows it by."},
    "obligations": {"type": "array", "items": _TEXT},
    "incomplete": {"type": "boolean", "description": "Whether something was withheld."},
}
_LIMIT = {"repeatable_until": {**_TEXT, "description": "Of an emergency: repeated later, it is refused."}}
_ANSWER: dict[str, Any] = {
    "type": "object",
    "required": [*_FACTS, "sections"],
    "properties": {
        **_FACTS,
        **_LIMIT,
        "sections": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "content"],
                "properties": {"id": _TEXT, "content": {"description": "As it was deposited."}},
            },
        },
    },
}
_STATED: dict[str, Any] = {
    "necessity": {
        **_TEXT,
        "maxLength": MAX_WORDS,
        "description": "Why she must know it, where professionals share a secret.",
    },
    "family_informed": {"type": "boolean", "description": "Whether the family was told beforehand."},
    "inform_exception": {**_TEXT, "maxLength": MAX_WORDS, "description": "Why the family was not told."},
    "emergency": {**_TEXT, "description": "The caller's own declaration: `POST /v1/emergency-accesses`."},
}
_HEADERS = {
    name: {"description": text, "schema": schema}
    for name, text, schema in (
        ("Gateway-Release", "As `release`; for a document.", _TEXT),
        ("Gateway-Ledger-Entry", "As `ledger_entry`; for a document.", _TEXT),
        ("Gateway-Obligations", "As `obligations`, separated by commas; for a document.", _TEXT),
        ("Gateway-Incomplete", "`true` or `false`; for a document.", {"type": "string"}),
        ("Gateway-Repeatable-Until", "As `repeatable_until`; for a document.", _TEXT),
        ("Content-Disposition", "The document's name, where it has one.", _TEXT),
        ("Content-Range", "The part that was asked for with Range; a release all the same.", _TEXT),
    )
}
DOCUMENT: dict[str, Any] = {
    "post": {
        "tags": ["fragments"],
        "summary": "Release a fragment",
        "description": "Each call is decided and recorded anew; what it lets out is in the same answer.",
        "operationId": "release_fragment",
        "security": [{"accessToken": []}],
        "parameters": [
            {"name": "fragment", "in": "path", "required": True, "schema": {"type": "string"}},
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
                "description": "Turns a twin that arrives meanwhile away; a later repeat is a new release.",
            },
            {"name": "Range", "in": "header", "schema": _TEXT, "example": "bytes=0-1048575"},
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["purpose"],
                        "additionalProperties": False,
                        "properties": {
                            "purpose": {"type": "string", "pattern": PURPOSE},
                            "justification": {"type": "string", "maxLength": MAX_WORDS},
                            **_STATED,
                        },
                    },
                    "example": {"purpose": "coordination", "justification": "Rencontre du 14 mars."},
                }
            },
        },
        "responses": {
            "201": {
                "description": "Released: a structured fragment as JSON, a document as its bytes.",
                "headers": _HEADERS,
                "content": {
                    "application/json": {
                        "schema": _ANSWER,
                        "example": {
                            "release": "dec_01J8ZQ4V7N3X5R2M6K9T0W1B4C",
                            "ledger_entry": "dec_01J8ZQ4V7N3X5R2M6K9T0W1B4C",
                            "obligations": ["log_access", "mark_incomplete", "no_redisclosure"],
                            "incomplete": True,
                            "sections": [{"id": "forces", "content": {"texte": "Aime dessiner."}}],
                        },
                    },
                    "*/*": {"schema": {"type": "string", "format": "binary"}},
                },
            },
            **{str(status): answer for status, answer in PROBLEMS.items()},
            "416": problem_answer("The range lies beyond the document."),
        },
    }
}
"""The route's path item, by hand: FastAPI knows nothing of it."""
