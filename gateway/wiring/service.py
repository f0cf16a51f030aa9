"""The service: parts, ledger, use cases and the edge around them."""

import gc
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from importlib.metadata import version

from fastapi import FastAPI

from gateway.adapters.clock import RandomIds, SystemClock
from gateway.adapters.crypto.receipts import jwk_of
from gateway.adapters.crypto.root_file import InsecureTestCost
from gateway.adapters.identity.fetch import JwksFetcher
from gateway.adapters.identity.insecure_issuer import InsecureLocalIssuer
from gateway.adapters.identity.issuers import Issuer, parse_issuers, require_distinct
from gateway.adapters.identity.keyring import Keyring
from gateway.adapters.identity.proofs import Nonces, ProofVerifier
from gateway.adapters.identity.store_keyring import own_issuer
from gateway.adapters.identity.tokens import TokenVerifier
from gateway.domain.errors import (
    GatewayError,
    KeysUnavailableError,
    MalformedError,
    PolicyContractError,
    PolicyUnavailableError,
)
from gateway.domain.loopback import is_loopback_url
from gateway.http.app import create_app
from gateway.http.services import EdgeConfig, Services
from gateway.observe import Event, OperationalLog
from gateway.settings import Settings
from gateway.wiring.parts import Parts, open_parts
from gateway.wiring.signing_in import make_providers
from gateway.wiring.starting import running
from gateway.wiring.usecases import build_use_cases

OK = "ok"


@dataclass(frozen=True, slots=True)
class ProcessReadiness:
    """Asks each dependency for itself; the value is a problem code or `ok`."""

    parts: Parts

    async def check(self) -> Mapping[str, str]:
        parts = self.parts
        parts.standing.look()
        return {
            "ledger": await self._ask_ledger(),
            "policy": await self._ask_policy(),
            "keys": await self._ask_keys(),
        }

    async def _ask_ledger(self) -> str:
        if self.parts.quarantine is not None:
            return "quarantined"
        if self.parts.standing.trouble is not None:
            return self.parts.standing.trouble
        try:
            return OK if await self.parts.publishing.extent() is not None else "ledger_unavailable"
        except GatewayError as error:
            return error.code

    async def _ask_policy(self) -> str:
        parts = self.parts
        if not parts.started:
            return "policy_unavailable" if parts.asked is None else "policy_unapproved"
        try:
            await parts.policy.health()
            # Once another bundle has been approved, this process's decides nothing any more.
            active = await parts.registry.active_policy()
        except (PolicyUnavailableError, PolicyContractError):
            return "policy_unavailable"
        except GatewayError as error:
            return error.code
        return OK if active == parts.policy.digest else "policy_unavailable"

    async def _ask_keys(self) -> str:
        try:
            await self.parts.state.keyring.health()
        except GatewayError as error:
            return error.code
        return OK


@dataclass(frozen=True, slots=True)
class KeyFile:
    """Of a process whose keys do not open: only its health answers."""

    code: str

    async def check(self) -> Mapping[str, str]:
        return {"keys": self.code}

    async def list_keys(self) -> Sequence[Mapping[str, str]]:
        return ()


@dataclass(frozen=True, slots=True)
class LedgerKeys:
    parts: Parts

    async def list_keys(self) -> Sequence[Mapping[str, str]]:
        """The ledger's verifier key, for checkpoints, and the key of receipts: a JWK set as a whole."""
        state, receipts = self.parts.state, self.parts.state.keyring.receipt_key
        ledger = {"id": state.origin, "purpose": "ledger", "algorithm": "Ed25519", "key": state.vkey}
        told = {"id": receipts.kid, "purpose": "receipts", "algorithm": "Ed25519", "key": receipts.public}
        return ({**ledger, **jwk_of(state.origin, state.signer.verifier.public)}, {**told, **receipts.jwk})


