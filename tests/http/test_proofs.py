"""A stolen token is useless: whoever presents it must prove the key that it is bound to, once each time."""

import asyncio
import base64
import hashlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select
from starlette.types import Receive, Scope, Send

from gateway.adapters.sql.tables import entries
from gateway.domain.bearer import Bearer, Binding, Confirmation
from gateway.domain.errors import UnauthenticatedError
from gateway.domain.instants import FAR_FUTURE, Instant
from tests.http.edge_app import BASE
from tests.http.served import PROXY, Served, serve_stack
from tests.support.proving import Holder, b64
from tests.support.stack import ISSUER, open_stack

CERTIFICATE = b"an invented certificate"
LETTER = "/v1/fragments/frg_letter/releases"
ASKED = {"purpose": "coordination"}
_KINDS = select(entries.c.kind)


class BoundTokens:
    """Believes `subject@client#kind=thumbprint`, where none is bound to nothing."""

    async def verify(self, token: str, now: Instant) -> Bearer:
        who, _, bound = token.partition("#")
        subject, at, client = who.partition("@")
        if not at or now <= 0:
            raise UnauthenticatedError("not a token")
        kind, _, thumbprint = bound.partition("=")
        confirmation = Confirmation(Binding(kind), thumbprint) if thumbprint else None
        digest = b64(hashlib.sha256(token.encode()).digest())
        return Bearer(
            ISSUER,
            subject,
            client,
            bytes(32),
            FAR_FUTURE,
            strong=True,
            confirmation=confirmation,
            hash=digest,
        )


@pytest.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(store_url, tmp_path / "state") as stack:
        yield serve_stack(stack, BoundTokens())


@pytest.fixture
def holder() -> Holder:
    return Holder()


def token_of(holder: Holder, who: str = "bob@client:clinic") -> str:
    return f"{who}#jkt={holder.thumbprint}"


async def nonce_of(client: httpx2.AsyncClient) -> str:
    return (await client.get("/v1/me")).headers["dpop-nonce"]


async def signed(client: httpx2.AsyncClient, holder: Holder, token: str, **changes: object) -> dict[str, str]:
    """The headers of a release that its holder asks for."""
    claims = {"token": token, "nonce": await nonce_of(client), **changes}
    proof = holder.proof(BASE + LETTER, int(time.time()), **claims)  # type: ignore[arg-type] # members of claims
    return {"Authorization": f"DPoP {token}", "DPoP": proof}


async def ask(client: httpx2.AsyncClient, headers: dict[str, str]) -> httpx2.Response:
    return await client.post(LETTER, json=ASKED, headers=headers)


async def released(served: Served) -> int:
    """How many releases the ledger holds."""
    rows = await served.stack.parts.database.snapshot(lambda tx: tx.all(_KINDS))
    return sum(row["kind"] == "released" for row in rows)


async def test_the_holder_of_the_key_is_released_to(served: Served, holder: Holder) -> None:
    async with served.client() as client:
        answer = await ask(client, await signed(client, holder, token_of(holder)))
    assert answer.status_code == 201
    assert answer.headers["dpop-nonce"]


async def test_a_stolen_token_alone_is_refused(served: Served, holder: Holder) -> None:
    token = token_of(holder)
    async with served.client() as client:
        plain = await ask(client, {"Authorization": f"Bearer {token}"})
        unproven = await ask(client, {"Authorization": f"DPoP {token}"})
        thief = await ask(client, await signed(client, Holder(), token))
    assert [(one.status_code, one.json()["code"]) for one in (plain, unproven, thief)] == [
        (401, "unauthenticated"),
        (401, "invalid_dpop_proof"),
        (401, "invalid_dpop_proof"),
    ]
    assert await released(served) == 0


