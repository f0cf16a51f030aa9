"""How requests and answers are spelt: strict JSON, entity tags, idempotency keys, digests, ranges."""

import base64
import binascii
import email.message
import re
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from gateway.domain.errors import (
    MalformedError,
    UnsupportedMediaError,
)
from gateway.domain.strict_json import parse_json_object
from gateway.http.edge import CLOSE, GRACE_S
from gateway.http.patience import Patience

_KEY = re.compile(r"[\x21-\x7e]{1,255}\Z")
_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]*"')
_TAGS = re.compile(r'\s*(?:W/)?"[\x21\x23-\x7e]*"(?:\s*,\s*(?:W/)?"[\x21\x23-\x7e]*")*\s*\Z')
_DIGEST = re.compile(r"\s*([a-z0-9-]{1,32})=:([A-Za-z0-9+/]{0,172}={0,2}):\s*\Z")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})\Z")
_MAX_HEADER = 1024
_SHA256_BYTES = 32


class StrictRequest(Request):
    """A request whose JSON body is read by `parse_json_object`, also where FastAPI reads it."""

    async def json(self) -> Any:  # noqa: ANN401 - untrusted JSON, first read
        """Read the body once.

        Raises:
            HTTPException: 400 for anything that is not one strict JSON object.
        """
        try:
            return parse_json_object(await self.body())
        except MalformedError:
            raise HTTPException(400) from None


class StrictRoute(APIRoute):
    """The route class of every router that takes a body: reads JSON as strictly as all else we read."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        answer = super().get_route_handler()

        async def answer_strictly(request: Request) -> Response:
            response: Response = await answer(StrictRequest(request.scope, request.receive))
            return response

        return answer_strictly


async def read_body(receive: Receive, limit_bytes: int, patience: Patience) -> bytes:
    """Read a whole body for a route that is mounted ahead of FastAPI and of the edge's own limit.

    Raises:
        HTTPException: 413 above the limit, 408 for a body that does not come within 15 s, 400 for a caller
            who has gone.
    """
    body: bytes = b""
    due = time.monotonic() + GRACE_S
    try:
        while True:
            message = await patience.until(due, receive())
            if message["type"] == "http.disconnect":
                raise HTTPException(400)  # Nobody will read it: a request given up, not a failure.
            body += message.get("body", b"")
            if len(body) > limit_bytes:
                raise HTTPException(413, headers=CLOSE)
            if not message.get("more_body", False):
                return body
    except TimeoutError:
        raise HTTPException(408, headers=CLOSE) from None


def require_json(content_type: str) -> None:
    """Check that a body says that it is JSON.

    Raises:
        UnsupportedMediaError: Anything else.
    """
    if content_type == "application/json":
        return
    message = email.message.Message()
    message["content-type"] = content_type
    if message.get_content_type() != "application/json":
        raise UnsupportedMediaError("the body must be application/json")


def parse_idempotency_key(text: str | None) -> str | None:
    """Answer the key as sent: 1 to 255 visible ASCII characters, None where there is none.

    Raises:
        MalformedError: Another shape.
    """
    if text is not None and not _KEY.match(text):
        raise MalformedError("the key has the wrong shape", field="Idempotency-Key")
    return text


def to_etag(version: int | str) -> str:
    """Render a strong entity tag; `version` holds only visible ASCII without quotes."""
    return f'"{version}"'


def parse_tag(if_match: str | None) -> str | None:
    """Answer the version that If-Match names, as `to_etag` was given it; None for no header, or `*`.

    A weak tag keeps its mark, so that it equals no version.

    Raises:
        MalformedError: Not an entity tag, or several: a change rests on one version.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tags = _parse_tags(if_match, "If-Match")
    if len(tags) != 1:
        raise MalformedError("one entity tag is expected", field="If-Match")
    return tags[0][1:-1] if tags[0].startswith('"') else tags[0]


def is_unchanged(if_none_match: str | None, current: str) -> bool:
    """Whether a 304 says enough: weak comparison, `*` matches anything that exists.

    Raises:
        MalformedError: Not a list of entity tags.
    """
    if if_none_match is None:
        return False
    if if_none_match.strip() == "*":
        return True
    return current in {tag.removeprefix("W/") for tag in _parse_tags(if_none_match, "If-None-Match")}


def _parse_tags(text: str, field: str) -> list[str]:
    if len(text) > _MAX_HEADER or not _TAGS.match(text):
        raise MalformedError("not a list of entity tags", field=field)
    return _TAG.findall(text)


def parse_content_digest(text: str | None) -> bytes | None:
    """Answer the SHA-256 that a Content-Digest header (RFC 9530) promises, None where there is no header.

    Raises:
        MalformedError: Not a dictionary of digests, no `sha-256` in it, or one that is not 32 bytes.
    """
    if text is None:
        return None
    found: dict[str, str] = {}
    for member in text[:_MAX_HEADER].split(","):
        match = _DIGEST.match(member)
        if match is None or match[1] in found:
            raise MalformedError("not a digest", field="Content-Digest")
        found[match[1]] = match[2]
    try:
        digest = base64.b64decode(found["sha-256"], validate=True)
    except (KeyError, binascii.Error):
        raise MalformedError("no sha-256 digest", field="Content-Digest") from None
    # Unused bits must be zero: two spellings of one digest are one too many.
    if len(digest) != _SHA256_BYTES or base64.b64encode(digest).decode() != found["sha-256"]:
        raise MalformedError("not a sha-256 digest", field="Content-Digest")
    return digest


def require_digest(promised: bytes | None, body: bytes) -> None:
    """Check a whole body against what Content-Digest promised, if it promised anything.

    Raises:
        MalformedError: The body is another one.
    """
    if promised is not None and sha256(body).digest() != promised:
        raise MalformedError("the body is not the one announced", field="Content-Digest")


def to_content_digest(digest: bytes) -> str:
    """Render a SHA-256 as a Content-Digest header."""
    return f"sha-256=:{base64.b64encode(digest).decode()}:"


def parse_range(text: str | None, length: int) -> tuple[int, int] | None:
    """Answer the one range asked for as `[start, stop)`; None means the whole.

    Other units and several ranges are ignored, as RFC 9110 section 14.2 allows.

    Raises:
        HTTPException: 416 when the range lies beyond the content.
    """
    match = _RANGE.match(text) if text is not None else None
    if match is None or (not match[1] and not match[2]):
        return None
    if match[1]:
        start, stop = int(match[1]), int(match[2]) + 1 if match[2] else length
        if match[2] and stop <= start:
            return None
    else:
        start, stop = max(0, length - int(match[2])), length
    if start >= length or start >= stop:
        raise HTTPException(416, headers={"Content-Range": f"bytes */{length}"})
    return start, min(stop, length)
