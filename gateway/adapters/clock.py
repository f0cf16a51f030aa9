"""The process's clock, and identifiers from the system's randomness."""

import secrets
import time

from gateway.domain.instants import Instant

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"


class SystemClock:
    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)


class RandomIds:
    def new(self, prefix: str) -> str:
        """`prefix`, `_`, and 130 random bits as 26 characters of Crockford base 32."""
        number = secrets.randbits(130)
        signs = []
        for _ in range(26):
            number, digit = divmod(number, 32)
            signs.append(_CROCKFORD[digit])
        return f"{prefix}_{''.join(signs)}"
