"""Reading `meta` and then `content` out of a multipart body, piece by piece, nothing on disk.

Starlette's own form parser spools files to a temporary folder: plaintext of a fragment must not lie there.
"""

import email.message
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from gateway.domain.errors import MalformedError

_MAX_BOUNDARY = 70
_MAX_PARTS = 2


@dataclass(slots=True)
class Part:
    """A part's headers, lower-case names; `data` follows in events of its own."""

    headers: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str | None:
        return self._parameter("name")

    @property
    def filename(self) -> str | None:
        return self._parameter("filename")

    @property
    def media_type(self) -> str | None:
        return self.headers.get("content-type")

    def _parameter(self, name: str) -> str | None:
        found = _parameter("content-disposition", self.headers.get("content-disposition", ""), name)
        # A tuple is RFC 2231's: charset, language, text.
        return (_decoded(found) if isinstance(found, tuple) else found) or None


class Multipart:
    """Events of a multipart body: a `Part` as each one begins, then its data as bytes.

    Args:
        stream: The body's pieces.
        boundary: From the Content-Type header.
    """

    def __init__(self, stream: AsyncIterator[bytes], boundary: bytes) -> None:
        self._stream = stream
        self._events: deque[Part | bytes] = deque()
        self._part = Part()
        self._name = b""
        self._value = b""
        self._parts = 0
        self._ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._field,
                "on_header_value": self._add,
                "on_header_end": self._header,
                "on_headers_finished": self._headers,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    async def events(self) -> AsyncIterator[Part | bytes]:
        """Go through the body once.

        Raises:
            MalformedError: Not multipart, more than two parts, or cut short.
        """
        async for piece in self._stream:
            try:
                self._parser.write(piece)
            except MultipartParseError:
                raise MalformedError("the body is not multipart/form-data", field="body") from None
            while self._events:
                yield self._events.popleft()
        if not self._ended:
            raise MalformedError("the body ends before its last boundary", field="body")

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise MalformedError("a deposit has two parts, meta and content", field="body")
        self._part = Part()

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        try:
            self._part.headers[self._name.decode("ascii").lower()] = self._value.decode("utf-8").strip()
        except UnicodeDecodeError:
            raise MalformedError("a part's header is unreadable", field="body") from None
        self._name = self._value = b""

    def _headers(self) -> None:
        self._events.append(self._part)

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._events.append(data[start:end])

    def _end(self) -> None:
        self._ended = True


def parse_boundary(content_type: str) -> bytes | None:
    """Answer the boundary of a multipart/form-data header, None for another media type.

    Raises:
        MalformedError: No boundary, or one that is too long.
    """
    message = email.message.Message()
    message["content-type"] = content_type
    if message.get_content_type() != "multipart/form-data":
        return None
    boundary = _parameter("content-type", content_type, "boundary")
    if not isinstance(boundary, str) or not 1 <= len(boundary) <= _MAX_BOUNDARY or not boundary.isascii():
        raise MalformedError("a multipart body has a boundary", field="Content-Type")
    return boundary.encode("ascii")


def _parameter(header: str, text: str, name: str) -> str | tuple[str | None, str | None, str] | None:
    """A header's parameter, as the standard library reads it; what it cannot read is malformed.

    Raises:
        MalformedError: Continuations of RFC 2231 that contradict one another, or number themselves absurdly.
    """
    message = email.message.Message()
    message[header] = text
    try:
        return message.get_param(name, header=header)
    except (TypeError, ValueError):
        raise MalformedError("a header's parameter is unreadable", field=header) from None


def _decoded(found: tuple[str | None, str | None, str]) -> str:
    charset, _, text = found
    try:
        return text.encode("latin-1").decode(charset or "utf-8")
    except (LookupError, ValueError):
        raise MalformedError("a part's file name is unreadable", field="body") from None
