"""The keys of the gateway's own token endpoint, as its store holds them: no entry of a file says so."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence

from gateway.adapters.identity.issuers import Issuer
from gateway.adapters.identity.jwks import PublicKey, parse_key
from gateway.domain.errors import GatewayError
from gateway.domain.instants import SECOND_US, Instant
from gateway.domain.issuer_keys import IssuerKey, list_published
from gateway.domain.issuing import STRONG_ACR

ReadKeys = Callable[[], Awaitable[Sequence[IssuerKey]]]

ALGORITHM = "ES256"

_FRESH = 10 * SECOND_US
_BETWEEN = 1 * SECOND_US


def own_issuer(public_base: str) -> Issuer:
    """Describe the gateway's own endpoint as an entry of the trusted issuers file would."""
    name = public_base.rstrip("/")
    return Issuer(
        name=name,
        audience=name,
        algorithms=frozenset({ALGORITHM}),
        strong_acr=frozenset({STRONG_ACR}),
        keys=(),
        jwks_uri=None,
        own=True,
    )


class StoreKeyring:
    """Finds the key that a token of ours names; reads the store every ten seconds, at most once a second."""

    def __init__(self, issuer: Issuer, read: ReadKeys) -> None:
        self.issuer = issuer
        self._read = read
        self._keys: tuple[IssuerKey, ...] = ()
        self._public: dict[str, PublicKey] = {}
        self._read_at: Instant | None = None
        self._reading: asyncio.Task[None] | None = None

    async def find_key(self, kid: str | None, alg: str, now: Instant) -> PublicKey | None:
        """Answer the key under this kid; a token of ours always names it."""
        if kid is None or alg not in self.issuer.algorithms:
            return None
        await self._refresh(now, _FRESH if kid in self._public else _BETWEEN)
        published = {key.kid for key in list_published(self._keys, now)}
        return self._public.get(kid) if kid in published else None

    async def published(self, now: Instant) -> list[Mapping[str, str]]:
        """List what others verify our tokens with, as a JWK set's members."""
        await self._refresh(now, _FRESH)
        return [
            {**key.public, "kid": key.kid, "use": "sig", "alg": ALGORITHM}
            for key in list_published(self._keys, now)
        ]

    async def _refresh(self, now: Instant, age: int) -> None:
        if self._read_at is not None and abs(now - self._read_at) < age:
            return
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read_anew(now))
        # Shielded: one impatient caller must not cancel the answer that others wait for.
        await asyncio.shield(self._reading)

    async def _read_anew(self, now: Instant) -> None:
        try:
            keys = tuple(await self._read())
        except GatewayError:
            # What was read last still counts, and ends when it says so: without the store nothing is done.
            return
        self._keys = keys
        self._public = {key.kid: parse_key(dict(key.public)) for key in keys}
        self._read_at = now
