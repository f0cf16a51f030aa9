"""Attempts that arrive together are recorded together, each judged alone, in the order of arrival."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.adapters.sql import sqlite
from gateway.adapters.sql.driver import Work
from gateway.domain.access import Recorded
from gateway.domain.counts import Over
from gateway.domain.errors import LedgerUnavailableError
from gateway.domain.facts import Attempt, IdempotencyClaim, Turned
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from tests.support.race_attempts import LETTER, MARKS, an_attempt, asking, entries_of
from tests.support.stack import Stack, open_stack

ON_LOOP, ON_THREAD = 1000.0, 0.0


@pytest.fixture(params=["sqlite on the loop", "sqlite on a thread", "postgres"])
async def stack(
    request: pytest.FixtureRequest, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stack]:
    """A gateway on each store, and on both of SQLite's ways to commit."""
    threshold = ON_THREAD if request.param == "sqlite on a thread" else ON_LOOP
    monkeypatch.setattr(sqlite, "SLOW_FSYNC_S", threshold)
    async with open_stack(place, tmp_path / "state") as opened:
        yield opened


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    kind = request.node.callspec.params["stack"].split(" ")[0]
    url: str = request.getfixturevalue(f"{kind}_url")
    return url


async def several(stack: Stack, count: int) -> list[Attempt]:
    one = await an_attempt(stack)
    return [one._replace(decision_id=DecisionId(f"dec_{number:04d}")) for number in range(count)]


async def record_all(stack: Stack, attempts: list[Attempt]) -> list[Recorded | Turned | Over]:
    return await asyncio.gather(*(stack.parts.store.record(one) for one in attempts))


def counted(stack: Stack) -> list[int]:
    """How many transactions begin from here on, one element each."""
    begun: list[int] = []
    transaction = stack.parts.database.transaction

    async def count(work: Work[Any]) -> object:
        begun.append(1)
        return await transaction(work)

    vars(stack.parts.writer)["database"] = _Counting(count, stack.parts.database.snapshot)
    return begun


class _Counting:
    def __init__(self, transaction: Any, snapshot: Any) -> None:  # noqa: ANN401 - methods of the database
        self.transaction = transaction
        self.snapshot = snapshot


async def test_attempts_of_one_moment_share_one_transaction_in_the_order_of_arrival(stack: Stack) -> None:
    attempts, begun = await several(stack, 20), counted(stack)
    answers = await record_all(stack, attempts)
    places = [one.index for one in answers if isinstance(one, Recorded)]
    assert len(begun) == 1
    assert places == list(range(places[0], places[0] + 20))
    rows = await entries_of(stack, places[0])
    assert [row["decision_id"] for row in rows] == [one.decision_id for one in attempts]


async def test_a_group_holds_at_most_sixty_four(stack: Stack) -> None:
    attempts, begun = await several(stack, 150), counted(stack)
    answers = await record_all(stack, attempts)
    assert all(isinstance(one, Recorded) for one in answers)
    assert len(begun) == 3


async def test_recorded_instants_never_go_back(stack: Stack) -> None:
    for _ in range(5):
        await record_all(stack, [await an_attempt(stack) for _ in range(3)])
    instants = [row["recorded_at"] for row in await entries_of(stack)]
    assert instants == sorted(instants)


async def test_whatever_turns_one_away_leaves_the_others(stack: Stack) -> None:
    good = await several(stack, 4)
    facts, decision = good[0].facts, good[0].decision
    known = IdempotencyClaim("client:clinic", "key", b"body", 0)
    await stack.parts.store.record(good[3]._replace(decision_id=DecisionId("dec_0"), idempotency=known))
    moved = good[0]._replace(facts=replace(facts, epochs=(*facts.epochs[:-1], (facts.epochs[-1][0], 99))))
    late = good[0]._replace(decision=replace(decision, valid_until=facts.floor))
    over = good[0]._replace(facts=replace(facts, horizon=facts.floor))
    other = good[0]._replace(idempotency=replace(known, request_digest=b"other"))
    twin = good[0]._replace(idempotency=known)
    answers = await record_all(stack, [good[0], moved, late, good[1], over, other, twin, good[2]])
    turned = [one for one in answers if isinstance(one, Turned)]
    assert turned == [Turned.MOVED, Turned.OVERTAKEN, Turned.OVERTAKEN, Turned.OTHER_REQUEST, Turned.TWIN]
    recorded = [one.index for one in answers if isinstance(one, Recorded)]
    assert recorded == list(range(recorded[0], recorded[0] + 3))


async def test_the_second_of_a_group_sees_that_the_first_used_a_consent_for_once(stack: Stack) -> None:
    one = await an_attempt(stack, MARKS)
    other = one._replace(decision_id=DecisionId("dec_other"))
    first, second = await record_all(stack, [one, other])
    assert isinstance(first, Recorded)
    assert second is Turned.MOVED
    used = await stack.parts.registry.directive(one.decision.consents_used[0].id)
    assert used is not None
    assert used.used


async def test_the_second_of_a_group_sees_the_key_of_the_first(stack: Stack) -> None:
    one, other = await several(stack, 2)
    claim = IdempotencyClaim("client:clinic", "key", b"body", 0)
    first, second = await record_all(
        stack, [one._replace(idempotency=claim), other._replace(idempotency=claim)]
    )
    assert isinstance(first, Recorded)
    assert second is Turned.TWIN


async def test_an_attempt_without_the_condition_is_recorded_whatever_moved(stack: Stack) -> None:
    one = await an_attempt(stack)
    stale = replace(one.facts, epochs=tuple((scope, 99) for scope, _ in one.facts.epochs))
    answer = await stack.parts.store.record(one._replace(kind=EntryKind.REFUSED, facts=stale, fenced=False))
    assert isinstance(answer, Recorded)


async def test_an_attempt_is_recorded_though_its_caller_goes_away(stack: Stack) -> None:
    one = await an_attempt(stack)
    task = asyncio.create_task(stack.parts.store.record(one))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    other = await an_attempt(stack)
    answer = await stack.parts.store.record(other)
    assert isinstance(answer, Recorded)
    ids = [row["decision_id"] for row in await entries_of(stack)]
    assert ids[-2:] == [one.decision_id, other.decision_id]


async def test_a_bug_in_one_group_fails_that_group_and_no_other_waits_for_ever(stack: Stack) -> None:
    attempts = await several(stack, 70)
    nonsense = replace(attempts[0].decision, valid_until=None)  # type: ignore[arg-type] # the bug
    broken = attempts[0]._replace(decision=nonsense)
    async with asyncio.timeout(5):
        answers = await asyncio.gather(
            *(stack.parts.store.record(one) for one in [broken, *attempts[1:]]), return_exceptions=True
        )
    assert all(isinstance(one, LedgerUnavailableError) for one in answers[:64])
    assert all(isinstance(one, Recorded) for one in answers[64:])


async def test_a_fragment_that_nobody_has_is_asked_about_like_any_other(stack: Stack) -> None:
    unknown = await an_attempt(stack, type(LETTER)("frg_nowhere"))
    assert unknown.decision.permitted is False
    assert isinstance(await stack.parts.store.record(unknown), Recorded)
    assert (await asking(stack)).account == "w:bob"
