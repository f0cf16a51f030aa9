"""PostgreSQL as we speak to it: what goes comes back, in order, and whatever fails ends the session."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from typing import LiteralString

import psycopg
import pytest
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData, Table, Text, insert, select, text

from gateway.adapters.sql.database import open_database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.link import LOST, Link, rows_of
from gateway.domain.errors import LedgerUnavailableError

things = Table(
    "things", MetaData(), Column("n", BigInteger), Column("name", Text), Column("raw", LargeBinary)
)
_TABLE: LiteralString = "CREATE TABLE things (n bigint, name text, raw bytea)"
_ADD = insert(things)
_ALL = select(things).order_by(things.c.n)


@pytest.fixture
async def link(postgres_url: str) -> AsyncIterator[Link]:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE things (n bigint, name text, raw bytea, yes boolean)")
    opened = await Link.open(postgres_url, primary=True, patience_s=1)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("n", -(2**63)),
        ("n", 2**63 - 1),
        ("n", None),
        ("name", ""),
        ("name", "Élodie 🌲"),
        ("raw", b""),
        ("raw", bytes(range(256)) * 30_000),
        ("yes", True),
        ("yes", False),
    ],
)
async def test_what_is_written_is_read(link: Link, column: str, value: object) -> None:
    link.send(f"INSERT INTO things ({column}) VALUES ($1)", [value])
    link.send(f"SELECT {column} FROM things")
    assert rows_of(await link.flight()) == [{column: value}]


async def test_a_text_with_a_nul_is_refused_and_not_cut_short(link: Link) -> None:
    link.send("INSERT INTO things (name) VALUES ($1)", ["before\0after"])
    with pytest.raises(psycopg.Error):
        await link.flight()
    assert link.closed


async def test_what_follows_a_statement_that_fails_does_not_run(link: Link, postgres_url: str) -> None:
    link.send("BEGIN")
    link.send("INSERT INTO things (n) VALUES ($1)", [1])
    link.send("SELECT 1 / 0")
    link.send("COMMIT")
    with pytest.raises(psycopg.Error):
        await link.flight()
    assert link.closed
    again = await Link.open(postgres_url, primary=True)
    again.send("SELECT n FROM things")
    assert rows_of(await again.flight()) == []
    again.close()


async def test_a_session_that_the_server_ends_under_way_is_noticed_at_once(
    link: Link, postgres_url: str
) -> None:
    link.send("SELECT pg_backend_pid() AS pid")
    pid = rows_of(await link.flight())[0]["pid"]
    link.send("SELECT 1 FROM pg_sleep(30)")
    waiting = asyncio.create_task(link.flight())
    await asyncio.sleep(0.1)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(psycopg.OperationalError):
        await waiting
    assert link.closed


async def test_two_tasks_never_share_a_session(link: Link) -> None:
    link.send("SELECT 1 FROM pg_sleep(0.3)")
    first = asyncio.create_task(link.flight())
    await asyncio.sleep(0.1)
    with pytest.raises(RuntimeError):
        await link.flight()
    assert rows_of(await first)


async def test_who_waits_when_a_session_is_closed_is_told(link: Link) -> None:
    link.send("SELECT 1 FROM pg_sleep(30)")
    waiting = asyncio.create_task(link.flight())
    await asyncio.sleep(0.1)
    link.close()
    with pytest.raises(psycopg.OperationalError):
        await waiting


async def test_a_read_that_was_given_up_ends_on_the_server_too(postgres_url: str) -> None:
    database = await open_database(postgres_url)
    with pytest.raises(LedgerUnavailableError):
        await database.snapshot(lambda tx: tx.one(text("SELECT 1 FROM pg_sleep(30)")))
    await asyncio.sleep(0.5)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        left = connection.execute("SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(30)%'")
        assert len(left.fetchall()) == 1  # This one itself.
    await database.close()


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
async def test_a_server_that_may_lose_a_commit_is_refused_and_its_session_ended(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    ended: list[Link] = []
    send, close = Link.send, Link.close

    def send_altered(link: Link, sql: str, values: Sequence[object] = ()) -> None:
        send(link, f"SELECT 'off'::text AS {setting}" if sql == f"SHOW {setting}" else sql, values)

    def close_counted(link: Link) -> None:
        ended.append(link)
        close(link)

    monkeypatch.setattr(Link, "send", send_altered)
    monkeypatch.setattr(Link, "close", close_counted)
    with pytest.raises(LedgerUnavailableError):
        await open_database(postgres_url)
    assert len(set(ended)) == 1
    assert all(one.closed for one in ended)


async def test_a_flight_that_does_not_land_is_given_up(link: Link) -> None:
    link.send("SELECT 1 FROM pg_sleep(30)")
    with pytest.raises(TimeoutError):
        await link.flight()
    assert link.closed
    with pytest.raises(LOST):
        link.send("SELECT 1")


@pytest.mark.parametrize("count", [0, 1, 2, 37])
async def test_any_number_of_rows_goes_in_whole_and_in_order(store_url: str, count: int) -> None:
    rows = [{"n": n, "name": None if n % 3 else f"n{n}", "raw": bytes([n])} for n in range(count)]
    database = await open_database(store_url)

    async def work(tx: Tx) -> list[dict[str, object]]:
        await tx.run_many(_ADD, rows)
        return [dict(row) for row in await tx.all(_ALL)]

    await make_things(store_url)
    assert await database.transaction(work) == rows
    await database.close()


async def make_things(url: str) -> None:
    if url.startswith("sqlite"):
        file = sqlite3.connect(url.removeprefix("sqlite:///"))
        file.execute(_TABLE)
        file.close()
        return
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TABLE)


async def test_what_was_set_off_is_answered_for_by_the_next_flight(link: Link) -> None:
    link.send("INSERT INTO things (n) VALUES ($1)", [1])
    link.set_off()
    await asyncio.sleep(0.05)
    link.send("INSERT INTO things (n) VALUES ($1)", [2])
    link.set_off()
    link.send("SELECT n FROM things ORDER BY n")
    assert rows_of(await link.flight()) == [{"n": 1}, {"n": 2}]
    link.send("SELECT 3 AS n")
    assert rows_of(await link.flight()) == [{"n": 3}]


async def test_what_was_set_off_and_failed_fails_the_next_flight(link: Link) -> None:
    link.send("BEGIN")
    link.send("SELECT 1 / 0")
    link.set_off()
    await asyncio.sleep(0.05)
    link.send("INSERT INTO things (n) VALUES ($1)", [2])
    link.send("COMMIT")
    with pytest.raises(psycopg.Error):
        await link.flight()
    assert link.closed


async def test_a_worker_that_stops_with_rows_set_off_holds_its_lock_no_longer_than_it_may(
    postgres_url: str, link: Link
) -> None:
    link.send("INSERT INTO things (n) VALUES (1)")
    await link.flight()
    settings = {"idle_in_transaction_session_timeout": "300"}
    stopped = await Link.open(postgres_url, primary=True, settings=settings)
    stopped.send("BEGIN")
    stopped.send("SELECT n FROM things FOR UPDATE")
    await stopped.flight()
    stopped.send("INSERT INTO things (n) VALUES (2)")
    stopped.set_off()
    # The link fixture waits a second for an answer, then gives up.
    link.send("SELECT n FROM things FOR UPDATE")
    assert rows_of(await link.flight()) == [{"n": 1}]
    stopped.close()
