"""A document on its way in: small ones whole, large ones piece by piece into the sealing thread."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator, Iterable, Iterator
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from itertools import chain
from threading import Event

from starlette.exceptions import HTTPException
from starlette.types import Receive

from gateway.domain.errors import MalformedError, TooLargeError
from gateway.domain.fragment import INLINE_BYTES
from gateway.http.multipart import Multipart, Part
from gateway.http.wire import parse_content_digest

META_BYTES = 64 * 1024
PIECE_BYTES = INLINE_BYTES
"""What is gathered for the sealing thread at a time; no more of a content is ever held here."""


class DigestRequiredError(MalformedError):
    """A key names one request for good, and a large content is sealed as it comes: its digest comes first."""


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

    `digest` tells it from any other upload where that is known before the last piece: the SHA-256 of the
    content, or that of the whole body where only this was announced.
    """

    meta: bytes
    part: Part
    pieces: Iterable[bytes] = field(repr=False)
    digest: bytes | None = None
    rest: "_FromLoop | None" = None

    def stop(self) -> None:
        """Let no thread wait for another piece: the request is over."""
        if self.rest is not None:
            self.rest.stop()


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

    async def read(self, *, keyed: bool) -> Upload:
        """Read until it is known what this is; never more of the content than lives in the database.

        Raises:
            DigestRequiredError: `keyed`, larger than that, and announced by no Content-Digest.
            MalformedError: Not `meta` followed by `content`, or a body other than announced.
            TooLargeError: More than 64 KiB of meta.
        """
        meta, part = await self._head()
        self._promised_content = parse_content_digest(part.headers.get("content-digest"))
        announced = self._promised_content or self._promised
        first, held = io.BytesIO(), 0  # Its value is handed on without a copy.
        while piece := await self._next():
            held += first.write(piece)
            if held > INLINE_BYTES:
                if keyed and announced is None:
                    raise DigestRequiredError("a large content has a digest", field="Content-Digest")
                rest = _FromLoop(self, asyncio.get_running_loop())
                return Upload(meta, part, chain((first.getvalue(),), rest), announced, rest)
        return Upload(meta, part, (first.getvalue(),), self._content.digest())

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
        """Gather the next piece of the content, b"" at its end, once both digests were checked."""
        gathered, held = io.BytesIO(), 0
        while held < PIECE_BYTES and (piece := await self._next()):
            held += gathered.write(piece)
        return gathered.getvalue()

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
        self._waiting: Future[bytes] | None = None
        self._stopped = Event()

    def __iter__(self) -> Iterator[bytes]:
        while not self._stopped.is_set():
            self._waiting = asyncio.run_coroutine_threadsafe(self._uploading.next_piece(), self._loop)
            if self._stopped.is_set():  # Meanwhile: `stop` may have seen the one before.
                self._waiting.cancel()
            piece = self._waiting.result()
            if not piece:
                return
            yield piece
        raise CancelledError

    def stop(self) -> None:
        self._stopped.set()
        if self._waiting is not None:
            self._waiting.cancel()
