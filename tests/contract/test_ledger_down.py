"""Where the ledger cannot be written nothing is opened, nobody waits for long, and it ends by itself."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.sqlite import SqliteDatabase
from gateway.domain.access import Refused
from gateway.domain.acting import Done
from gateway.domain.errors import LedgerUnavailableError
from gateway.domain.ids import ConsentId
from gateway.domain.keys import KeyPath
from gateway.domain.vocabulary import Role
from gateway.ports import DataKey
from gateway.releasing import Asked, Released
from gateway.usecases.release_fragment import ReleaseFragment
from gateway.usecases.withdraw_consent import Withdrawal
from tests.support.race_attempts import LETTER, asking, entries_of, judge_of
from tests.support.race_network import FAMILY
from tests.support.stack import Stack, open_stack

ON_POSTGRES = pytest.mark.parametrize("store_url", ["postgres"], indirect=True)


@pytest.fixture
async def stack(store_url: str, tmp_path: Path) -> AsyncIterator[Stack]:
    async with open_stack(store_url, tmp_path / "state") as opened:
        yield opened


@dataclass
class WatchedSeals:
    """The real seals; counts what is opened with the keys it hands out."""

    inner: Any
    opened: list[int] = field(default_factory=list)

    async def unwrap(self, path: KeyPath, *named: Any) -> DataKey:  # noqa: ANN401 - as the port's
        key: DataKey = await self.inner.unwrap(path, *named)
        return _WatchedKey(key, self.opened)  # type: ignore[return-value] # all that a release asks of it


class _WatchedKey:
    def __init__(self, inner: DataKey, opened: list[int]) -> None:
        self._inner, self._opened = inner, opened

    def unseal(self, *args: Any) -> bytes:  # noqa: ANN401 - as the port's
        self._opened.append(1)
        return self._inner.unseal(*args)


class Broken:
    """A driver's connection on which COMMIT fails: undone, or done with its answer lost."""

    def __init__(self, inner: Any, error: Exception, *, after: bool) -> None:  # noqa: ANN401 - of either driver
        self._inner, self._error, self._after = inner, error, after
        self._commits = False

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the driver has
        return getattr(self._inner, name)

    def execute(self, sql: str, *args: Any) -> Any:  # noqa: ANN401 - as the driver's
        if sql != "COMMIT":
            return self._inner.execute(sql, *args)
        if self._after:
            self._inner.execute(sql)
        raise self._error

    def send(self, sql: str, values: Sequence[object] = ()) -> None:
        self._commits = sql == "COMMIT"
        if not self._commits or self._after:
            self._inner.send(sql, values)

    async def flight(self) -> Any:  # noqa: ANN401 - as the driver's
        if self._commits:
            if self._after:
                await self._inner.flight()
            raise self._error
        return await self._inner.flight()


@asynccontextmanager
async def commit_fails(stack: Stack, *, after: bool) -> AsyncIterator[None]:
    """Let every commit fail until the block ends."""
    database: Any = stack.parts.database
    if isinstance(database, SqliteDatabase):
        kept = database._writer
        error: Exception = sqlite3.OperationalError("disk I/O error")
        vars(database)["_writer"] = Broken(kept, error, after=after)
        yield
        vars(database)["_writer"] = kept
        return
    held = database._held
    error = psycopg.OperationalError("connection was closed")

    async def broken() -> Broken:
        return Broken(await held(), error, after=after)

    vars(database)["_held"] = broken
    yield
    vars(database)["_held"] = held


async def release(stack: Stack, seals: WatchedSeals | None = None) -> Released | Refused:
    parts = stack.parts
    way = ReleaseFragment(parts.store, judge_of(stack), parts.state.keyring, parts.content, parts.ids)
    if seals is not None:
        way = replace(way, seals=seals)  # type: ignore[arg-type] # all that a release asks of it
    return await way(Asked(await asking(stack), LETTER, "coordination"))


