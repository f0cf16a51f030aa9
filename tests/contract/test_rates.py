"""Rates are rows that all processes share: no more passes through two of them than through one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select, update

from gateway.adapters.sql.database import open_database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.rates import SqlRates
from gateway.adapters.sql.tables import rates
from gateway.domain.caller import Caller
from gateway.domain.errors import RateLimitedError
from gateway.domain.limits import MINUTE_S, TABLE, Rate
from gateway.domain.vocabulary import Role
from gateway.usecases.admit_request import SHARE
from tests.support.race_attempts import entries_of
from tests.support.stack import Stack, open_stack

FEW = {one: TABLE[one] for one in Rate}
FEW[Rate.TOKEN] = replace(TABLE[Rate.TOKEN], allowed=5, within_s=15 * MINUTE_S)
_ROWS = select(rates)
_LONG_AGO = update(rates).values(arrival_at=1)


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state", insecure_limits_off=False) as opened:
        yield opened


@asynccontextmanager
async def other_rates(stack: Stack, url: str) -> AsyncIterator[SqlRates]:
    """As another process has them."""
    parts = stack.parts
    database = await open_database(url)
    try:
        yield SqlRates(database, parts.state.keyring, parts.clock, FEW)
    finally:
        await database.close()


def few_rates(stack: Stack) -> SqlRates:
    """So few that a test meets them at once."""
    parts = stack.parts
    return SqlRates(parts.database, parts.state.keyring, parts.clock, FEW)


async def kept(stack: Stack) -> list[str]:
    async def read(tx: Tx) -> list[str]:
        return [repr(sorted(dict(row).items())) for row in await tx.all(_ROWS)]

    return await stack.parts.database.snapshot(read)


async def bob(stack: Stack) -> Caller:
    return await stack.caller("bob", "client:clinic")


async def admitted(stack: Stack, wanted: int) -> int:
    """How many of so many requests the door lets in."""
    caller, passed = await bob(stack), 0
    for _ in range(wanted):
        with suppress(RateLimitedError):
            if not stack.uses.admit_request.passes(caller):
                await stack.uses.admit_request(caller)
            passed += 1
    return passed


async def test_two_processes_let_through_as_many_as_one_would(stack: Stack, store_url: str) -> None:
    async with other_rates(stack, store_url) as other:
        taken = [await one.take(Rate.TOKEN, "w:bob") for _ in range(5) for one in (few_rates(stack), other)]
    assert sum(one.given for one in taken) == FEW[Rate.TOKEN].allowed


async def test_those_who_come_first_at_one_moment_count_together(stack: Stack, store_url: str) -> None:
    async with other_rates(stack, store_url) as other:
        at_once = (one.take(Rate.TOKEN, "code") for _ in range(8) for one in (few_rates(stack), other))
        taken = await asyncio.gather(*at_once)
    assert sum(one.given for one in taken) == FEW[Rate.TOKEN].allowed


async def test_whoever_asks_too_often_is_told_when_to_come_back(stack: Stack) -> None:
    for _ in range(FEW[Rate.TOKEN].allowed):
        await few_rates(stack).require(Rate.TOKEN, "w:bob")
    with pytest.raises(RateLimitedError) as raised:
        await few_rates(stack).require(Rate.TOKEN, "w:bob")
    assert 1 <= raised.value.retry_after_s <= 180
    await few_rates(stack).require(Rate.TOKEN, "w:cam")
    await few_rates(stack).require(Rate.TOLD, "w:bob")


async def test_rows_name_nobody(stack: Stack) -> None:
    await few_rates(stack).require(Rate.TOKEN, "conte@exemple.invalid")
    assert "exemple" not in "".join(await kept(stack))


async def test_a_restart_forgets_nothing(store_url: str, tmp_path: Path) -> None:
    state = tmp_path / "state"
    async with open_stack(store_url, state, insecure_limits_off=False) as stack:
        for _ in range(FEW[Rate.TOKEN].allowed):
            await few_rates(stack).require(Rate.TOKEN, "code")
    async with open_stack(store_url, state, fresh=False, insecure_limits_off=False) as stack:
        with pytest.raises(RateLimitedError):
            await few_rates(stack).require(Rate.TOKEN, "code")


async def test_what_is_free_again_is_swept_and_the_rest_stays(stack: Stack) -> None:
    for number in range(130):
        await few_rates(stack).require(Rate.TOKEN, f"192.0.2.{number}")

    async def work(tx: Tx) -> int:
        return await tx.run(_LONG_AGO)

    await stack.parts.database.transaction(work)
    await few_rates(stack).require(Rate.TOKEN, "192.0.2.1")
    assert await few_rates(stack).sweep() == 129
    assert len(await kept(stack)) == 1


async def test_the_door_lets_in_what_the_client_may_ask_and_one_entry_tells_of_the_rest(
    stack: Stack,
) -> None:
    allowed, before = TABLE[Rate.REQUESTS].allowed, len(await entries_of(stack))
    passed = await admitted(stack, allowed + 200)
    # While they were asked, some became free again.
    assert allowed <= passed < allowed + 200
    told = [row["reason"] for row in (await entries_of(stack))[before:]]
    assert told == ["RATE_LIMITED"]


async def test_the_doors_of_two_processes_let_in_as_many_as_one_but_for_what_they_keep(
    stack: Stack, store_url: str
) -> None:
    allowed = TABLE[Rate.REQUESTS].allowed
    async with other_rates(stack, store_url) as other:
        taken = [await other.take(Rate.REQUESTS, "client:clinic", allowed - SHARE)]
    assert taken[0].given == allowed - SHARE
    # What is left is one share, and what became free meanwhile.
    assert SHARE <= await admitted(stack, 3 * SHARE) < 3 * SHARE


async def test_each_of_the_family_has_a_ceiling_of_her_own(stack: Stack) -> None:
    mother = await stack.caller("conte", "client:family", Role.GUARDIAN)
    father = await stack.caller("recit", "client:family", Role.GUARDIAN)
    await few_rates(stack).take(Rate.REQUESTS, f"client:family\n{mother.account}", 600)
    with pytest.raises(RateLimitedError):
        await stack.uses.admit_request(mother)
    await stack.uses.admit_request(father)


async def test_where_limits_are_off_nothing_is_counted(store_url: str, tmp_path: Path) -> None:
    async with open_stack(store_url, tmp_path / "state", insecure_limits_off=True) as stack:
        for _ in range(20):
            await stack.parts.rates.require(Rate.TOKEN, "w:bob")
        assert await admitted(stack, 1000) == 1000
        assert await kept(stack) == []
