"""Hostile requests for a token: none is given, none fails the server, and a client's own are recorded."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest_asyncio

from gateway.adapters.identity.key_making import read_client_key
from gateway.domain.acting import Note
from gateway.domain.ids import ClientId, DecisionId
from gateway.domain.ledger import EntryKind
from tests.support.assertion_corpus import CLIENTS, GRANTS, HONEST, HOSTILE, PROOFS, Cast, Tried, make_cast
from tests.support.stack import Stack, open_stack
from tests.support.token_asking import Desk, Software, desk_of, token_network


def network_of(cast: Cast) -> dict[str, Any]:
    """The small network, with a client to be disabled and an agency that is suspended."""
    seed = token_network(cast.honest, cast.other)
    out = {"id": "qc:out", "name": {"fr": "Dehors", "en": "Out"}, "profile": "QC-PRIV", "status": "suspended"}
    seed["agencies"].append(out)
    seed["clients"] += [
        {"id": cast.disabled.id, "agency": "qc:clinic", "keys": [cast.disabled.public()]},
        {"id": cast.suspended.id, "agency": "qc:out", "keys": [cast.suspended.public()]},
    ]
    next(one for one in seed["workers"] if one["id"] == "w:cam")["active"] = False
    return seed


async def prepare(stack: Stack, cast: Cast) -> None:
    """Disable a client, add a key and retire another."""
    issuing, acts = stack.parts.issuing, stack.parts.acts

    def note() -> Note:
        return Note(EntryKind.OPERATED, DecisionId(stack.parts.ids.new("dec")), None, {"act": "test"})

    await acts.disable_client(note(), ClientId(cast.disabled.id))
    for client, holder in (
        (cast.honest, cast.retired),
        (cast.honest, cast.second),
        (cast.portal, cast.portal.key),
    ):
        jwk = {name: value for name, value in holder.header()["jwk"].items() if name != "kid"}
        key = read_client_key(jwk, field="key")
        await issuing.add_client_key(note(), ClientId(client.id), key)
    await issuing.retire_client_key(note(), ClientId(cast.honest.id), cast.retired.thumbprint)


@pytest_asyncio.fixture
async def desk(store_url: str, tmp_path: Path) -> AsyncIterator[tuple[Desk, Cast]]:
    cast = make_cast(Software())
    async with open_stack(store_url, tmp_path / "state", seed=network_of(cast)) as stack:
        await prepare(stack, cast)
        yield desk_of(stack, cast.honest), cast


async def ask(desk: Desk, tried: Tried) -> httpx2.Response:
    return await desk.post(tried.form, tried.proof)


def test_the_table_is_long_enough() -> None:
    assert len(CLIENTS) + len(GRANTS) + len(PROOFS) >= 90
    assert len(HOSTILE) >= 100


async def test_no_hostile_request_is_given_a_token(desk: tuple[Desk, Cast]) -> None:
    endpoint, cast = desk
    assert (await endpoint.post()).status_code == 200
    wrong = {}
    for name, (error, make) in HOSTILE.items():
        tried = make(cast)
        answer = await ask(endpoint, tried)
        told = answer.json()
        expected = (401 if error == "invalid_client" else 400, error)
        if (answer.status_code, told.get("error")) != expected or told.keys() != {"error", "error_uri"}:
            wrong[name] = (answer.status_code, answer.text)
        assert answer.headers["cache-control"] == "no-store", name
        assert answer.headers["dpop-nonce"], name
    assert wrong == {}
    assert await endpoint.entries("token_issued") == 1


async def test_every_control_is_given_one(desk: tuple[Desk, Cast]) -> None:
    endpoint, cast = desk
    await endpoint.post()
    for name, make in HONEST.items():
        answer = await ask(endpoint, make(cast))
        assert answer.status_code == 200, (name, answer.text)
    assert await endpoint.entries("token_issued") == 1 + len(HONEST)


async def test_an_attempt_that_the_clients_own_key_signed_has_its_entry(desk: tuple[Desk, Cast]) -> None:
    endpoint, cast = desk
    await endpoint.post()
    own = {
        "client: aud a list",
        "client: a year",
        "client: a retired key",
        "client: a disabled client",
        "client: a client of a suspended agency",
        "client: the family portal",
        "grant: a worker who is disabled",
        "grant: signed by a thief",
        "proof: no proof",
        "proof: for another address",
    }
    for name in sorted(own):
        before = await endpoint.entries("token_refused")
        await ask(endpoint, HOSTILE[name][1](cast))
        newest = await endpoint.newest()
        assert await endpoint.entries("token_refused") == before + 1, name
        assert (newest["kind"], newest["outcome"], newest["reason"]) == (
            "token_refused",
            "deny",
            "TOKEN_REFUSED",
        ), name


async def test_what_anybody_may_have_sent_leaves_no_entry_in_a_clients_name(desk: tuple[Desk, Cast]) -> None:
    endpoint, cast = desk
    await endpoint.post()
    before = await endpoint.newest()
    for name in (
        "client: signed by a thief",
        "client: sub unknown",
        "client: kid unknown",
        "client: nothing",
        "proof: no nonce",
        "form: a password",
    ):
        await ask(endpoint, HOSTILE[name][1](cast))
        assert await endpoint.newest() == before, name


async def test_nothing_that_was_sent_is_repeated(desk: tuple[Desk, Cast]) -> None:
    endpoint, _ = desk
    canary = "canary-7f3a"
    for form in (
        {"grant_type": canary, "client_assertion": canary, canary: canary},
        {**endpoint.software.form(), "grant_type": canary},
        {**endpoint.software.form(), "scope": canary},
        {**endpoint.software.form(), "client_id": canary},
    ):
        answer = await endpoint.post(form, canary)
        assert canary not in answer.text + str(answer.headers)
        answer = await endpoint.post(form)
        assert canary not in answer.text + str(answer.headers)
    assert canary not in endpoint.served.log.getvalue()
