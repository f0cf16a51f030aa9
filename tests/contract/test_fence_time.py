"""One clock: the store's. Facts end at their horizon, and a worker that is far off is not believed."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.clock import SystemClock
from gateway.adapters.sql.database import open_database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.fence import lock_head, store_clock
from gateway.adapters.sql.sqlite import SqliteDatabase
from gateway.domain.access import Recorded, Refused
from gateway.domain.acting import Done
from gateway.domain.facts import Turned
from gateway.domain.ids import ConsentId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import Role
from gateway.releasing import Asked, Released
from gateway.usecases.withdraw_consent import Withdrawal
from tests.support.race_attempts import LETTER, SetClock, an_attempt, asking, entries_of, with_clock
from tests.support.race_gate import ShiftedClock
from tests.support.race_network import FAMILY
from tests.support.stack import Stack, network, open_stack

SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
CLOCK = SystemClock()


def seed() -> dict[str, Any]:
    """The small network; bob's assignment ends in an hour, and the child is twelve in two days."""
    made = network()
    birthday = (datetime.now(UTC) + timedelta(days=2)).date()
    made["persons"][0]["birth_date"] = birthday.replace(year=birthday.year - 12).isoformat()
    made["assignments"][1]["until"] = "now+1h"
    return made


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state", seed=seed()) as opened:
        yield opened


async def release(stack: Stack) -> Released | Refused:
    return await stack.uses.release(Asked(await asking(stack), LETTER, "coordination"))


async def withdraw(stack: Stack) -> Done | Refused:
    parent = await stack.caller(*FAMILY, Role.GUARDIAN)
    return await stack.uses.withdraw_consent(Withdrawal(parent, ConsentId("cns_1"), "family_access"))


async def facts_at(stack: Stack, at: Instant, *, every: bool = False) -> Any:  # noqa: ANN401 - facts and their document
    caller = await asking(stack)
    return await stack.parts.store.facts(caller, LETTER, "coordination", at, every_directive=every)


async def test_facts_are_kept_up_to_their_horizon_and_read_again_from_there(stack: Stack) -> None:
    now = CLOCK.now()
    first = await facts_at(stack, now)
    assert first.query.document["actor"]["assigned"] is True
    assert now + 3590 * SECOND_US < first.horizon <= now + 3600 * SECOND_US
    assert await facts_at(stack, Instant(first.horizon - 1)) is first
    then = await facts_at(stack, first.horizon)
    assert then is not first
    assert then.query.document["actor"]["assigned"] is False


async def test_a_birthday_is_a_horizon(stack: Stack) -> None:
    first = await facts_at(stack, CLOCK.now())
    later = await facts_at(stack, Instant(first.horizon + SECOND_US))
    assert first.query.document["subject"]["age"] == 11
    assert later.horizon <= CLOCK.now() + 3 * DAY_US
    then = await facts_at(stack, later.horizon)
    assert then.query.document["subject"]["age"] == 12


async def test_a_decision_past_its_end_is_decided_again(stack: Stack) -> None:
    decided = await an_attempt(stack)
    assert decided.facts.horizon < CLOCK.now() + DAY_US
    clock = ShiftedClock()
    late = with_clock(stack, clock)
    clock.ahead_us = decided.facts.horizon - CLOCK.now() + SECOND_US
    answer = await late.parts.store.record(decided)
    # PostgreSQL has a clock of its own, which this worker's is far from.
    one_clock = isinstance(late.parts.database, SqliteDatabase)
    assert answer is (Turned.OVERTAKEN if one_clock else Turned.CLOCK_UNSURE)


@pytest.mark.parametrize("ahead_s", [1.5, -1.5])
async def test_a_clock_a_second_and_a_half_off_releases_until_the_withdrawal_and_not_after(
    stack: Stack, ahead_s: float
) -> None:
    off = with_clock(stack, ShiftedClock(int(ahead_s * SECOND_US)))
    assert isinstance(await release(off), Released)
    ended = await withdraw(off)
    assert isinstance(ended, Done)
    refused = await release(off)
    assert isinstance(refused, Refused)
    assert refused.decision.reasons[0] == "CONSENT_WITHDRAWN"


async def test_a_clock_set_back_five_seconds_releases_nothing_and_the_entry_says_why(stack: Stack) -> None:
    assert isinstance(await release(stack), Released)
    back = with_clock(stack, ShiftedClock(-5 * SECOND_US))
    refused = await release(back)
    assert isinstance(refused, Refused)
    assert (refused.unavailable, refused.decision.reasons) == (True, ("CLOCK_UNSURE",))
    assert refused.entry is not None
    rows = await entries_of(stack, refused.entry.index)
    assert [(row["kind"], row["reason"]) for row in rows] == [("refused", "CLOCK_UNSURE")]


async def test_a_clock_set_back_lets_nobody_withdraw_in_vain(stack: Stack) -> None:
    assert isinstance(await release(stack), Released)
    clock = ShiftedClock(-5 * SECOND_US)
    back = with_clock(stack, clock)
    assert isinstance(await withdraw(back), Done)
    clock.ahead_us = 0
    refused = await release(back)
    assert isinstance(refused, Refused)
    assert refused.decision.reasons[0] == "CONSENT_WITHDRAWN"


async def test_recorded_instants_never_go_back_whatever_the_clock_does(stack: Stack) -> None:
    clock = ShiftedClock()
    moved = with_clock(stack, clock)
    for ahead_s in (0, 1.5, -5, 1, -1.5, 0):
        clock.ahead_us = int(ahead_s * SECOND_US)
        await release(moved)
    await withdraw(moved)
    instants = [row["recorded_at"] for row in await entries_of(stack)]
    assert instants == sorted(instants)


async def test_an_end_is_the_instant_of_its_own_entry(stack: Stack) -> None:
    ended = await withdraw(stack)
    line = await stack.parts.registry.directive(ConsentId("cns_1"))
    assert isinstance(ended, Done)
    assert ended.entry is not None
    assert line is not None
    assert line.withdrawn_at == ended.entry.recorded_at


async def test_nothing_is_decided_before_the_newest_entry(stack: Stack) -> None:
    newest = (await entries_of(stack))[-1]["recorded_at"]
    back = with_clock(stack, SetClock(Instant(newest - SECOND_US)))
    decided = await an_attempt(back)
    assert decided.decided_at == newest
    assert decided.facts.floor == newest
    assert isinstance(await stack.parts.store.record(decided), Recorded)


@pytest.mark.parametrize("store_url", ["postgres"], indirect=True)
async def test_the_stores_clock_is_read_after_the_wait_for_the_head(stack: Stack) -> None:
    database = stack.parts.database
    other = await open_database(stack.parts.settings.database_url)
    held = asyncio.Event()

    async def hold(tx: Tx) -> Instant:
        await lock_head(tx, CLOCK)
        held.set()
        await asyncio.sleep(0.3)
        return await store_clock(tx, CLOCK)

    async def wait(tx: Tx) -> Instant:
        return (await lock_head(tx, CLOCK)).now

    holding = asyncio.create_task(other.transaction(hold))
    await held.wait()
    # Whoever held it changed nothing: PostgreSQL then gives the row that was found before the wait.
    waited = await database.transaction(wait)
    assert waited >= await holding
    await other.close()
