"""What a release looks like on the wire: a structured fragment as JSON, a document as its bytes."""

import codecs
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson
from starlette.types import Send

from gateway.domain.fragment import SealedSection
from gateway.domain.instants import to_text
from gateway.http.edge import PLAIN
from gateway.http.wire import parse_range
from gateway.releasing import Released

Stream = Callable[[Released, SealedSection, tuple[int, int]], Iterator[bytes]]
"""Opens part of a large section as it is sent."""

_JSON = b"application/json"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}(; ?[\x21-\x7e]{1,100})?\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}\Z")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")
_MAX_NAME = 200

Headers = list[tuple[bytes, bytes]]

PIECE_BYTES = 1024 * 1024

TIME_LIMIT = "time_limit"
"""Of an emergency release: the answer says until when it may be repeated; afterwards it is refused."""


class Piece(NamedTuple):
    """Bytes of an answer, and how many bytes of content leave with them; what stands around it is none."""

    body: bytes
    content_bytes: int

    def __repr__(self) -> str:
        return f"Piece({len(self.body)} bytes)"  # Never what was opened.


class Outgoing(NamedTuple):
    """The headers of a 201, then either the whole body, or its pieces of at most 1 MiB.

    `total_bytes` is the content of all pieces together, before it is written as JSON.
    """

    headers: Headers
    small: bytes | None
    pieces: Iterator[Piece] = iter(())
    total_bytes: int = 0

    def __repr__(self) -> str:
        return f"Outgoing({len(self.headers)} headers)"  # Never what was opened.

    async def begin(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 201, "headers": self.headers, PLAIN: True})


def structured_of(released: Released, stream: Stream) -> Outgoing:
    """Render the sections that were let out, each content as it was deposited."""
    is_json = _is_json(released.content.media_type)
    small = dict(released.sections)
    shown = [one for one in released.content.sections if one.id not in released.decision.withheld]
    facts = _facts(released)
    if all(one.id in small for one in shown):
        sections = [{"id": one.id, "content": _content(small[one.id], is_json=is_json)} for one in shown]
        body = orjson.dumps({**facts, "sections": sections})
        return Outgoing([(b"content-type", _JSON), (b"content-length", str(len(body)).encode())], body)
    total = sum(one.plain_bytes for one in shown)
    return Outgoing([(b"content-type", _JSON)], None, joined(_render(released, facts, shown, stream)), total)


def document_of(released: Released, stream: Stream, asked_range: str | None) -> Outgoing:
    """Send a document's bytes, or the one range of them that was asked for.

    Raises:
        HTTPException: 416 for a range beyond the document; what was released all the same is recorded.
    """
    (section,) = released.content.sections
    total = section.plain_bytes
    span = parse_range(asked_range, total)
    start, stop = span if span is not None else (0, total)
    decision, entry = released.decision, released.entry.decision_id.encode()
    headers = [
        (b"content-type", _media_type(released.content.media_type)),
        (b"content-length", str(stop - start).encode()),
        (b"content-disposition", to_disposition(released.content.filename)),
        (b"gateway-release", entry),
        (b"gateway-ledger-entry", entry),
        (b"gateway-obligations", _listed(decision.obligations)),
        (b"gateway-incomplete", b"true" if decision.withheld else b"false"),
    ]
    if TIME_LIMIT in decision.obligations:
        headers.append((b"gateway-repeatable-until", to_text(decision.valid_until).encode()))
    if span is not None:
        headers.append((b"content-range", f"bytes {start}-{stop - 1}/{total}".encode()))
    if section.content is None:
        # What the decision lets out was opened with the entry; a document is one section.
        whole = dict(released.sections)[section.id]
        return Outgoing(headers, whole[start:stop] if span is not None else whole)
    pieces = (Piece(piece, len(piece)) for piece in stream(released, section, (start, stop)))
    return Outgoing(headers, None, joined(pieces), stop - start)


def joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Join what is small and part what is large: each but the last holds 1 MiB.

    The content of a piece that is parted counts with its beginning: told is never less than what has left.
    """
    held, content_bytes = bytearray(), 0
    for body, of_content in pieces:
        if not held and len(body) == PIECE_BYTES:
            yield Piece(body, of_content)
            continue
        held += body
        content_bytes += of_content
        while len(held) >= PIECE_BYTES:
            yield Piece(bytes(held[:PIECE_BYTES]), content_bytes)
            del held[:PIECE_BYTES]
            content_bytes = 0
    if held:
        yield Piece(bytes(held), content_bytes)


def to_disposition(filename: str | None) -> bytes:
    """Render a sealed file name for saving: as it is, or in ASCII and in full (RFC 6266, RFC 8187)."""
    if filename is None:
        return b"attachment"
    if _PLAIN.match(filename):
        return f'attachment; filename="{filename}"'.encode("ascii")
    name = "".join(sign for sign in filename if sign.isprintable() and sign not in '/\\"')[:_MAX_NAME]
    if not name.strip(" ."):
        return b"attachment"
    plain = _NOT_PLAIN.sub("_", name)
    encoded = quote(name.encode("utf-8", "replace"), safe="")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}".encode("ascii")


def _facts(released: Released) -> dict[str, Any]:
    decision = released.decision
    entry = str(released.entry.decision_id)
    limit = {"repeatable_until": to_text(decision.valid_until)} if TIME_LIMIT in decision.obligations else {}
    return {
        "release": entry,
        "ledger_entry": entry,
        "obligations": sorted(decision.obligations),
        # That something is missing is told; what, and how much of it, is not.
        "incomplete": bool(decision.withheld),
        **limit,
    }


def _render(
    released: Released, facts: dict[str, Any], shown: list[SealedSection], stream: Stream
) -> Iterator[Piece]:
    is_json = _is_json(released.content.media_type)
    small = dict(released.sections)
    yield Piece(orjson.dumps(facts)[:-1] + b',"sections":[', 0)
    for number, one in enumerate(shown):
        head = b"," if number else b""
        yield Piece(head + b'{"id":' + orjson.dumps(one.id) + b',"content":', 0)
        if one.id in small:
            yield Piece(orjson.dumps(_content(small[one.id], is_json=is_json)), one.plain_bytes)
        else:
            pieces = stream(released, one, (0, one.plain_bytes))
            yield from (Piece(piece, len(piece)) for piece in pieces) if is_json else _as_text(pieces)
        yield Piece(b"}", 0)
    yield Piece(b"]}", 0)


def _content(plain: bytes, *, is_json: bool) -> object:
    # JSON was read strictly when it was deposited and is authentic: it is not parsed a second time.
    return orjson.Fragment(plain) if is_json else plain.decode("utf-8", "replace")


def _as_text(pieces: Iterator[bytes]) -> Iterator[Piece]:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    yield Piece(b'"', 0)
    for piece in pieces:
        yield Piece(orjson.dumps(decoder.decode(piece))[1:-1], len(piece))
    yield Piece(orjson.dumps(decoder.decode(b"", final=True))[1:-1] + b'"', 0)


def _is_json(media_type: str) -> bool:
    plain = media_type.partition(";")[0].strip()
    return plain == "application/json" or plain.endswith("+json")


@lru_cache(maxsize=256)
def _listed(obligations: frozenset[str]) -> bytes:
    return ", ".join(sorted(obligations)).encode()


@lru_cache(maxsize=256)
def _media_type(text: str) -> bytes:
    return text.encode("ascii") if _MEDIA_TYPE.match(text) else b"application/octet-stream"
