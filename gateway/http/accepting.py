"""Choosing a form of the answer by the Accept header (RFC 9110, section 12.5.1)."""

import re
from collections.abc import Sequence

_MAX_HEADER = 1024
_RANGE = re.compile(r"\s*([a-z0-9!#$&^_.+*-]+)/([a-z0-9!#$&^_.+*-]+)\s*((?:;[^,]*)?)\Z", re.IGNORECASE)
_QUALITY = re.compile(r";\s*q=([01](?:\.[0-9]{0,3})?)\s*(?:;|\Z)", re.IGNORECASE)


def choose_media(accept: str | None, offered: Sequence[str]) -> str | None:
    """Choose the media type wanted most; among equals, and where nothing is said, the first offered.

    None where the header excludes all of them; a header that cannot be read says nothing.
    """
    if accept is None or len(accept) > _MAX_HEADER:
        return offered[0]
    ranges = [match for choice in accept.split(",") if (match := _RANGE.match(choice)) is not None]
    if not ranges:
        return offered[0]
    weighed = [(_weight(one, ranges), -place, one) for place, one in enumerate(offered)]
    weight, _, best = max(weighed)
    return best if weight > 0 else None


def _weight(offered: str, ranges: Sequence[re.Match[str]]) -> float:
    """The quality of the most specific range that covers this type; 0 where none does."""
    kind, _, subtype = offered.partition("/")
    best, rank = 0.0, 0
    for one in ranges:
        named = (one[1].lower(), one[2].lower())
        specific = {(kind, subtype): 3, (kind, "*"): 2, ("*", "*"): 1}.get(named, 0)
        if specific > rank:
            quality = _QUALITY.search(one[3])
            best, rank = 1.0 if quality is None else float(quality[1]), specific
    return best
