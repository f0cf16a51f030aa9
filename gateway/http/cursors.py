"""Cursors of lists: sealed, so that they tell nothing, and bound to one caller and one list."""

import json

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from gateway.domain.base64url import decode_canonical, encode
from gateway.domain.errors import MalformedError

_VERSION = b"\x01"
_BLOCK = 64
_MAX_TEXT = 2048

Position = tuple[str | int, ...]


class Cursors:
    """Seals and opens the position after which a list goes on.

    Layout: base64url without padding of `AES-256-SIV(position)`; the position is canonical JSON, filled up
    with spaces to a multiple of 64 bytes so that its length tells nothing. Associated data: version, list,
    caller.
    SIV needs no nonce: the same position of the same caller is the same cursor. Source: RFC 5297.

    Args:
        key: 64 bytes, the deployment's cursor key.
    """

    def __init__(self, key: bytes) -> None:
        self._cipher = AESSIV(key)

    def __repr__(self) -> str:
        return "Cursors()"

    def seal(self, position: Position, *, caller: str, list_name: str) -> str:
        """Render the cursor after `position`."""
        plain = json.dumps(position, separators=(",", ":")).encode()
        padded = plain.ljust(-(-len(plain) // _BLOCK) * _BLOCK)
        sealed = self._cipher.encrypt(padded, _context(caller, list_name))
        return encode(sealed)

    def open(self, text: str | None, *, caller: str, list_name: str) -> Position | None:
        """Answer the position of a cursor, None where there is none.

        Raises:
            MalformedError: Not a cursor, or another caller's or list's; it never says which.
        """
        if text is None:
            return None
        if len(text) > _MAX_TEXT:
            raise MalformedError("the cursor is not one of this list", field="cursor")
        try:
            sealed = decode_canonical(text)
            position = json.loads(self._cipher.decrypt(sealed, _context(caller, list_name)))
        except (MalformedError, ValueError, InvalidTag):
            raise MalformedError("the cursor is not one of this list", field="cursor") from None
        return tuple(position)


def _context(caller: str, list_name: str) -> list[bytes]:
    # SIV takes a vector of strings and keeps them apart, so nothing needs a length in front.
    return [_VERSION, list_name.encode(), caller.encode()]
