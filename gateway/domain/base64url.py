import base64
import binascii
import re

from gateway.domain.errors import MalformedError

_ALPHABET = re.compile(r"[A-Za-z0-9_-]+\Z")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")
_LAST = ("", None, "AQgw", "AEIMQUYcgkosw048")
"""By the length modulo 4: with which letters a text may end so that its unused bits are zero."""


def decode_canonical(text: str) -> bytes:
    """Base64url without padding, in its only spelling: unused bits must be zero (RFC 4648 section 3.5).

    Raises:
        MalformedError: Empty, another alphabet, padding, or a second spelling of the same bytes.
    """
    rest = len(text) % 4
    ends = _LAST[rest]
    if ends is None or not _ALPHABET.match(text) or (rest and text[-1] not in ends):
        raise MalformedError("not canonical base64url")
    return binascii.a2b_base64(text.encode("ascii").translate(_TO_STANDARD) + b"=="[: -rest % 4])


def encode(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")
