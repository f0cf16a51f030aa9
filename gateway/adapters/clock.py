"""The process's clock, and identifiers from the system's randomness."""

import os
import time
from base64 import b32hexencode

from gateway.domain.instants import Instant

_TO_CROCKFORD = bytes.maketrans(b"0123456789ABCDEFGHIJKLMNOPQRSTUV", b"0123456789abcdefghjkmnpqrstvwxyz")


class SystemClock:
    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)


class RandomIds:
    def new(self, prefix: str) -> str:
        """`prefix`, `_`, and 128 random bits as 26 characters of Crockford base 32."""
        signs = b32hexencode(os.urandom(16))[:26].translate(_TO_CROCKFORD)
        return f"{prefix}_{signs.decode('ascii')}"
