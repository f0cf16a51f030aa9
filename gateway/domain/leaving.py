"""Leaving the network with one's data: sealed for a key of the agency's own; then nothing goes out."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.base64url import encode
from gateway.domain.errors import MalformedError
from gateway.domain.ids import AgencyId, ApprovalId
from gateway.domain.instants import Instant

_COORDINATE = re.compile(r"[A-Za-z0-9_-]{43}\Z")
_MEMBERS = frozenset({"kty", "crv", "x", "y"})


@dataclass(frozen=True, slots=True)
class ExportKey:
    """An agency's public key, on P-256: whatever leaves with it opens for its holder alone."""

    x: str
    y: str

    @property
    def jwk(self) -> dict[str, str]:
        return {"crv": "P-256", "kty": "EC", "x": self.x, "y": self.y}

    @property
    def thumbprint(self) -> str:
        """RFC 7638: what the second person compares with what the agency says."""
        canonical = json.dumps(self.jwk, separators=(",", ":"), sort_keys=True).encode()
        return encode(hashlib.sha256(canonical).digest())


@dataclass(frozen=True, slots=True)
class NewLeaving:
    """`keep_keys_until`: until then the agency's keys stay, so that a lost archive can be made again."""

    agency: AgencyId
    key: ExportKey
    keep_keys_until: Instant
    approval: ApprovalId


def read_export_key(jwk: Mapping[str, object]) -> ExportKey:
    """Read a public key; whether it lies on its curve is tried where it is used first.

    Raises:
        MalformedError: Another kind of key, a private one, or members beside those of a public key.
    """
    members = {name: value for name, value in jwk.items() if name not in {"kid", "use", "alg"}}
    x, y = members.get("x"), members.get("y")
    if (
        members.keys() != _MEMBERS
        or (members["kty"], members["crv"]) != ("EC", "P-256")
        or not isinstance(x, str)
        or not isinstance(y, str)
        or not _COORDINATE.match(x)
        or not _COORDINATE.match(y)
    ):
        raise MalformedError("a public key on P-256 is expected, and nothing private", field="key")
    return ExportKey(x, y)
