"""A document on its way in: small ones whole, large ones piece by piece into the sealing thread."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.types import Receive

from gateway.domain.errors import MalformedError, TooLargeError
from gateway.domain.fragment import INLINE_BYTES
from gateway.http.multipart import Multipart, Part
from gateway.http.wire import parse_content_digest

META_BYTES = 64 * 1024
PIECE_BYTES = 512 * 1024


async def stream_body(receive: Receive) -> AsyncIterator[bytes]:
    """Go through a body as it comes; its size and pace are bounded by the edge."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise HTTPException(400)  # Nobody is left to read the answer.
        yield message.get("body", b"")
        if not message.get("more_body", False):
            return


@dataclass(slots=True)
class Upload:
    """What came with a document; `pieces` may be gone through once, from a thread where it is large.

    `content_digest` is the SHA-256 of the content where it is known before the last piece.
    """

    meta: bytes
    part: Part
    pieces: Iterable[bytes] = field(repr=False)
    content_digest: bytes | None = None


class Uploading:
    """Reads `meta`, then as much of `content` as decides how the rest is read.

    Args:
        receive: The request's.
        boundary: Of its multipart body.
        promised: The SHA-256 of the whole body that Content-Digest announced, if it did (RFC 9530).
    """

    def __init__(self, receive: Receive, boundary: bytes, promised: bytes | None) -> None:
        self._body = hashlib.sha256()
        self._content = hashlib.sha256()
        self._promised = promised
        self._promised_content: bytes | None = None
        self._events = Multipart(self._hashed(receive), boundary).events()

    async def read(self, *, whole: bool) -> Upload:
        """Read until it is known what this is; `whole` waits for the last byte unless it was announced.

        Raises:
            MalformedError: Not `meta` followed by `content`, or a body other than announced.
            TooLargeError: More than 64 KiB of meta.
        """
        meta, part = await self._head()
        self._promised_content = parse_content_digest(part.headers.get("content-digest"))
        first = bytearray()
        held = whole and self._promised_content is None
        while piece := await self._next():
            first += piece
            if len(first) > INLINE_BYTES and not held:
                rest = _FromLoop(self, asyncio.get_running_loop())
                return Upload(meta, part, _after(bytes(first), rest), self._promised_content)
        return Upload(meta, part, (bytes(first),), self._content.digest())

    async def _head(self) -> tuple[bytes, Part]:
        meta, named = bytearray(), ["meta", "content"]
        async for event in self._events:
            if isinstance(event, bytes):
                meta += event
                if len(meta) > META_BYTES:
                    raise TooLargeError("meta is too large", field="meta")
                continue
            if event.name != named.pop(0):
                break
            if not named:
                return bytes(meta), event
        raise MalformedError("a deposit is meta, then content", field="body")

    async def next_piece(self) -> bytes:
        """Gather the next half MiB of the content, b"" at its end, once both digests were checked."""
        gathered = bytearray()
        while len(gathered) < PIECE_BYTES and (piece := await self._next()):
            gathered += piece
        return bytes(gathered)

    async def _next(self) -> bytes:
        async for event in self._events:
            if isinstance(event, bytes) and event:
                self._content.update(event)
                return event
        for promised, found in (
            (self._promised, self._body),
            (self._promised_content, self._content),
        ):
            if promised is not None and found.digest() != promised:
                raise MalformedError("the body is not the one announced", field="Content-Digest")
        return b""

    async def _hashed(self, receive: Receive) -> AsyncIterator[bytes]:
        async for piece in stream_body(receive):
            if self._promised is not None:
                self._body.update(piece)
            yield piece


class _FromLoop:
    """Pieces for a thread that seals, read on the loop that receives them."""

    def __init__(self, uploading: Uploading, loop: asyncio.AbstractEventLoop) -> None:
        self._uploading = uploading
        self._loop = loop

    def __iter__(self) -> Iterator[bytes]:
        while True:
            waiting = asyncio.run_coroutine_threadsafe(self._uploading.next_piece(), self._loop)
            piece = waiting.result()
            if not piece:
                return
            yield piece


def _after(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest
