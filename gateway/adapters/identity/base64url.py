import base64
import binascii
import re

from gateway.domain.errors import MalformedError

_ALPHABET = re.compile(r"[A-Za-z0-9_-]+\Z")


def decode_canonical(text: str) -> bytes:
    """Base64url without padding, in its only spelling: unused bits must be zero.

    Raises:
        MalformedError: Empty, another alphabet, padding, or a second spelling of the same bytes.
    """
    if not _ALPHABET.match(text):
        raise MalformedError("not base64url")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raise MalformedError("not base64url") from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=") != text.encode("ascii"):
        raise MalformedError("not canonical base64url")
    return raw


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
