"""The process's clock, and identifiers from the system's randomness."""

import os
import secrets
import time
from typing import Final

from gateway.domain.ids import CROCKFORD
from gateway.domain.instants import Instant

_PAIRS: Final = tuple(one + two for one in CROCKFORD for two in CROCKFORD)
# Five bits of each random byte choose a character.
_OF_A_BYTE: Final = (CROCKFORD * 8).encode()
_ORDERED: Final = "dec"


class SystemClock:
    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)


class RandomIds:
    def new(self, prefix: str) -> str:
        """`prefix`, `_`, and 130 bits as 26 characters of Crockford base 32.

        All bits are random, but for decisions: theirs begin with the millisecond (50 bits), as in a ULID,
        so that the index over them grows at its end. When a decision was taken is no secret to who may see
        its id.
        """
        if prefix != _ORDERED:
            return f"{prefix}_{os.urandom(26).translate(_OF_A_BYTE).decode()}"
        ms, pairs = time.time_ns() // 1_000_000, _PAIRS
        at = f"{pairs[ms >> 40]}{pairs[ms >> 30 & 1023]}{pairs[ms >> 20 & 1023]}{pairs[ms >> 10 & 1023]}"
        return f"dec_{at}{pairs[ms & 1023]}{os.urandom(16).translate(_OF_A_BYTE).decode()}"


class RandomSecrets:
    def new(self) -> str:
        return secrets.token_urlsafe(32)