@pytest.mark.parametrize("after", [False, True], ids=["before it is done", "after: its answer is lost"])
async def test_where_a_commit_fails_all_fail_and_nothing_is_opened(stack: Stack, *, after: bool) -> None:
    seals = WatchedSeals(stack.parts.state.keyring)
    async with commit_fails(stack, after=after):
        answers = await asyncio.gather(*(release(stack, seals) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in answers] == [LedgerUnavailableError] * 5
    assert seals.opened == []
    assert isinstance(await release(stack, seals), Released)
    assert seals.opened == [1]


async def test_where_a_commit_fails_an_act_has_no_effect(stack: Stack) -> None:
    parent = await stack.caller(*FAMILY, Role.GUARDIAN)
    asked = Withdrawal(parent, ConsentId("cns_1"), "family_access")
    async with commit_fails(stack, after=False):
        with pytest.raises(LedgerUnavailableError):
            await stack.uses.withdraw_consent(asked)
    line = await stack.parts.registry.directive(ConsentId("cns_1"))
    assert line is not None
    assert line.withdrawn_at is None
    assert isinstance(await stack.uses.withdraw_consent(asked), Done)


@ON_POSTGRES
async def test_work_whose_statement_failed_is_never_reported_as_committed(stack: Stack) -> None:
    async def work(tx: Tx) -> str:
        await tx.run(text("DELETE FROM journal"))
        with suppress(LedgerUnavailableError):
            await tx.run(text("DELETE FROM no_such_table"))
        return "done"

    with pytest.raises(LedgerUnavailableError):
        await stack.parts.database.transaction(work)


@asynccontextmanager
async def head_held(url: str) -> AsyncIterator[None]:
    """Another session holds the ledger's head until the block ends."""
    if url.startswith("sqlite"):
        other = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
            other.close()
        return
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    try:
        await connection.execute("BEGIN")
        await connection.execute("SELECT 1 FROM ledger_head FOR UPDATE")
        yield
    finally:
        await connection.close()


@pytest.mark.timeout(60)  # It ends by itself; how fast is no matter of pass or fail on a busy machine.
async def test_a_head_that_somebody_else_holds_is_not_waited_for_long(stack: Stack, store_url: str) -> None:
    parent = await stack.caller(*FAMILY, Role.GUARDIAN)
    before = await entries_of(stack)
    async with head_held(store_url):
        with pytest.raises(LedgerUnavailableError):
            await release(stack)
        with pytest.raises(LedgerUnavailableError):
            await stack.uses.withdraw_consent(Withdrawal(parent, ConsentId("cns_1"), "family_access"))
    assert await entries_of(stack) == before
    assert isinstance(await release(stack), Released)
    assert isinstance(
        await stack.uses.withdraw_consent(Withdrawal(parent, ConsentId("cns_1"), "family_access")), Done
    )


async def end_sessions(url: str) -> None:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()


@ON_POSTGRES
async def test_ended_sessions_are_replaced_without_a_restart(stack: Stack, store_url: str) -> None:
    recorded = []
    for _ in range(3):
        await end_sessions(store_url)
        for _ in range(8):
            with suppress(LedgerUnavailableError):
                recorded.append((await release(stack)).entry)
    indices = [one.index for one in recorded if one is not None]
    assert len(indices) >= 9
    assert [row["index"] for row in await entries_of(stack, indices[0])] == indices


@ON_POSTGRES
async def test_a_session_that_ends_while_it_waits_for_the_head_fails_what_waited(
    stack: Stack, store_url: str
) -> None:
    before = await entries_of(stack)
    async with head_held(store_url):
        waiting = [asyncio.create_task(release(stack)) for _ in range(3)]
        await asyncio.sleep(0.3)
        await end_waiting(store_url)
        answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in answers] == [LedgerUnavailableError] * 3
    assert await entries_of(stack) == before
    assert isinstance(await release(stack), Released)


async def end_waiting(url: str) -> None:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    ended = await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    assert ended.rowcount == 1
    await connection.close()


@ON_POSTGRES
async def test_the_writer_commits_durably_whatever_the_servers_defaults(stack: Stack, store_url: str) -> None:
    connection = await psycopg.AsyncConnection.connect(store_url, autocommit=True)
    name = connection.info.dbname
    await connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    await connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_isolation = "repeatable read"')
    await connection.close()
    await end_sessions(store_url)

    async def shown(tx: Tx) -> tuple[str, str]:
        rows = [await tx.one(text(f"SHOW {one}")) for one in ("synchronous_commit", "transaction_isolation")]
        return tuple(next(iter(row.values())) for row in rows if row is not None)

    with suppress(LedgerUnavailableError):
        await stack.parts.database.transaction(shown)
    assert await stack.parts.database.transaction(shown) == ("on", "read committed")


@ON_POSTGRES
async def test_who_goes_away_while_the_head_is_held_is_recorded_once_it_is_free(
    stack: Stack, store_url: str
) -> None:
    before = len(await entries_of(stack))
    async with head_held(store_url):
        waiting = asyncio.create_task(release(stack))
        await asyncio.sleep(0.3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert isinstance(await release(stack), Released)
    assert len(await entries_of(stack)) == before + 2


@ON_POSTGRES
async def test_an_act_that_is_cut_while_it_waits_leaves_nothing_behind_and_may_be_sent_again(
    stack: Stack, store_url: str
) -> None:
    parent = await stack.caller(*FAMILY, Role.GUARDIAN)
    asked = Withdrawal(parent, ConsentId("cns_1"), "family_access")
    async with head_held(store_url):
        waiting = asyncio.create_task(stack.uses.withdraw_consent(asked))
        await asyncio.sleep(0.3)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    line = await stack.parts.registry.directive(ConsentId("cns_1"))
    assert line is not None
    assert line.withdrawn_at is None
    assert isinstance(await stack.uses.withdraw_consent(asked), Done)
