"""Keys of clients: who adds and retires them, which are refused, and that retiring narrows."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio
from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.http.rungs import GUS, rung_network
from tests.http.served import BOB, FIL, Served, serve_stack
from tests.support.stack import open_stack

PATH = "/v1/clients/client:clinic/keys"


@pytest_asyncio.fixture
async def served(store_url: str, tmp_path: Path) -> AsyncIterator[Served]:
    async with open_stack(store_url, tmp_path / "state", seed=rung_network()) as stack:
        yield serve_stack(stack)


def public(key: ECKey | RSAKey | OKPKey) -> dict[str, Any]:
    return dict(key.as_dict(private=False))


def a_key() -> dict[str, Any]:
    return public(ECKey.generate_key("P-256"))


async def add(served: Served, key: object, caller: str = FIL, path: str = PATH, **headers: str) -> Any:  # noqa: ANN401
    async with served.client(caller, **headers) as client:
        return await client.post(path, json={"key": key})


async def test_a_key_is_added_listed_and_retired(served: Served) -> None:
    key = ECKey.generate_key("P-256")
    added = await add(served, public(key))
    assert (added.status_code, added.json()["id"]) == (201, key.thumbprint())
    assert (await served.newest())["kind"] == "client_key_added"
    (row,) = (await served.ask(FIL, "GET", PATH)).json()["items"]
    assert (row["kid"], row["algorithm"], row["retired_at"]) == (key.thumbprint(), "ES256", None)
    retired = await served.ask(FIL, "DELETE", f"{PATH}/{key.thumbprint()}")
    assert (retired.status_code, retired.json()["in_force"]) in {(200, True), (202, True)}
    (row,) = (await served.ask(FIL, "GET", PATH)).json()["items"]
    assert row["retired_at"] is not None


async def test_every_kind_of_key_that_we_verify_may_be_added(served: Served) -> None:
    for key in (ECKey.generate_key("P-256"), RSAKey.generate_key(2048), OKPKey.generate_key("Ed25519")):
        assert (await add(served, public(key))).status_code == 201


async def test_a_private_key_is_refused_and_not_repeated(served: Served) -> None:
    private = ECKey.generate_key("P-256").as_dict(private=True)
    answer = await add(served, private)
    assert (answer.status_code, answer.json()["code"]) == (422, "malformed")
    assert answer.json()["fields"] == [{"name": "key", "code": "malformed"}]
    assert str(private["d"]) not in answer.text


async def test_a_client_has_at_most_eight_keys_and_a_retired_one_makes_room(served: Served) -> None:
    kids = [(await add(served, a_key())).json()["id"] for _ in range(8)]
    assert (await add(served, a_key())).status_code == 409
    await served.ask(FIL, "DELETE", f"{PATH}/{kids[0]}")
    assert (await add(served, a_key())).status_code == 201


async def test_a_retired_key_never_comes_back(served: Served) -> None:
    key = a_key()
    kid = (await add(served, key)).json()["id"]
    await served.ask(FIL, "DELETE", f"{PATH}/{kid}")
    assert (await add(served, key)).status_code == 409


async def test_the_same_idempotency_key_adds_once(served: Served) -> None:
    key, once = a_key(), {"Idempotency-Key": "add-1"}
    first, again = await add(served, key, **once), await add(served, key, **once)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()


async def test_retiring_twice_is_retired(served: Served) -> None:
    kid = (await add(served, a_key())).json()["id"]
    for _ in range(2):
        answer = await served.ask(FIL, "DELETE", f"{PATH}/{kid}")
        assert answer.status_code in {200, 202}


async def test_another_agencys_client_and_one_that_nobody_has_answer_alike(served: Served) -> None:
    for client in ("client:school", "client:nobody"):
        path = f"/v1/clients/{client}/keys"
        answers = [
            await add(served, a_key(), path=path),
            await served.ask(FIL, "GET", path),
            await served.ask(FIL, "DELETE", f"{path}/{'A' * 43}"),
        ]
        assert [one.status_code for one in answers] == [404, 404, 404]


async def test_the_network_adds_a_key_for_any_client(served: Served) -> None:
    for client in ("client:school", "client:family"):
        path = f"/v1/clients/{client}/keys"
        assert (await add(served, a_key(), GUS, path)).status_code == 201


async def test_a_caseworker_adds_none(served: Served) -> None:
    answer = await add(served, a_key(), BOB)
    assert (answer.status_code, answer.json()["code"]) == (403, "refused")
    assert json.dumps(answer.json()).count("ROLE_NOT_ALLOWED") == 1


async def test_a_disabled_client_is_given_no_key(served: Served) -> None:
    await served.ask(FIL, "DELETE", "/v1/clients/client:clinic")
    assert (await add(served, a_key(), GUS)).status_code == 404
