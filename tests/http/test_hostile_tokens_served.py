"""The same hostile requests against a gateway in a process of its own, with two issuers added to its file."""

import asyncio
import json
import os
import sqlite3
import time
from collections import Counter
from contextlib import closing

import httpx2
import pytest

from gateway.adapters.identity.proofs import Nonces
from gateway.domain.instants import Instant
from tests.http.hostile.forger import Forger, hostile_network
from tests.http.hostile.judging import Judge
from tests.http.hostile.table import Row, rows
from tests.support.operator import Operator

NOT_HTTP = {
    "a token with a line break inside is refused": (b"DPoP a\nb", b"400"),
    "a token with a NUL inside is refused": (b"DPoP a\0b", b"400"),
    "a token of nothing at all is refused": (b"DPoP ", b"401"),
    "a good token under the scheme DPoP with an empty token is refused": (b"DPoP ", b"401"),
}
"""What a client does not put into a header: written byte for byte, and what the answer is."""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Operator:
    folder = tmp_path_factory.mktemp("hostile")
    trusted = folder / "issuers.json"
    return Operator(folder, GATEWAY_INSECURE_LOCAL_ISSUER="false", GATEWAY_TRUSTED_ISSUERS=str(trusted))


def start(operator: Operator) -> Forger:
    """Make its keys, let it trust the forger's issuers, and seed it."""
    foreign = Nonces(os.urandom(32)).current(Instant(int(time.time()) * 1_000_000))
    forger = Forger(operator.base, old_nonce=foreign)
    folder = operator.state.parent
    (folder / "issuers.json").write_text(json.dumps({"issuers": forger.trusted()}), encoding="utf-8")
    (folder / "seed.json").write_text(json.dumps(hostile_network()), encoding="utf-8")
    for command in (("keys", "init"), ("seed", str(folder / "seed.json"))):
        done = operator.run(*command)
        assert done.returncode == 0, done.stderr
    return forger


async def judged(operator: Operator, forger: Forger, asked: list[Row]) -> dict[str, list[str]]:
    """What is wrong, row by row."""
    async with httpx2.AsyncClient(base_url=operator.base, timeout=30) as client:
        judge = Judge(forger, client)
        found = {row.sentence: await judge.objections(row) for row in asked}
    return {sentence: wrong for sentence, wrong in found.items() if wrong}


async def raw(operator: Operator, authorization: bytes) -> bytes:
    """The first line of the answer to a request that is written byte for byte."""
    reader, writer = await asyncio.open_connection("127.0.0.1", operator.port)
    head = b"GET /v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: "
    writer.write(head + authorization + b"\r\n\r\n")
    first = await reader.readline()
    writer.close()
    return first


def test_a_served_gateway_refuses_all_of_them_and_lets_in_every_honest_one(operator: Operator) -> None:
    forger = start(operator)
    asked = [row for row in rows() if row.sentence not in NOT_HTTP]
    with operator.serving():
        operator.wait_until_ready()
        assert asyncio.run(judged(operator, forger, asked)) == {}
        for authorization, status in NOT_HTTP.values():
            assert status in asyncio.run(raw(operator, authorization))
    hostile = sum(row.code is not None for row in asked)
    print(f"{hostile} hostile requests refused, {len(asked) - hostile} honest ones let in")
    honest = sum(row.code is None for row in asked) + sum(row.before for row in asked)
    with closing(sqlite3.connect(operator.state / "gateway.db")) as database:
        kinds = Counter(dict(database.execute("SELECT kind, count(*) FROM entries GROUP BY kind")))
    assert kinds["released"] == honest
    assert kinds["refused"] == 0
