"""Everything the HTTP edge calls, handed over by wiring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.http.auth import Tokens
from gateway.observe import OperationalLog
from gateway.ports import Clock, Ids, Readiness


class PublicKeys(Protocol):
    async def list_keys(self) -> Sequence[Mapping[str, str]]:
        """Each public key as `{id, purpose, algorithm, key}`; the ledger's verifier key among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    tokens: Tokens
    clock: Clock
    ids: Ids
    readiness: Readiness
    public_keys: PublicKeys
    log: OperationalLog


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """What the edge must know of the deployment; `public_base` and never the request's own host."""

    public_base: str
    version: str
    body_limit_bytes: int = 1024 * 1024
    deposit_limit_bytes: int = 64 * 1024 * 1024
