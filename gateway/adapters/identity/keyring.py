"""The keys of one issuer: pinned in the file, or fetched from its `jwks_uri` and held."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from gateway.adapters.identity.issuers import Issuer
from gateway.adapters.identity.jwks import ALGORITHMS, PublicKey, parse_fetched
from gateway.domain.errors import MalformedError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.strict_json import parse_json_object
from gateway.observe import Event, OperationalLog

Fetch = Callable[[str], Awaitable[bytes]]
"""Answers the bounded body found at an address, or raises OSError (TimeoutError included)."""

_BETWEEN_ATTEMPTS = 60 * SECOND_US
_FRESH = 3600 * SECOND_US
_GRACE = 24 * 3600 * SECOND_US
_TOKEN_LIFETIME = 900 * SECOND_US


@dataclass(frozen=True, slots=True)
class _Held:
    key: PublicKey
    until: Instant | None = None
    """When a key that the issuer no longer publishes is forgotten: after the longest life of a token."""


class Keyring:
    """Finds the key that a token names; fetches at most once a minute, never where a token says."""

    def __init__(self, issuer: Issuer, fetch: Fetch, log: OperationalLog) -> None:
        self.issuer = issuer
        self._fetch = fetch
        self._log = log
        self._held = tuple(_Held(key) for key in issuer.keys)
        self._fetched_at: Instant | None = None
        self._attempted_at: Instant | None = None
        self._fetching: asyncio.Task[None] | None = None

    async def find_key(self, kid: str | None, alg: str, now: Instant) -> PublicKey | None:
        """Answer the key under this kid for this header's `alg`; without kid, the issuer's only key."""
        if alg not in self.issuer.algorithms:
            return None
        key = self._find_held(kid, alg, now)
        if self.issuer.jwks_uri is None:
            return key
        if key is None or self._age(now) >= _GRACE:
            await self._refresh(self.issuer.jwks_uri, now)
            key = self._find_held(kid, alg, now)
        elif self._age(now) >= _FRESH:
            self._start_refresh(self.issuer.jwks_uri, now)
        return key if self._age(now) < _GRACE else None

    def _find_held(self, kid: str | None, alg: str, now: Instant) -> PublicKey | None:
        live = [held.key for held in self._held if held.until is None or now < held.until]
        named = [key for key in live if key.kid == kid] if kid is not None else live
        # One set holds a kid once; more than one candidate means that the token has no kid to choose by.
        if len(named) != 1 or named[0].algorithm != ALGORITHMS[alg]:
            return None
        return named[0]

    def _age(self, now: Instant) -> int:
        return _GRACE if self._fetched_at is None else now - self._fetched_at

    async def _refresh(self, uri: str, now: Instant) -> None:
        self._start_refresh(uri, now)
        if self._fetching is not None:
            # Shielded: one impatient caller must not cancel the answer that others wait for.
            await asyncio.shield(self._fetching)

    def _start_refresh(self, uri: str, now: Instant) -> None:
        if self._fetching is not None and not self._fetching.done():
            return
        self._fetching = None
        if self._attempted_at is not None and abs(now - self._attempted_at) < _BETWEEN_ATTEMPTS:
            return
        self._attempted_at = now
        self._fetching = asyncio.create_task(self._fetch_keys(uri, now))

    async def _fetch_keys(self, uri: str, now: Instant) -> None:
        try:
            keys = parse_fetched(parse_json_object(await self._fetch(uri)))
        except (OSError, ValueError, MalformedError) as error:
            self._log.line(Event.ISSUER_KEYS_SILENT, failure=error, issuer=self.issuer.name)
            return
        published = {key.kid for key in keys}
        end = Instant(now + _TOKEN_LIFETIME)
        gone = tuple(_Held(old.key, old.until or end) for old in self._held if old.key.kid not in published)
        self._held = tuple(_Held(key) for key in keys) + tuple(
            old for old in gone if now < (old.until or end)
        )
        self._fetched_at = now
        self._log.line(Event.ISSUER_KEYS_FETCHED, issuer=self.issuer.name, keys=len(keys))
