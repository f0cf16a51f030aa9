"""The one sealing construction, for content and for wraps alike.

Source: C2SP chunked-encryption, instantiated with HKDF-SHA-512 and AES-256-GCM, behind one version byte:

    sealed     = 0x01 | salt (24) | commitment (32) | chunk 0 | chunk 1 | ... | last chunk
    chunk      = AES-256-GCM ciphertext of 16384 bytes of plaintext, tag (16) included: 16400 bytes
    last chunk = the same of 0 to 16383 bytes: 16 to 16399 bytes; its being short marks the end
    key (32) | base nonce (12) | commitment (32)
               = HKDF-Expand-SHA-512(input key, label | 0x00 | salt | context)
    label      = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"
    nonce n    = base nonce XOR n, as 96-bit big-endian; the associated data is empty

Overhead: 73 bytes, and 16 more for each whole 16 KiB. A key opens a sealed text to one content only.
"""

import hmac
import os
from collections.abc import Callable, Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from gateway.domain.contexts import part_key_context
from gateway.domain.errors import TamperedError

KEY_BYTES: Final = 32
HEADER_BYTES: Final = 57
CHUNK_BYTES: Final = 16_384
CHUNKS_PER_STEP: Final = 64

_VERSION: Final = b"\x01"
_SALT_BYTES: Final = 24
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SEALED_CHUNK_BYTES: Final = CHUNK_BYTES + _TAG_BYTES
_COMMITMENT_AT: Final = 1 + _SALT_BYTES
_DERIVED_BYTES: Final = KEY_BYTES + _NONCE_BYTES + 32
_MAX_CHUNKS: Final = 2**38
_LABEL: Final = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\x00"
_SHA512: Final = hashes.SHA512()

ReadAt = Callable[[int, int], bytes | memoryview]
"""`read_at(offset, length)` gives exactly `length` bytes of the sealed text; fewer count as truncation."""


def seal(key: bytes, context: bytes, plaintext: bytes) -> bytes:
    """Seal a whole content under a fresh random salt.

    Args:
        key: 32 uniformly random bytes.
        context: What the content belongs to (`gateway.domain.contexts`); it opens in the same context only.
        plaintext: At most a few MiB; larger content goes through `Sealer`.
    """
    return _seal_with_salt(key, context, plaintext, os.urandom(_SALT_BYTES))


