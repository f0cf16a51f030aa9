"""The process's clock, and identifiers from the system's randomness."""

import os
import time
from typing import Final

from gateway.domain.instants import Instant

_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(one + two for one in _CROCKFORD for two in _CROCKFORD)


class SystemClock:
    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)


class RandomIds:
    def new(self, prefix: str) -> str:
        """`prefix`, `_`, and 130 random bits as 26 characters of Crockford base 32, two at a time."""
        number = int.from_bytes(os.urandom(17), "big")
        pairs = _PAIRS
        return f"{prefix}_" + "".join([pairs[(number >> at) & 1023] for at in range(0, 130, 10)])
