"""What every signed text is read with: its three parts, and the members of its header and claims."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from gateway.domain.base64url import decode_canonical
from gateway.domain.errors import MalformedError
from gateway.domain.instants import SECOND_US, Instant

MAX_TEXT = 255
_PARTS = 3
_LAST_S = 2**40


class Compact(NamedTuple):
    """A JWS in its compact form (RFC 7515, section 7.1); `signed` is what the signature is over."""

    header: bytes
    payload: bytes
    signature: bytes
    signed: bytes


class Times(NamedTuple):
    """Whole seconds since 1970; `nbf` is `iat` where a text does not say it."""

    exp: int
    iat: int
    nbf: int

    def cover(self, now: Instant, *, ahead_s: int) -> bool:
        """Whether it counts now. Its maker's clock may run so far ahead of ours; `exp` has no indulgence."""
        return now < self.exp * SECOND_US and max(self.iat, self.nbf) * SECOND_US <= now + ahead_s * SECOND_US

    def last(self, most_s: int) -> bool:
        """Whether it counts for a while, and for so long at the most."""
        return 0 < self.exp - self.iat <= most_s and self.nbf < self.exp


def split(text: str) -> Compact:
    """Take a text of bounded size apart.

    Raises:
        MalformedError: Not three parts of canonical base64url.
    """
    if text.count(".") != _PARTS - 1:
        raise MalformedError("not three parts")
    header, payload, signature = (decode_canonical(part) for part in text.split("."))
    return Compact(header, payload, signature, text[: text.rindex(".")].encode("ascii"))


def read_text(members: Mapping[str, Any], name: str, most: int = MAX_TEXT) -> str:
    """Read a short text.

    Raises:
        MalformedError: It is missing, or anything else.
    """
    value = members.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        raise MalformedError("not a short text", field=name)
    return value


def read_seconds(claims: Mapping[str, Any], name: str) -> int:
    """Read a number of whole seconds.

    Raises:
        MalformedError: It is missing, or anything else.
    """
    value = claims.get(name)
    # `type` and not `isinstance`: true is an int in Python.
    if type(value) is not int or not 0 <= value < _LAST_S:
        raise MalformedError("not a number of seconds", field=name)
    return value


def read_times(claims: Mapping[str, Any]) -> Times:
    """Read when a text counts.

    Raises:
        MalformedError: It does not say so in whole seconds.
    """
    exp, iat = read_seconds(claims, "exp"), read_seconds(claims, "iat")
    return Times(exp, iat, read_seconds(claims, "nbf") if "nbf" in claims else iat)
