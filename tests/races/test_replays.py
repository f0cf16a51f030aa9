"""What may have one effect has one, however many send it over HTTP at once, to whichever process."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import pytest

from tests.http.hostile.forger import Sent
from tests.support.besieged import AT_ONCE, Besieged, besieged, volley
from tests.support.postgres import unused_name
from tests.support.proof import Proof

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(),
    reason="NO /proc: it cannot be seen which process a connection is with",
)
QUICK = 4
MANY = 500
DEPOSITS = "/v1/dossiers/dos_child/fragments"
TOKENS = "/oauth/token"
DEPOSITED = b'{"category":"education","sensitivity":"N","sections":[{"id":"one","content":"Invented."}]}'

Replay = Callable[[Besieged, int], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def target(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    """One process on SQLite; two on PostgreSQL, behind one port."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        with besieged(folder, None, workers=1) as one:
            yield one
        return
    server, name = request.getfixturevalue("postgres_server"), unused_name()
    with besieged(folder, server.create_database(name), workers=2) as two:
        yield two
    server.drop_database(name)


async def replay_a_proof(target: Besieged, rounds: int) -> None:
    """One request with one proof, sent by all at once: one release, and who was first is not told."""
    before = target.kinds()
    async with target.clients() as clients:
        for _ in range(rounds):
            await target.learn_nonce(clients[0])
            answers = await volley(clients, [target.forger.asked(target.forger.token())] * AT_ONCE)
            assert sorted(one.status_code for one in answers) == [201] + [401] * (AT_ONCE - 1)
            assert {code_of(one) for one in answers} == {None, "invalid_dpop_proof"}
    assert effects(target, before) == {"released": rounds}


async def repeat_a_deposit(target: Besieged, rounds: int) -> None:
    """One deposit under one key, each sender with a proof of its own: one fragment, and all learn which."""
    async with target.clients() as clients:
        born = (datetime.now(UTC).date() - timedelta(days=3400)).isoformat()
        child = f'{{"family_name":"Inventé","given_name":"Fable","birth_date":"{born}"}}'
        assert (await target.ask(clients[0], "/v1/person-matches", child.encode())).status_code == 201
        before = target.kinds()
        for _ in range(rounds):
            await target.learn_nonce(clients[0])
            answers = await volley(clients, deposits_under_one_key(target))
            assert {one.status_code for one in answers} == {201}, [one.text for one in answers]
            assert len({(one.json()["id"], one.json()["ledger_entry"]) for one in answers}) == 1
    assert effects(target, before) == {"deposited": rounds}


async def replay_an_assertion(target: Besieged, rounds: int) -> None:
    """One assertion of a client, each sender with a proof of its own: one token."""
    before = target.kinds()
    async with target.clients() as clients:
        for _ in range(rounds):
            await target.learn_nonce(clients[0])
            answers = await volley(clients, tokens_for_one_assertion(target))
            assert sorted(one.status_code for one in answers) == [200] + [401] * (AT_ONCE - 1)
            assert sum("access_token" in one.json() for one in answers) == 1
    assert effects(target, before)["token_issued"] == rounds


def effects(target: Besieged, before: Counter[str]) -> Counter[str]:
    """What the ledger holds since then; each process that starts refuses itself a canary once."""
    found = target.kinds() - before
    del found["canary"]
    return found


def code_of(answer: httpx2.Response) -> str | None:
    return None if answer.is_success else str(answer.json()["code"])


def deposits_under_one_key(target: Besieged) -> list[Sent]:
    forger, key = target.forger, uuid4().hex.encode()
    token = forger.token()

    def deposit() -> Sent:
        asked = forger.asked(token, forger.proof(token, htu=forger.base + DEPOSITS))
        headers = (*asked.headers, ("Idempotency-Key", key))
        return asked._replace(path=DEPOSITS, content=DEPOSITED, headers=headers)

    return [deposit() for _ in range(AT_ONCE)]


def tokens_for_one_assertion(target: Besieged) -> list[Sent]:
    software, url = target.software, target.forger.base + TOKENS
    form = software.form(client_assertion=software.assertion(aud=target.forger.base))
    asked = urlencode(form).encode()

    def ask() -> Sent:
        proof = software.proofs.proof(url, int(time.time()), nonce=target.forger.nonce)
        return Sent((("DPoP", proof.encode()),), TOKENS, asked, "application/x-www-form-urlencoded")

    return [ask() for _ in range(AT_ONCE)]


REPLAYS: dict[str, Replay] = {
    "a proof of possession": replay_a_proof,
    "a client assertion": replay_an_assertion,
    "an idempotency key": repeat_a_deposit,
}


@pytest.mark.parametrize("replay", REPLAYS.values(), ids=REPLAYS)
def test_what_many_send_at_once_has_one_effect(target: Besieged, replay: Replay) -> None:
    asyncio.run(replay(target, QUICK))


@pytest.mark.prove
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", REPLAYS)
def test_what_many_send_at_once_has_one_effect_in_many_rounds(
    target: Besieged, name: str, proof: Proof
) -> None:
    asyncio.run(REPLAYS[name](target, MANY))
    store = "postgresql" if len(target.workers) > 1 else "sqlite"
    proof.line(f"{store}, {len(target.workers)} served processes: {name}, {MANY} rounds of {AT_ONCE} at once")
    proof.line(f"{MANY} effects, {MANY * (AT_ONCE - 1)} requests without one")
