"""The process's clock, and identifiers from the system's randomness."""

import os
import time
from typing import Final

from gateway.domain.instants import Instant

_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_ORDERED: Final = "dec"
_SHIFTS: Final = tuple(range(120, -1, -10))
_PAIRS: Final = tuple(one + two for one in _CROCKFORD for two in _CROCKFORD)


class SystemClock:
    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)


class RandomIds:
    def new(self, prefix: str) -> str:
        """`prefix`, `_`, and 130 bits as 26 characters of Crockford base 32.

        All bits are random, but for decisions: theirs begin with the millisecond, as in a ULID, so that the
        index over them grows at its end. When a decision was taken is no secret to who may see its id.
        """
        if prefix == _ORDERED:
            number = (time.time_ns() // 1_000_000) << 82 | int.from_bytes(os.urandom(10), "big")
        else:
            number = int.from_bytes(os.urandom(17), "big")
        pairs = _PAIRS
        return f"{prefix}_" + "".join([pairs[(number >> at) & 1023] for at in _SHIFTS])
