"""Strict reading of untrusted JSON: every field is named, typed and used, or its path is in the error."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId, parse_agency_id, parse_id
from gateway.domain.instants import Instant, parse_instant, to_text

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound=StrEnum)
Reader = Callable[[Any, str], T]
"""Turns an untrusted value found at a path into a trusted one, or raises MalformedError naming the path."""

_CODE = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,59}\Z", re.ASCII)
_RELATIVE = re.compile(r"(now|today)(?:([+-])([0-9]{1,5})([dh]))?\Z", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_UNIT_US = {"d": 24 * 3600 * 1_000_000, "h": 3600 * 1_000_000}
_TEXT_LENGTH = 200


class Fields:
    """The fields of one object, each to be taken once."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise MalformedError("an object is expected", field=path)
        self._left = dict(value)
        self.path = path

    def need(self, name: str, read: Reader[T]) -> T:
        """Take a field that must be there."""
        where = _inside(self.path, name)
        if name not in self._left:
            raise MalformedError("a field is missing", field=where)
        return read(self._left.pop(name), where)

    def has(self, name: str) -> bool:
        return name in self._left

    def may(self, name: str, read: Reader[T], default: D) -> T | D:
        """Take a field that may be absent; null is not absent."""
        return self.need(name, read) if name in self._left else default

    def end(self) -> None:
        """Refuse whatever was not taken: a misspelt field must not pass as absent."""
        for name in sorted(self._left):
            # An untrusted name is repeated only where it is a plain word.
            shown = name if _CODE.match(name) else "?"
            raise MalformedError("a field is unknown", field=_inside(self.path, shown))


@contextmanager
def fields_of(value: object, path: str) -> Iterator[Fields]:
    """Take an object's fields, and refuse any that was not taken."""
    fields = Fields(value, path)
    yield fields
    fields.end()


def text(value: object, path: str) -> str:
    """Read 1 to 200 characters, none of them a control character."""
    if not isinstance(value, str) or not 0 < len(value) <= _TEXT_LENGTH or not value.isprintable():
        raise MalformedError("a text of 1 to 200 printable characters is expected", field=path)
    return value


def long_text(value: object, path: str) -> str:
    """Read a text of any length."""
    if not isinstance(value, str):
        raise MalformedError("a text is expected", field=path)
    return value


def code(value: object, path: str) -> str:
    """Read a code of a vocabulary; whether it is known is the policy's to say."""
    if not isinstance(value, str) or not _CODE.match(value):
        raise MalformedError("a code is expected", field=path)
    return value


def flag(value: object, path: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedError("true or false is expected", field=path)
    return value


def number(value: object, path: str) -> int:
    """Read a whole number from 0 to a million."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1_000_000:  # noqa: PLR2004
        raise MalformedError("a whole number is expected", field=path)
    return value


def anything(value: object, path: str) -> Any:  # noqa: ANN401, ARG001
    """Read any JSON value: content of a section."""
    return value


def identifier(value: object, path: str) -> str:
    return parse_id(value, field=path)


def agency_id(value: object, path: str) -> AgencyId:
    return parse_agency_id(value, field=path)


def one_of(*words: str) -> Reader[Any]:
    """Read one of these words."""

    def read(value: object, path: str) -> str:
        if not isinstance(value, str) or value not in words:
            raise MalformedError(f"one of {', '.join(words)} is expected", field=path)
        return value

    return read


def member_of(kind: type[E]) -> Reader[E]:
    """Read a member of a closed vocabulary."""
    words = one_of(*(str(member) for member in kind))
    return lambda value, path: kind(words(value, path))


def list_of(read: Reader[T], *, empty: bool = False) -> Reader[tuple[T, ...]]:
    """Read a list; an empty one names nobody and must be written only where that is meant."""

    def read_all(value: object, path: str) -> tuple[T, ...]:
        if not isinstance(value, list) or not (value or empty):
            raise MalformedError(
                "a list is expected" if empty else "a list with an item is expected", field=path
            )
        return tuple(read(item, f"{path}[{n}]") for n, item in enumerate(value))

    return read_all


def word_or(word: str, read: Reader[T]) -> Reader[Any]:
    """Read this word, or what `read` reads."""
    return lambda value, path: value if value == word else read(value, path)


def _inside(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


class Calendar:
    """Reads instants and days: absolute, or relative to the moment of seeding (`now-30d`, `today-3400d`)."""

    def __init__(self, now: Instant) -> None:
        self._now = now

    def instant(self, value: object, path: str) -> Instant:
        """Read RFC 3339, or `now`, `now+2h`, `now-30d`."""
        shift = self._shift(value, "now")
        return parse_instant(value, field=path) if shift is None else Instant(self._now + shift)

    def day(self, value: object, path: str) -> date:
        """Read `YYYY-MM-DD`, or `today`, `today-3400d` (in UTC)."""
        shift = self._shift(value, "today")
        try:
            if shift is not None:
                today = date.fromisoformat(to_text(self._now)[:10])
                return today + timedelta(microseconds=shift)
            if isinstance(value, str) and _DAY.match(value):
                return date.fromisoformat(value)
        except (ValueError, OverflowError):
            pass
        raise MalformedError("a day is expected, such as 2017-03-09", field=path)

    @staticmethod
    def _shift(value: object, word: str) -> int | None:
        found = _RELATIVE.match(value) if isinstance(value, str) else None
        if found is None or found[1] != word:
            return None
        amount = int(found[3] or 0) * _UNIT_US.get(found[4], 0)
        return -amount if found[2] == "-" else amount
