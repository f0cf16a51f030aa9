"""Keys that the token endpoint signs with: published before they sign, published on after they have.

A key's life is three instants. It is published from `added_at`, signs from `signs_at` until the next one
does, and is published until `ends_at`, which the next one sets. Nothing is a state that could disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from gateway.domain.instants import DAY_US, HOUR_US, Instant

TOKEN_LIFETIME_S = 300

AHEAD_US = HOUR_US
"""How long a new key is published before it signs: as long as a verifier may keep a key set."""

KEPT_US = 2 * HOUR_US
"""How long an old one stays published: a token's life and a verifier's cache, twice over."""

DUE_US = 90 * DAY_US
"""The age at which the key that signs is replaced."""


class SigningKey(NamedTuple):
    """The private half of a key, opened for one signature."""

    kid: str
    secret: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.kid})"


@dataclass(frozen=True, slots=True)
class NewIssuerKey:
    """A key just made: `kid` is its thumbprint (RFC 7638), `public` its JWK, `secret` its private half."""

    kid: str
    public: Mapping[str, str]
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A key as it is stored; `has_secret` until its private half is destroyed."""

    kid: str
    public: Mapping[str, str]
    added_at: Instant
    signs_at: Instant
    ends_at: Instant | None
    has_secret: bool


def find_signing(keys: Sequence[IssuerKey], now: Instant) -> IssuerKey | None:
    """Give the key that signs now: the last one to have begun, unless it is withdrawn."""
    begun = [key for key in keys if key.signs_at <= now and key.has_secret and not _is_over(key, now)]
    return max(begun, key=lambda key: key.signs_at, default=None)


def list_published(keys: Sequence[IssuerKey], now: Instant) -> tuple[IssuerKey, ...]:
    """Give every key that a token may be verified with now, or soon."""
    return tuple(key for key in keys if not _is_over(key, now))


def find_newest(keys: Sequence[IssuerKey]) -> IssuerKey | None:
    return max(keys, key=lambda key: key.added_at, default=None)


def is_due(keys: Sequence[IssuerKey], now: Instant) -> bool:
    """Whether the newest key is so old that another one must follow; none at all is due too."""
    newest = find_newest(keys)
    return newest is None or _is_over(newest, now) or now - newest.signs_at >= DUE_US


def list_spent(keys: Sequence[IssuerKey], now: Instant) -> tuple[IssuerKey, ...]:
    """Give those whose private half will never be needed again: another signs in their place."""
    signing = find_signing(keys, now)
    if signing is None:
        return ()
    return tuple(key for key in keys if key.has_secret and key.signs_at < signing.signs_at)


def _is_over(key: IssuerKey, now: Instant) -> bool:
    return key.ends_at is not None and key.ends_at <= now
