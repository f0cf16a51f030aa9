"""The schema that the migrations make is the one that the code is written for."""

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from gateway.adapters.sql.migrations import engine_of, upgrade
from gateway.adapters.sql.tables import metadata


def differences(connection: Connection) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def test_the_migrations_make_the_tables(store_url: str) -> None:
    asyncio.run(upgrade(store_url))
    engine = engine_of(store_url)
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


@pytest.mark.parametrize("times", [2])
def test_a_second_upgrade_changes_nothing(store_url: str, times: int) -> None:
    for _ in range(times):
        asyncio.run(upgrade(store_url))
