"""JSON read without indulgence, wherever it comes from: tokens, requests, engines and issuers alike."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from gateway.domain.errors import MalformedError

MAX_DEPTH = 32

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_OPENING = (b"[", b"{")
# Escapes that may hide half a surrogate pair, or a NUL which PostgreSQL cannot store.
_DOUBTFUL = re.compile(rb"\\u(?:[dD][89a-fA-F]|0000)")
_MAX_DIGITS = 18


def parse_json_object(raw: bytes, *, depth: int = MAX_DEPTH) -> dict[str, Any]:
    """Read exactly one JSON object, or refuse; the text is never repeated in the refusal.

    Args:
        raw: UTF-8 without a byte order mark; its size was bounded by whoever received it.
        depth: How many objects and arrays may stand inside one another, the outermost included.

    Raises:
        MalformedError: Not UTF-8, not JSON, not an object, too deep, a key twice in one object, NaN or
            infinity, a number of more than 18 digits, half a surrogate pair, or a NUL.
    """
    _require_shallow(raw, depth)
    try:
        value = _STRICT.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise MalformedError("the text is not strict JSON") from None
    if not isinstance(value, dict):
        raise MalformedError("the text is not a JSON object")
    if _DOUBTFUL.search(raw) and any(_is_unstorable(text) for text in _texts(value)):
        raise MalformedError("a text holds half a surrogate pair or a NUL")
    return value


def _require_shallow(raw: bytes, depth: int) -> None:
    # Counted before parsing, so that the parser never recurses on what a stranger sent.
    if raw.count(b"[") + raw.count(b"{") <= depth:
        return
    level = 0
    for bracket in _BRACKET.findall(_TEXT.sub(b"", raw)):
        level += 1 if bracket in _OPENING else -1
        if level > depth:
            raise MalformedError("the JSON is nested too deeply")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError("NaN and infinity are not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the number is not finite")
    return number


def _short(text: str) -> int:
    if len(text.removeprefix("-")) > _MAX_DIGITS:
        raise ValueError("the number is too long")
    return int(text)


_STRICT = json.JSONDecoder(
    object_pairs_hook=_once_each, parse_constant=_no_constant, parse_float=_finite, parse_int=_short
)


def _texts(value: object) -> Iterator[str]:
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            left.extend(item.keys())
            left.extend(item.values())
        elif isinstance(item, list):
            left.extend(item)


def _is_unstorable(text: str) -> bool:
    return "\0" in text or any("\ud800" <= character <= "\udfff" for character in text)
