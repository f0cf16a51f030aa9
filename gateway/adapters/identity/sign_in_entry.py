"""The `sign_in` object of a trusted issuer: how people sign in there with a browser.

JSON `{"client_id", "label": {"fr", "en"}, "client_secret_file" | "private_key_file", "discovery" |
"authorization_endpoint" and "token_endpoint"}`. Without an address, discovery is at the issuer's own
(OpenID Connect Discovery 1.0, section 4); the keys stay those of the issuer's entry.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.domain.loopback import is_loopback_url

_FIELDS = frozenset(
    {"client_id", "label", "client_secret_file", "private_key_file", "discovery"}
    | {"authorization_endpoint", "token_endpoint"}
)
_LANGUAGES = frozenset({"fr", "en"})
_MAX_TEXT = 255
_PLAIN = re.compile(r"[!-~]+\Z")
"""ASCII that is seen: no spaces, no control signs."""
_MAX_LABEL = 60


@dataclass(frozen=True, slots=True)
class SignInEntry:
    """Exactly one of the two files is named; `discovery` is None where both endpoints are pinned."""

    client_id: str
    label: Mapping[str, str]
    client_secret_file: Path | None
    private_key_file: Path | None
    discovery: str | None
    authorization_endpoint: str | None
    token_endpoint: str | None


def parse_sign_in(entry: object, issuer: str) -> SignInEntry:
    """Read the object.

    Raises:
        ValueError: Anything unknown, missing or contradictory; nothing of it is repeated.
    """
    if not isinstance(entry, dict) or entry.keys() - _FIELDS:
        raise ValueError("sign_in: not an object of the known fields")
    files = [name for name in ("client_secret_file", "private_key_file") if name in entry]
    if len(files) != 1:
        raise ValueError("sign_in: exactly one of client_secret_file and private_key_file must be there")
    pinned = [name for name in ("authorization_endpoint", "token_endpoint") if name in entry]
    if len(pinned) == 1 or (pinned and "discovery" in entry):
        raise ValueError("sign_in: name both endpoints, or discovery, or none of them")
    discovery = None if pinned else f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    if "discovery" in entry:
        discovery = _text(entry, "discovery")
    return SignInEntry(
        client_id=_text(entry, "client_id"),
        label=_label(entry.get("label")),
        client_secret_file=_file(entry, "client_secret_file"),
        private_key_file=_file(entry, "private_key_file"),
        discovery=None if discovery is None else require_address(discovery, "discovery"),
        authorization_endpoint=require_address(_text(entry, pinned[0]), pinned[0]) if pinned else None,
        token_endpoint=require_address(_text(entry, pinned[1]), pinned[1]) if pinned else None,
    )


def require_address(text: object, field: str) -> str:
    """Accept a plain https address, or http on this machine.

    Raises:
        ValueError: Anything else.
    """
    if not isinstance(text, str) or not 0 < len(text) <= _MAX_TEXT or not _PLAIN.match(text):
        raise ValueError(f"{field} is not an address")
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError(f"{field} is not an address") from None
    if parts.hostname is None or parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError(f"{field} is not a plain address")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_url(text)):
        raise ValueError(f"{field} must be https, or http on this machine")
    return text


def _label(value: object) -> Mapping[str, str]:
    if not isinstance(value, dict) or value.keys() != _LANGUAGES:
        raise ValueError("sign_in: label must be {fr, en}")
    if not all(
        isinstance(one, str) and 0 < len(one.strip()) <= _MAX_LABEL and one.isprintable()
        for one in value.values()
    ):
        raise ValueError("sign_in: a label is a short text")
    return dict(value)


def _file(entry: dict[str, Any], field: str) -> Path | None:
    if field not in entry:
        return None
    path = Path(_text(entry, field))
    if not path.is_absolute():
        raise ValueError(f"sign_in: {field} must be an absolute path")
    return path


def _text(entry: dict[str, Any], field: str) -> str:
    value = entry.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_TEXT or not value.isprintable():
        raise ValueError(f"sign_in: {field} must be a short text")
    return value
