"""The token endpoint: described, asked, and what its tokens open."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.token_asking import BASE, CLIENT, SYSTEM, Desk, Software, claims_of, header_of, open_desk


@pytest_asyncio.fixture
async def desk(store_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    async with open_desk(store_url, tmp_path / "state", Software(SYSTEM)) as desk:
        yield desk


async def test_a_client_that_proves_itself_is_given_a_bound_token_of_five_minutes(desk: Desk) -> None:
    answer = await desk.post()
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    told = answer.json()
    assert (told["token_type"], told["expires_in"]) == ("DPoP", 300)
    claims = claims_of(told["access_token"])
    assert (claims["iss"], claims["aud"], claims["sub"], claims["client_id"]) == (BASE, BASE, CLIENT, CLIENT)
    assert claims["exp"] - claims["iat"] == 300
    assert claims["cnf"] == {"jkt": desk.software.proofs.thumbprint}
    assert "acr" not in claims
    assert header_of(told["access_token"])["typ"] == "at+jwt"


async def test_a_worker_whom_her_agency_vouches_for_is_known_by_her_account(desk: Desk) -> None:
    token = await desk.token("w:bob")
    answer = await desk.use(token)
    assert answer.status_code == 200, answer.text
    assert answer.json()["id"] == "w:bob"