async def test_a_proof_is_used_once_on_a_release(served: Served, holder: Holder) -> None:
    async with served.client() as client:
        headers = await signed(client, holder, token_of(holder))
        answers = await asyncio.gather(*(ask(client, headers) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [201] + [401] * 7
    assert {one.json()["code"] for one in answers if one.status_code == 401} == {"invalid_dpop_proof"}
    assert await released(served) == 1


async def test_a_proof_that_came_before_uses_nothing_up(served: Served, holder: Holder) -> None:
    counted = served.stack.uses.admit_request
    async with served.client() as client:
        headers = await signed(client, holder, token_of(holder))
        assert (await ask(client, headers)).status_code == 201
        left = dict(counted._left)
        assert {(await ask(client, headers)).status_code for _ in range(5)} == {401}
    assert counted._left == left


async def test_a_proof_is_used_once_on_any_other_route(served: Served, holder: Holder) -> None:
    token = token_of(holder)
    async with served.client() as client:
        nonce = await nonce_of(client)
        proof = holder.proof(f"{BASE}/v1/me", int(time.time()), method="GET", token=token, nonce=nonce)
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
        answers = await asyncio.gather(*(client.get("/v1/me", headers=headers) for _ in range(8)))
    assert sorted(one.status_code for one in answers) == [200] + [401] * 7


async def test_a_proof_that_a_refused_request_spent_is_spent(served: Served, holder: Holder) -> None:
    token = token_of(holder, "dia@client:house")
    async with served.client() as client:
        headers = await signed(client, holder, token)
        answers = [await ask(client, headers) for _ in range(2)]
    assert [one.status_code for one in answers] == [404, 401]


async def test_without_a_nonce_the_answer_gives_the_one_to_use(served: Served, holder: Holder) -> None:
    async with served.client() as client:
        answer = await ask(client, await signed(client, holder, token_of(holder), nonce=...))
        assert (answer.status_code, answer.json()["code"]) == (401, "use_dpop_nonce")
        assert 'error="use_dpop_nonce"' in answer.headers["www-authenticate"]
        nonce = answer.headers["dpop-nonce"]
        again = await ask(client, await signed(client, holder, token_of(holder), nonce=nonce))
    assert again.status_code == 201


async def test_a_proof_is_for_the_public_base_whatever_host_was_asked(served: Served, holder: Holder) -> None:
    async with served.client(host="thief.example") as client:
        assert (await ask(client, await signed(client, holder, token_of(holder)))).status_code == 201


async def test_a_proof_for_another_spelling_of_the_path_is_refused(served: Served, holder: Holder) -> None:
    async with served.client() as client:
        headers = await signed(client, holder, token_of(holder))
        answer = await client.post(LETTER.replace("letter", "l%65tter"), json=ASKED, headers=headers)
    assert answer.status_code == 401


async def test_two_proofs_are_none(served: Served, holder: Holder) -> None:
    async with served.client() as client:
        first = await signed(client, holder, token_of(holder))
        second = await signed(client, holder, token_of(holder))
        both = [*first.items(), ("DPoP", second["DPoP"])]
        answer = await client.post(LETTER, json=ASKED, headers=both)
    assert answer.status_code == 401


@pytest.mark.parametrize(("who", "status"), [("bob@client:clinic", 401), ("conte@client:family", 200)])
async def test_an_agency_needs_a_bound_token_and_a_family_does_not(
    who: str, status: int, served: Served
) -> None:
    headers = {"Authorization": f"Bearer {who}"}
    if status == 200:
        headers["Gateway-Role"] = "guardian"
    async with served.client() as client:
        assert (await client.get("/v1/me", headers=headers)).status_code == status


async def test_a_token_that_is_bound_to_nothing_cannot_be_proven(served: Served, holder: Holder) -> None:
    async with served.client() as client:
        answer = await ask(client, await signed(client, holder, "bob@client:clinic"))
    assert answer.status_code == 401


def certified(scheme: str = "Bearer") -> dict[str, str]:
    digest = hashlib.sha256(CERTIFICATE).digest()
    thumbprint = b64(digest)
    shown = base64.b64encode(CERTIFICATE).decode()
    token = f"bob@client:clinic#x5t#S256={thumbprint}"
    return {"Authorization": f"{scheme} {token}", "Client-Cert": f":{shown}:"}


async def ask_over(served: Served, server: tuple[str, int | None], headers: dict[str, str]) -> int:
    """Ask over a connection to this address of ours."""

    async def moved(scope: Scope, receive: Receive, send: Send) -> None:
        await served.app({**scope, "server": server}, receive, send)

    transport = httpx2.ASGITransport(moved)
    async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
        return (await client.post(LETTER, json=ASKED, headers=headers)).status_code


async def test_a_certificate_counts_on_the_socket_of_the_proxy_alone(served: Served) -> None:
    assert await ask_over(served, (PROXY, None), certified()) == 201
    assert await ask_over(served, ("127.0.0.1", 8741), certified()) == 401
    assert await ask_over(served, ("/state/gateway.sock", None), certified()) == 401


async def test_another_certificate_or_none_is_refused(served: Served) -> None:
    other = {**certified(), "Client-Cert": f":{base64.b64encode(b'another').decode()}:"}
    bare = {"Authorization": certified()["Authorization"]}
    raw = {**certified(), "Client-Cert": base64.b64encode(CERTIFICATE).decode()}
    for headers in (other, bare, raw, certified("DPoP")):
        assert await ask_over(served, (PROXY, None), headers) == 401