def unseal(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """Open a whole sealed content.

    Args:
        key: 32 bytes, the key it was sealed under.
        context: Recomputed from the row it was found in: moved to another row, it does not open.
        sealed: Laid out as at the top of this module.

    Raises:
        TamperedError: Unknown version, wrong key or context, truncated or altered bytes. It never says which.
    """
    return Opening(key, context, sealed[:HEADER_BYTES]).open(sealed)


class Opening:
    """What is derived to open one sealed content, which may be opened again; it holds nothing of it.

    Args and errors are those of `unseal`; a wrong key, context or header is refused at once.
    """

    __slots__ = ("_aead", "_base")

    def __init__(self, key: bytes, context: bytes, header: bytes) -> None:
        self._aead, self._base = _open_header(key, context, header)

    def open(self, sealed: bytes) -> bytes:
        """Give the content of the sealed bytes that begin with this header.

        Raises:
            TamperedError: Truncated or altered bytes.
        """
        plaintext_length(len(sealed))  # Refuses what no content is as long as.
        base = self._base
        starts = range(HEADER_BYTES, len(sealed), _SEALED_CHUNK_BYTES)
        try:
            chunks = [
                self._aead.decrypt(
                    (base ^ n).to_bytes(_NONCE_BYTES, "big"), sealed[at : at + _SEALED_CHUNK_BYTES], None
                )
                for n, at in enumerate(starts)
            ]
        except InvalidTag:
            raise _tampered() from None
        return b"".join(chunks)


def plaintext_length(sealed_length: int) -> int:
    """How many bytes a sealed text of this many bytes opens to.

    Raises:
        TamperedError: No content has a sealed text of this length.
    """
    whole, rest = divmod(sealed_length - HEADER_BYTES, _SEALED_CHUNK_BYTES)
    if sealed_length < HEADER_BYTES or rest < _TAG_BYTES:
        raise _tampered()
    return whole * CHUNK_BYTES + rest - _TAG_BYTES


def sealed_length(plaintext_length: int) -> int:
    """How many bytes a plaintext of this many bytes is sealed to."""
    return HEADER_BYTES + plaintext_length + (plaintext_length // CHUNK_BYTES + 1) * _TAG_BYTES


class Sealer:
    """Seals content that arrives in pieces: `header`, then each `update`, then `finish`, written in order."""

    __slots__ = ("_aead", "_base", "_next", "_pending", "header")

    def __init__(self, key: bytes, context: bytes) -> None:
        salt = os.urandom(_SALT_BYTES)
        self._aead, base, commitment = _derive(key, salt, context)
        self._base = int.from_bytes(base, "big")
        self._next = 0
        self._pending = bytearray()
        self.header = _VERSION + salt + commitment

    def update(self, piece: bytes) -> bytes:
        """Take the next piece of plaintext, of any length; give the chunks that are complete, maybe none."""
        self._pending += piece
        whole = len(self._pending) // CHUNK_BYTES
        out = bytearray(whole * _SEALED_CHUNK_BYTES)
        # Views are released before the buffer shrinks: a bytearray with views on it cannot.
        with memoryview(self._pending) as source, memoryview(out) as target:
            for n in range(whole):
                start, to = n * CHUNK_BYTES, n * _SEALED_CHUNK_BYTES
                with (
                    source[start : start + CHUNK_BYTES] as chunk,
                    target[to : to + _SEALED_CHUNK_BYTES] as room,
                ):
                    self._aead.encrypt_into(self._nonce(), chunk, None, room)
        del self._pending[: whole * CHUNK_BYTES]
        return bytes(out)

    def finish(self) -> bytes:
        """Give the last, short chunk; the sealer is of no further use."""
        last = self._aead.encrypt(self._nonce(), bytes(self._pending), None)
        self._next = _MAX_CHUNKS
        return last

    def _nonce(self) -> bytes:
        if self._next >= _MAX_CHUNKS:
            raise ValueError("the sealer has finished, or the content exceeds 4 PiB")
        nonce = (self._base ^ self._next).to_bytes(_NONCE_BYTES, "big")
        self._next += 1
        return nonce


def unseal_stream(key: bytes, context: bytes, read_at: ReadAt, sealed_length: int) -> Iterator[bytes]:
    """Open a sealed content from its beginning to its end, 1 MiB at a time; see `unseal_range`."""
    return unseal_range(key, context, read_at, sealed_length, 0, plaintext_length(sealed_length))


def unseal_range(
    key: bytes, context: bytes, read_at: ReadAt, sealed_length: int, start: int, stop: int
) -> Iterator[bytes]:
    """Open the plaintext bytes `start` to `stop` (half-open), 1 MiB at a time.

    The commitment and the last chunk, hence the length, are verified before this returns; each piece is
    verified before it is given. What lies beyond the end is cut to the end.

    Args:
        key: 32 bytes, the key it was sealed under.
        context: Recomputed from the row it was found in.
        read_at: Gives sealed bytes; called once for the header, once for the end, once for each piece.
        sealed_length: Bytes of the whole sealed text, as the content store knows it.
        start: First plaintext byte wanted.
        stop: The byte after the last one wanted.

    Raises:
        TamperedError: Unknown version, wrong key or context, truncated or altered bytes. It never says which.
    """
    length = plaintext_length(sealed_length)
    aead, base = _open_header(key, context, bytes(_read_exactly(read_at, 0, HEADER_BYTES)))
    last = length // CHUNK_BYTES
    tail_at = HEADER_BYTES + last * _SEALED_CHUNK_BYTES
    tail = _read_exactly(read_at, tail_at, sealed_length - tail_at)
    _open_chunks(aead, base ^ last, memoryview(tail), memoryview(bytearray(length % CHUNK_BYTES)))
    return _pieces(aead, base, read_at, sealed_length, range(max(start, 0), min(stop, length)))


def part_key(record_key: bytes, decision_id: str, part: int) -> bytes:
    """Derive the 32-byte key of one part of one ledger entry: handing it out opens no other part.

    Source: HKDF-Expand-SHA-512 (RFC 5869) of the record key; info is a context of its own format.
    """
    return expand(record_key, part_key_context(decision_id, part))


def expand(key: bytes, info: bytes) -> bytes:
    """Derive 32 bytes from a uniformly random 32-byte key: HKDF-Expand-SHA-512 (RFC 5869)."""
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    return HKDFExpand(_SHA512, KEY_BYTES, info).derive(key)


def _seal_with_salt(key: bytes, context: bytes, plaintext: bytes, salt: bytes) -> bytes:
    """Only frozen vectors choose the salt: a salt must never come twice under one key."""
    aead, nonce, commitment = _derive(key, salt, context)
    if len(plaintext) < CHUNK_BYTES:
        return b"".join((_VERSION, salt, commitment, aead.encrypt(nonce, plaintext, None)))
    base = int.from_bytes(nonce, "big")
    chunks = [_VERSION, salt, commitment]
    for n in range(len(plaintext) // CHUNK_BYTES + 1):
        chunk = plaintext[n * CHUNK_BYTES : (n + 1) * CHUNK_BYTES]
        chunks.append(aead.encrypt((base ^ n).to_bytes(_NONCE_BYTES, "big"), chunk, None))
    return b"".join(chunks)


def _derive(key: bytes, salt: bytes, context: bytes) -> tuple[AESGCM, bytes, bytes]:
    if len(key) != KEY_BYTES:
        raise ValueError("a key has 32 bytes")
    derived = HKDFExpand(_SHA512, _DERIVED_BYTES, _LABEL + salt + context).derive(key)
    return AESGCM(derived[:32]), derived[32:44], derived[44:]


def _open_header(key: bytes, context: bytes, header: bytes) -> tuple[AESGCM, int]:
    aead, base, commitment = _derive(key, header[1:_COMMITMENT_AT], context)
    # The commitment comes before any decryption (C2SP chunked-encryption, Key derivation).
    if not hmac.compare_digest(_VERSION + commitment, header[:1] + header[_COMMITMENT_AT:]):
        raise _tampered()
    return aead, int.from_bytes(base, "big")


def _open_chunks(aead: AESGCM, base: int, sealed: memoryview, room: memoryview, first: int = 0) -> None:
    """Open the chunks of `sealed`, numbered from `first`, into `room`, which is large enough."""
    try:
        for n in range(-(-len(sealed) // _SEALED_CHUNK_BYTES)):
            chunk = sealed[n * _SEALED_CHUNK_BYTES : (n + 1) * _SEALED_CHUNK_BYTES]
            nonce = (base ^ (first + n)).to_bytes(_NONCE_BYTES, "big")
            aead.decrypt_into(
                nonce, chunk, None, room[n * CHUNK_BYTES : n * CHUNK_BYTES + len(chunk) - _TAG_BYTES]
            )
    except InvalidTag:
        raise _tampered() from None


def _pieces(aead: AESGCM, base: int, read_at: ReadAt, sealed_length: int, wanted: range) -> Iterator[bytes]:
    if not wanted:
        return
    # One buffer serves all steps; what leaves is a copy, because a transport may keep what it was given.
    room = memoryview(bytearray(CHUNKS_PER_STEP * CHUNK_BYTES))
    for first in range(wanted.start // CHUNK_BYTES, wanted[-1] // CHUNK_BYTES + 1, CHUNKS_PER_STEP):
        chunks = min(CHUNKS_PER_STEP, wanted[-1] // CHUNK_BYTES + 1 - first)
        offset = HEADER_BYTES + first * _SEALED_CHUNK_BYTES
        sealed = _read_exactly(read_at, offset, min(chunks * _SEALED_CHUNK_BYTES, sealed_length - offset))
        opened = len(sealed) - chunks * _TAG_BYTES
        _open_chunks(aead, base, memoryview(sealed), room, first)
        begin = first * CHUNK_BYTES
        yield bytes(room[max(wanted.start - begin, 0) : min(wanted.stop - begin, opened)])


def _read_exactly(read_at: ReadAt, offset: int, length: int) -> bytes | memoryview:
    found = read_at(offset, length)
    if len(found) != length:
        raise _tampered()
    return found


def _tampered() -> TamperedError:
    return TamperedError("sealed bytes do not open")
