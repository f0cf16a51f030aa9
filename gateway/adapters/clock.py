"""The process's clock, and identifiers from the system's randomness."""

import os
import time
from struct import Struct
from typing import Final

from gateway.domain.instants import Instant

_CROCKFORD: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_ORDERED: Final = "dec"
_PAIRS: Final = tuple(one + two for one in _CROCKFORD for two in _CROCKFORD)
# Any 16 random bits give two characters: each pair stands 64 times in the table.
_OF_16_BITS: Final = (_PAIRS * 64).__getitem__
_THIRTEEN: Final = Struct("13H")
_EIGHT: Final = Struct("8H")


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
            return f"{prefix}_" + "".join(map(_OF_16_BITS, _THIRTEEN.unpack(os.urandom(26))))
        ms = time.time_ns() // 1_000_000
        pairs = _PAIRS
        return (
            f"dec_{pairs[ms >> 40]}{pairs[ms >> 30 & 1023]}{pairs[ms >> 20 & 1023]}{pairs[ms >> 10 & 1023]}"
            f"{pairs[ms & 1023]}" + "".join(map(_OF_16_BITS, _EIGHT.unpack(os.urandom(16))))
        )
