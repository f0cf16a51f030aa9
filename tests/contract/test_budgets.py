"""Budgets are counted together by whoever writes, and told alike of what exists and what does not."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.sql.expression import Executable

from gateway.adapters.sql.budgets import Budgets
from gateway.adapters.sql.database import Database, open_database
from gateway.adapters.sql.driver import Row, Rows, Tx, Work
from gateway.adapters.sql.tables import counted
from gateway.adapters.sql.writer import Writer
from gateway.domain.access import Recorded, Refused
from gateway.domain.counts import Budget, Count, Over, Use
from gateway.domain.facts import Attempt, Turned
from gateway.domain.ids import DecisionId, FragmentId
from gateway.domain.limits import BUDGETS
from gateway.judging import Inquiry
from gateway.releasing import Asked, Released
from tests.support.race_attempts import an_attempt, entries_of
from tests.support.stack import Stack, open_stack

T = TypeVar("T")
Answers = Sequence[Recorded | Turned | Over]
_ALL = select(func.count().label("rows")).select_from(counted)
_LONG_AGO = update(counted).values(until_at=1)


@asynccontextmanager
async def limited(url: str, folder: Path, *, fresh: bool = True) -> AsyncIterator[Stack]:
    async with open_stack(url, folder / "state", fresh=fresh, insecure_limits_off=False) as stack:
        yield stack


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with limited(store_url, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def another_writer(stack: Stack, url: str) -> AsyncIterator[Writer]:
    """As another process has one: its own sessions, and no memory of what this one did."""
    own = stack.parts.writer
    database = await open_database(url)
    writer = Writer(database, own.keys, own.clock, {"coordination"}, own.terms, BUDGETS)
    writer.policy_digest = own.policy_digest
    try:
        yield writer
    finally:
        await database.close()


async def about(
    stack: Stack, names: Sequence[str], *, urgent: bool = False, who: str = "w:bob"
) -> list[Attempt]:
    """Permitted attempts about so many invented persons."""
    one = await an_attempt(stack)
    return [
        one._replace(
            decision_id=DecisionId(stack.parts.ids.new("dec")),
            counts=Count(
                (
                    Use(Budget.PERSONS_OF_ACCOUNT, who, name),
                    Use(Budget.PERSONS_OF_AGENCY, "qc:clinic", name),
                ),
                urgent,
            ),
        )
        for name in names
    ]


def names(count: int, prefix: str = "p") -> list[str]:
    return [f"{prefix}{number}" for number in range(count)]


async def record(writer: Writer, attempts: Sequence[Attempt]) -> Answers:
    return await asyncio.gather(*(writer.record(one) for one in attempts))


def passed(answers: Answers) -> int:
    return sum(isinstance(one, Recorded) for one in answers)


def turned(answers: Answers) -> int:
    return sum(isinstance(one, Over) for one in answers)


async def rows(stack: Stack) -> int:
    async def read(tx: Tx) -> int:
        row = await tx.one(_ALL)
        assert row is not None
        return int(row["rows"])

    return await stack.parts.database.snapshot(read)


async def let_the_hour_pass(stack: Stack) -> None:
    async def work(tx: Tx) -> int:
        return await tx.run(_LONG_AGO)

    await stack.parts.database.transaction(work)
    writer = stack.parts.writer
    writer.budgets = Budgets(writer.keys, BUDGETS)


async def test_of_a_group_over_the_budget_exactly_the_rest_passes_in_the_order_of_arrival(
    stack: Stack,
) -> None:
    await record(stack.parts.writer, await about(stack, names(7, "before")))
    answers = await record(stack.parts.writer, await about(stack, names(64)))
    assert [isinstance(one, Recorded) for one in answers] == [True] * 23 + [False] * 41
    assert turned(answers) == 41


async def test_what_was_asked_about_within_the_hour_is_asked_again_without_end(stack: Stack) -> None:
    first, second = [await record(stack.parts.writer, await about(stack, names(40))) for _ in range(2)]
    assert [type(one) for one in first] == [type(one) for one in second]
    assert passed(second) == 30


async def test_two_writers_let_through_as_many_as_one_would(stack: Stack, store_url: str) -> None:
    attempts = await about(stack, names(60))
    async with another_writer(stack, store_url) as other:
        if store_url.startswith("sqlite:"):
            # One process writes an SQLite file; two that did would only wait for each other.
            answers = [
                answer
                for first in range(0, 60, 10)
                for writer in (stack.parts.writer, other)
                for answer in await record(writer, attempts[first : first + 10][writer is other :: 2])
            ]
        else:
            halves = await asyncio.gather(
                record(stack.parts.writer, attempts[::2]), record(other, attempts[1::2])
            )
            answers = [*halves[0], *halves[1]]
    assert (passed(answers), turned(answers)) == (30, 30)


async def test_one_writer_knows_what_another_counted(stack: Stack, store_url: str) -> None:
    await record(stack.parts.writer, await about(stack, names(30)))
    async with another_writer(stack, store_url) as other:
        assert passed(await record(other, await about(stack, names(30)))) == 30
        assert turned(await record(other, await about(stack, ["new"]))) == 1


async def test_a_restart_forgets_nothing(store_url: str, tmp_path: Path) -> None:
    async with limited(store_url, tmp_path) as stack:
        await record(stack.parts.writer, await about(stack, names(30)))
    async with limited(store_url, tmp_path, fresh=False) as stack:
        known, new = await record(stack.parts.writer, await about(stack, ["p0", "new"]))
    assert isinstance(known, Recorded)
    assert isinstance(new, Over)


async def test_an_agency_has_a_budget_over_all_its_accounts(stack: Stack) -> None:
    answers: list[Recorded | Turned | Over] = []
    for number in range(11):
        group = await about(stack, names(30, f"w{number}p"), who=f"w:{number}")
        answers += await record(stack.parts.writer, group)
    assert passed(answers) == 300
    assert turned(answers[300:]) == 30


async def test_after_its_hour_what_was_counted_counts_no_more_and_is_swept(stack: Stack) -> None:
    await record(stack.parts.writer, await about(stack, names(30)))
    assert turned(await record(stack.parts.writer, await about(stack, ["new"]))) == 1
    await let_the_hour_pass(stack)
    assert passed(await record(stack.parts.writer, await about(stack, ["p0x", "p1x"]))) == 2
    before = await rows(stack)
    swept = await stack.parts.rates.sweep()
    assert (before, await rows(stack), swept) == (64, 4, 60)


async def test_one_of_whom_the_hour_is_over_counts_anew(stack: Stack) -> None:
    await record(stack.parts.writer, await about(stack, ["p"]))
    await let_the_hour_pass(stack)
    assert passed(await record(stack.parts.writer, await about(stack, ["p"]))) == 1
    assert turned(await record(stack.parts.writer, await about(stack, names(30, "q")))) == 1


async def test_an_emergency_is_never_refused_and_is_counted(stack: Stack) -> None:
    await record(stack.parts.writer, await about(stack, names(30)))
    urgent = await record(stack.parts.writer, await about(stack, names(5, "e"), urgent=True))
    assert passed(urgent) == 5
    assert turned(await record(stack.parts.writer, await about(stack, ["new"]))) == 1
    later = await about(stack, ["e1"])
    assert passed(await record(stack.parts.writer, later)) == 1


async def test_what_is_turned_away_for_another_reason_counts_for_nothing(stack: Stack) -> None:
    attempts = await about(stack, names(30, "moved"))
    ended = replace(attempts[0].decision, valid_until=attempts[0].facts.floor)
    stale = [one._replace(decision=ended) for one in attempts]
    answers = await record(stack.parts.writer, stale)
    assert set(answers) == {Turned.OVERTAKEN}
    assert passed(await record(stack.parts.writer, await about(stack, names(30)))) == 30


@dataclass
class Watched:
    """A transaction that keeps which statements, all of them constants, are run in it."""

    inner: Tx
    seen: list[int]

    @property
    def dialect(self) -> str:
        return self.inner.dialect

    async def one(self, statement: Executable, **values: object) -> Row | None:
        self.seen.append(id(statement))
        return await self.inner.one(statement, **values)

    async def all(self, statement: Executable, **values: object) -> Sequence[Row]:
        self.seen.append(id(statement))
        return await self.inner.all(statement, **values)

    async def run(self, statement: Executable, **values: object) -> int:
        self.seen.append(id(statement))
        return await self.inner.run(statement, **values)

    async def run_many(self, statement: Executable, rows: Rows) -> None:
        if rows:
            self.seen.append(id(statement))
        await self.inner.run_many(statement, rows)

    async def set_off(self) -> None:
        await self.inner.set_off()


@dataclass
class Watching:
    """A database whose write transactions are watched."""

    inner: Database
    seen: list[int] = field(default_factory=list)

    @property
    def overlapping(self) -> bool:
        return self.inner.overlapping

    async def transaction(self, work: Work[T]) -> T:
        return await self.inner.transaction(lambda tx: work(Watched(tx, self.seen)))

    async def snapshot(self, work: Work[T]) -> T:
        return await self.inner.snapshot(work)

    async def close(self) -> None:
        await self.inner.close()


async def test_a_warm_release_runs_the_same_statements_with_limits_as_without(stack: Stack) -> None:
    bob = await stack.caller("bob", "client:clinic")
    asked = Asked(bob, FragmentId("frg_letter"), "coordination")
    writer = stack.parts.writer
    writer.database = watching = Watching(writer.database)
    told = []
    for budgets in (writer.budgets, Budgets(writer.keys, {})):
        writer.budgets = budgets
        for _ in range(2):
            await stack.uses.release(asked)
        watching.seen.clear()
        assert isinstance(await stack.uses.release(asked), Released)
        told.append(tuple(watching.seen))
    assert told[0] == told[1]


async def test_unknown_and_hidden_ids_are_counted_and_refused_alike(stack: Stack) -> None:
    # Dia has no link with the child: what there is, is hidden from her.
    dia = await stack.caller("dia", "client:house")
    hidden = ["frg_letter", "frg_marks", "frg_report"]
    told = []
    for kind in (hidden, ["frg_none1", "frg_none2", "frg_none3"]):
        await let_the_hour_pass(stack)
        answers = []
        for name in [*names(18, "frg_x"), *kind, *kind]:
            answer = await stack.uses.release(Asked(dia, FragmentId(name), "coordination"))
            assert isinstance(answer, Refused)
            decision = answer.decision
            answers.append((decision.reasons, decision.disclose_existence, answer.retry_after_s))
        told.append(answers)
    assert told[0] == told[1]
    assert [one[0] == ("RATE_LIMITED",) for one in told[0]] == [False] * 20 + [True] + [False] * 2 + [True]


async def test_every_refusal_for_the_limit_is_an_entry(stack: Stack) -> None:
    dia = await stack.caller("dia", "client:house")
    before = len(await entries_of(stack))
    for name in names(25, "frg_x"):
        await stack.uses.decide_dry_run(Inquiry(dia, FragmentId(name), "coordination"))
    reasons = [row["reason"] for row in (await entries_of(stack))[before:]]
    assert reasons[20:] == ["RATE_LIMITED"] * 5
    assert "RATE_LIMITED" not in reasons[:20]
