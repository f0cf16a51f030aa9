"""Somebody else's client at our token endpoint: Authlib's, with `private_key_jwt`."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc7523 import JWTBearerGrant, PrivateKeyJWT

from tests.support.token_asking import BASE, CLIENT, JWT_BEARER, URL, Desk, open_desk


@pytest_asyncio.fixture
async def desk(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(sqlite_url, tmp_path / "state") as desk:
        yield desk


def auth(desk: Desk) -> ClientAuth:
    """Authlib's own: its audience and its lifetime of an hour must be told otherwise."""
    method = PrivateKeyJWT(
        token_endpoint=BASE,
        alg="ES256",
        headers={"kid": desk.software.kid},
        claims={"exp": int(time.time()) + 60},
    )
    return ClientAuth(CLIENT, desk.software.key.key, method)


async def send(desk: Desk, body: str) -> tuple[int, dict[str, object]]:
    await desk.post()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    _, headers, body = auth(desk).prepare("POST", URL, headers, body)
    async with desk.served.client() as client:
        answer = await client.post(
            "/oauth/token", content=body, headers={**headers, "DPoP": desk.software.proof()}
        )
    return answer.status_code, answer.json()


async def test_authlibs_client_is_given_a_token(desk: Desk) -> None:
    status, told = await send(desk, "grant_type=client_credentials")
    assert (status, told["token_type"]) == (200, "DPoP"), told


async def test_authlibs_assertion_names_a_worker(desk: Desk) -> None:
    assertion = JWTBearerGrant.sign(
        desk.software.key.key,
        issuer=CLIENT,
        audience=BASE,
        subject="w:bob",
        expires_at=int(time.time()) + 60,
        header={"alg": "ES256", "kid": desk.software.kid},
    )
    status, told = await send(desk, f"grant_type={JWT_BEARER}&assertion={assertion}")
    assert status == 200, told
    assert (await desk.use(str(told["access_token"]))).json()["account"] == "w:bob"
