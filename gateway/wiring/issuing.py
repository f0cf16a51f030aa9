"""The token endpoint: its use cases, its keys, and the round that replaces them in time."""

import asyncio
from collections.abc import Mapping
from typing import Any

from gateway.adapters.identity.key_making import make_issuer_key, read_client_key
from gateway.adapters.identity.token_server import TokenServer
from gateway.domain.acting import Note
from gateway.domain.errors import GatewayError
from gateway.domain.ledger import EntryKind
from gateway.http.services import ClientKeyUses, TokenUses
from gateway.observe import Event
from gateway.registering import Registrar
from gateway.usecases.add_client_key import AddClientKey
from gateway.usecases.issue_token import IssueToken
from gateway.usecases.keep_issuer_key import KeepIssuerKey
from gateway.usecases.list_client_keys import ListClientKeys
from gateway.usecases.retire_client_key import RetireClientKey
from gateway.usecases.rotate_issuer_key import RotateIssuerKey
from gateway.wiring.activating import note_of
from gateway.wiring.parts import Parts

ROUND_S = 600.0


def build_client_keys(parts: Parts) -> ClientKeyUses:
    """Join the use cases about clients' keys."""
    registrar = Registrar(parts.acts, parts.policy, parts.ids)
    named = (registrar, parts.registry)
    return ClientKeyUses(
        add=AddClientKey(*named, parts.issuing, read_client_key),
        list=ListClientKeys(*named, parts.issuing),
        retire=RetireClientKey(*named, parts.ledger, parts.issuing),
    )


def build_tokens(parts: Parts) -> TokenUses | None:
    """Join the token endpoint; None where this deployment has none."""
    if parts.own_keys is None:
        return None
    issuer = parts.own_keys.issuer.name
    registrar = Registrar(parts.acts, parts.policy, parts.ids)
    return TokenUses(
        issuer=issuer,
        issue=IssueToken(parts.issuing, TokenServer(issuer), parts.rates, parts.clock, parts.ids),
        rotate=RotateIssuerKey(registrar, parts.issuing, make_issuer_key),
        keys=parts.own_keys,
    )


def build_keeping(parts: Parts) -> KeepIssuerKey:
    """Join what keeps the endpoint able to sign: the process's own act, or its operator's."""

    def note(kind: EntryKind, detail: Mapping[str, Any]) -> Note:
        return note_of(parts, kind, dict(detail))

    return KeepIssuerKey(parts.issuing, make_issuer_key, parts.clock, note)


async def keep_issuer_key(parts: Parts) -> None:
    """Do what is due for the endpoint's keys; what fails is due again, and stops nothing else."""
    if parts.own_keys is None or parts.quarantine is not None:
        return
    try:
        await build_keeping(parts)()
    except GatewayError as error:
        parts.log.line(Event.UNEXPECTED, failure=error)


async def keep_issuer_key_forever(parts: Parts) -> None:
    """Go round every ten minutes."""
    while True:
        await asyncio.sleep(ROUND_S)
        try:
            await keep_issuer_key(parts)
        except Exception as error:  # noqa: BLE001 - one bad round must not end all that follow
            parts.log.line(Event.UNEXPECTED, failure=error)
