"""Instants: whole microseconds since 1970-01-01T00:00:00Z, as `int`; text is RFC 3339 in UTC."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NewType

from gateway.domain.errors import MalformedError

Instant = NewType("Instant", int)

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US

FAR_FUTURE = Instant(9_214_646_400_000_000)
"""2262-01-01: the first instant that the policy no longer accepts (domain rule 3.9, gate 2)."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_CIVIL = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC by definition; `Z` is written after it
_SHAPE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])\Z",
    re.ASCII,
)


def parse_instant(text: object, *, field: str) -> Instant:
    """Read an RFC 3339 instant between the years 1900 and 2261; finer than a microsecond is cut.

    Raises:
        MalformedError: Another shape, no such day, or outside those years.
    """
    if not isinstance(text, str) or not _SHAPE.match(text):
        raise MalformedError("an instant is not RFC 3339 with a zone", field=field)
    # `fromisoformat` takes at most six digits of a second.
    cut = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", text)
    try:
        moment = datetime.fromisoformat(cut).astimezone(UTC)
    except (ValueError, OverflowError):
        raise MalformedError("an instant names no such day", field=field) from None
    if not 1900 <= moment.year <= 2261:  # noqa: PLR2004 - the rule's own figures
        raise MalformedError("an instant lies outside the years 1900 to 2261", field=field)
    return Instant((moment - _EPOCH) // timedelta(microseconds=1))


def to_text(instant: Instant) -> str:
    """Render as `2026-03-10T14:00:00Z`, with six digits of a second only where they are not zero."""
    second, rest = divmod(instant, SECOND_US)
    return f"{_second_text(second)}.{rest:06d}Z" if rest else f"{_second_text(second)}Z"


@lru_cache(maxsize=1024)
def _second_text(second: int) -> str:
    return (_EPOCH_CIVIL + timedelta(seconds=second)).isoformat()
