"""The schema that the migrations make is the one that the code is written for."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.adapters.sql.migrations import sqlalchemy_url, upgrade
from gateway.adapters.sql.tables import metadata


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


async def differences_on_postgres(url: str) -> list[object]:
    engine = create_async_engine(sqlalchemy_url(url))
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(differences)
    finally:
        await engine.dispose()


def test_the_migrations_make_the_tables_on_sqlite(sqlite_url: str) -> None:
    asyncio.run(upgrade(sqlite_url))
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


def test_the_migrations_make_the_tables_on_postgres(postgres_url: str) -> None:
    asyncio.run(upgrade(postgres_url))
    assert asyncio.run(differences_on_postgres(postgres_url)) == []


@pytest.mark.parametrize("times", [2])
def test_a_second_upgrade_changes_nothing(store_url: str, times: int) -> None:
    for _ in range(times):
        asyncio.run(upgrade(store_url))