@dataclass(frozen=True, slots=True)
class Service:
    app: FastAPI
    parts: Parts | None
    issuer: InsecureLocalIssuer | None


@asynccontextmanager
async def serving(
    settings: Settings, log: OperationalLog, *, insecure_test_cost: InsecureTestCost | None = None
) -> AsyncIterator[Service]:
    """Open everything, in order; without its keys, a service that only says so.

    Raises:
        LedgerUnavailableError: The database does not answer.
        PolicyUnavailableError: The bundle or its engine was refused.
        MalformedError: The trusted issuers file is unreadable.
    """
    issuer = make_insecure_issuer(settings, log)
    keyrings = make_keyrings(settings, issuer, log)
    providers = make_providers(keyrings, log)
    config = EdgeConfig(
        public_base=settings.public_base,
        version=version("consent-gateway"),
        deposit_limit_bytes=settings.max_deposit_bytes,
        proxy_socket=None if settings.proxy_socket is None else str(settings.proxy_socket),
        is_loopback=is_loopback_url(settings.public_base),
    )
    async with AsyncExitStack() as stack:
        try:
            parts = await stack.enter_async_context(
                open_parts(settings, log, insecure_test_cost=insecure_test_cost)
            )
        except KeysUnavailableError as error:
            log.line(Event.KEYS_SILENT, failure=error)
            shut = KeyFile(error.code)
            services = Services(
                tokens=TokenVerifier(keyrings),
                proofs=ProofVerifier(Nonces(secrets.token_bytes(32))),
                clock=SystemClock(),
                ids=RandomIds(),
                readiness=shut,
                public_keys=shut,
                log=log,
            )
            yield Service(create_app(services, config, None), None, issuer)
            return
        await stack.enter_async_context(running(parts))
        ready, keys = ProcessReadiness(parts), LedgerKeys(parts)
        services = Services(
            # Our own keys are at hand: whoever has a token of ours waits for no issuer that is silent.
            tokens=TokenVerifier(keyrings if parts.own_keys is None else [parts.own_keys, *keyrings]),
            proofs=ProofVerifier(Nonces(parts.state.keyring.derive("nonce/1"))),
            clock=parts.clock,
            ids=parts.ids,
            readiness=ready,
            public_keys=keys,
            log=log,
            providers=providers,
        )
        log.line(Event.STARTED, version=config.version, mode=settings.mode, policy=parts.policy.digest)
        yield Service(create_app(services, config, build_use_cases(parts)), parts, issuer)


def settle_memory() -> None:
    """Leave what start-up made out of every later collection, and collect less often.

    A request makes thousands of small objects and keeps none; with the defaults, a collection that walks the
    whole application came every few hundred requests (measured: a fifth of the release path).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def make_insecure_issuer(settings: Settings, log: OperationalLog) -> InsecureLocalIssuer | None:
    if not settings.insecure_local_issuer:
        return None
    return InsecureLocalIssuer(settings.public_base, settings.listen, log, state_dir=settings.state_dir)


def make_keyrings(
    settings: Settings, local: InsecureLocalIssuer | None, log: OperationalLog
) -> tuple[Keyring, ...]:
    """Make one for each issuer of the file, and for the local one where it is allowed.

    An issuer's keys are fetched and held once, whatever they are asked for: access tokens or ID tokens.

    Raises:
        MalformedError: The file is unreadable, or names one issuer twice or our own endpoint.
    """
    own = [own_issuer(settings.public_base)] if settings.issues_tokens else []
    issuers: list[Issuer] = []
    try:
        if settings.trusted_issuers is not None:
            issuers += parse_issuers(settings.trusted_issuers.read_bytes())
        if local is not None:
            issuers.append(local.issuer())
        require_distinct([*issuers, *own])
    except (ValueError, OSError) as error:
        raise MalformedError(f"the trusted issuers file is unreadable: {error}") from None
    fetch = JwksFetcher()
    return tuple(Keyring(one, fetch, log) for one in issuers)
