"""The trusted issuers file: who may vouch for a caller, with which keys and algorithms.

JSON `{"issuers": [{"issuer", "audience", "algorithms": [..], "jwks" | "jwks_uri", "strong_acr": [..],
"sign_in": {..}}]}`; nothing else is understood, and whatever is not understood refuses to start.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from gateway.adapters.identity.jwks import ALGORITHMS, PublicKey, parse_pinned
from gateway.adapters.identity.sign_in_entry import SignInEntry, parse_sign_in, require_address
from gateway.domain.errors import MalformedError
from gateway.domain.strict_json import parse_json_object

_FIELDS = frozenset({"issuer", "audience", "algorithms", "jwks", "jwks_uri", "strong_acr", "sign_in"})
_REQUIRED = frozenset({"issuer", "audience", "algorithms"})
_MAX_ISSUERS = 32
_MAX_FILE_BYTES = 1024 * 1024
_MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class Issuer:
    """One trusted issuer: `keys` when they are pinned in the file, else the `jwks_uri` to fetch them from."""

    name: str
    audience: str
    algorithms: frozenset[str]
    strong_acr: frozenset[str]
    keys: tuple[PublicKey, ...]
    jwks_uri: str | None
    insecure: bool = False
    """The development issuer, whose tokens need no key; no entry of the file can say so."""
    own: bool = False
    """The gateway's own token endpoint; likewise."""
    sign_in: SignInEntry | None = None
    """How people sign in there with a browser; None where only tokens of it are believed."""


def parse_issuers(raw: bytes) -> tuple[Issuer, ...]:
    """Read the whole file or none of it; the message names the faulty place, never its content.

    Raises:
        ValueError: Anything unknown, missing, doubled, or weaker than we accept.
    """
    if len(raw) > _MAX_FILE_BYTES:
        raise ValueError("trusted issuers: the file is larger than 1 MiB")
    try:
        document = parse_json_object(raw)
    except MalformedError as error:
        raise ValueError(f"trusted issuers: {error}") from None
    entries = document.get("issuers")
    if (
        document.keys() != {"issuers"}
        or not isinstance(entries, list)
        or not 0 < len(entries) <= _MAX_ISSUERS
    ):
        raise ValueError('trusted issuers: the file must be {"issuers": [1 to 32 entries]}')
    issuers: list[Issuer] = []
    for place, entry in enumerate(entries):
        try:
            issuers.append(parse_issuer(entry))
        except ValueError as error:
            raise ValueError(f"trusted issuers: entry {place}: {error}") from None
    require_distinct(issuers)
    return tuple(issuers)


def parse_issuer(entry: object) -> Issuer:
    """Read one entry of the file.

    Raises:
        ValueError: As `parse_issuers`.
    """
    if not isinstance(entry, dict) or not entry.keys() >= _REQUIRED or entry.keys() - _FIELDS:
        raise ValueError("fields are missing or unknown")
    if ("jwks" in entry) == ("jwks_uri" in entry):
        raise ValueError("exactly one of jwks and jwks_uri must be there")
    algorithms = _texts(entry, "algorithms")
    if not algorithms or algorithms - ALGORITHMS.keys():
        raise ValueError("algorithms must be some of ES256, PS256, EdDSA, Ed25519")
    issuer = Issuer(
        name=_text(entry, "issuer"),
        audience=_text(entry, "audience"),
        algorithms=algorithms,
        strong_acr=_texts(entry, "strong_acr") if "strong_acr" in entry else frozenset(),
        keys=parse_pinned(entry["jwks"]) if "jwks" in entry else (),
        jwks_uri=require_address(entry["jwks_uri"], "jwks_uri") if "jwks_uri" in entry else None,
        sign_in=parse_sign_in(entry["sign_in"], _text(entry, "issuer")) if "sign_in" in entry else None,
    )
    allowed = {ALGORITHMS[algorithm] for algorithm in algorithms}
    if any(key.algorithm not in allowed for key in issuer.keys):
        raise ValueError("a pinned key fits none of the issuer's algorithms")
    return issuer


def require_distinct(issuers: Collection[Issuer]) -> None:
    """Raise ValueError when two entries name the same issuer."""
    if len({issuer.name for issuer in issuers}) != len(issuers):
        raise ValueError("trusted issuers: one issuer stands twice")


def _text(entry: dict[str, Any], field: str) -> str:
    value = entry[field]
    if (
        not isinstance(value, str)
        or not 0 < len(value) <= _MAX_NAME
        or not value.isprintable()
        or " " in value
    ):
        raise ValueError(f"{field} must be a short text without spaces")
    return value


def _texts(entry: dict[str, Any], field: str) -> frozenset[str]:
    values = entry[field]
    if not isinstance(values, list) or not all(
        isinstance(v, str) and 0 < len(v) <= _MAX_NAME for v in values
    ):
        raise ValueError(f"{field} must be a list of short texts")
    if len(set(values)) != len(values):
        raise ValueError(f"{field} names one twice")
    return frozenset(values)
