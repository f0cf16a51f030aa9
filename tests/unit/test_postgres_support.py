"""The servers that the other suites stand on are real, durable and empty."""

import sqlite3
from typing import Any, LiteralString

import psycopg


def shown(connection: "psycopg.Connection[Any]", statement: LiteralString) -> object:
    row = connection.execute(statement).fetchone()
    return None if row is None else row[0]


def test_a_database_of_the_session_server_is_empty_and_keeps_its_durability(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        assert shown(connection, "SHOW fsync") == "on"
        assert shown(connection, "SHOW full_page_writes") == "on"
        assert shown(connection, "SHOW synchronous_commit") == "on"
        assert shown(connection, "SELECT count(*) FROM pg_stat_user_tables") == 0


def test_two_tests_never_share_a_database(postgres_url: str) -> None:
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE only_here (n int)")
        assert shown(connection, "SELECT count(*) FROM pg_stat_user_tables") == 1


def test_an_sqlite_url_names_a_file_that_can_be_made(sqlite_url: str) -> None:
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))
    connection.execute("CREATE TABLE t (n int)")
    connection.close()
