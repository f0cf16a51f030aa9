"""An assertion, and a proof of possession, are worth one token, however many processes they are shown to."""

import asyncio
import os
import time
from collections import Counter
from collections.abc import Callable

import pytest

from tests.support.proof import Proof
from tests.support.race_fleet import Fleet
from tests.support.race_network import ASKING
from tests.support.race_registry import Told
from tests.support.token_asking import Software

AT_ONCE = 32
ROUNDS = 3
MANY = 500


def shown() -> list[object]:
    """A proof that was verified: whose key, its name, until when it is believed."""
    return ["A" * 43, os.urandom(16).hex(), (int(time.time()) + 60) * 1_000_000]


def one_client_assertion(software: Software) -> Callable[[], Told]:
    form = software.form()
    return lambda: {"do": "token", "form": form, "shown": shown()}


def one_worker_assertion(software: Software) -> Callable[[], Told]:
    assertion = software.assertion(sub="w:bob")
    return lambda: {"do": "token", "form": software.form("w:bob", assertion=assertion), "shown": shown()}


def one_proof(software: Software) -> Callable[[], Told]:
    proof = shown()
    return lambda: {"do": "token", "form": software.form(), "shown": proof}


ONCE = {"client": one_client_assertion, "worker": one_worker_assertion, "proof": one_proof}


async def registered(fleet: Fleet) -> Software:
    software = Software(ASKING[1])
    assert (await fleet.do(0, {"do": "register", "key": software.public()}))["answer"] == "done"
    return software


async def race(fleet: Fleet, order: Callable[[], Told]) -> Counter[str]:
    orders = [order() for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*(fleet.do(n % fleet.size, one) for n, one in enumerate(orders)))
    return Counter(one["answer"] for one in answers)


@pytest.mark.parametrize("what", ONCE)
async def test_what_may_be_used_once_is_worth_one_token(fleet: Fleet, what: str) -> None:
    software = await registered(fleet)
    for _ in range(ROUNDS):
        assert await race(fleet, ONCE[what](software)) == {"issued": 1, "replayed": AT_ONCE - 1}


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("what", ONCE)
async def test_what_may_be_used_once_is_worth_one_token_in_many_rounds(
    fleet: Fleet, what: str, proof: Proof
) -> None:
    software = await registered(fleet)
    began, total = time.monotonic(), Counter[str]()
    for _ in range(MANY):
        total += await race(fleet, ONCE[what](software))
    took = time.monotonic() - began
    proof.line(f"{what}, {fleet.name}, {fleet.size} processes, {MANY} rounds of {AT_ONCE}: {took:.0f} s")
    proof.line(f"{dict(total)}")
    assert total == {"issued": MANY, "replayed": MANY * (AT_ONCE - 1)}
