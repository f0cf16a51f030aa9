"""The servers that the other suites stand on are real, durable and empty."""

import sqlite3

import asyncpg


async def test_a_database_of_the_session_server_is_empty_and_keeps_its_durability(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW full_page_writes") == "on"
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
        assert await connection.fetchval("SELECT count(*) FROM pg_stat_user_tables") == 0
    finally:
        await connection.close()


async def test_two_tests_never_share_a_database(postgres_url: str) -> None:
    connection = await asyncpg.connect(postgres_url)
    try:
        await connection.execute("CREATE TABLE only_here (n int)")
        assert await connection.fetchval("SELECT count(*) FROM pg_stat_user_tables") == 1
    finally:
        await connection.close()


def test_an_sqlite_url_names_a_file_that_can_be_made(sqlite_url: str) -> None:
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    connection.execute("CREATE TABLE t (n int)")
    connection.close()
