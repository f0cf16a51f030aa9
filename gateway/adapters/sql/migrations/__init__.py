"""Schema changes, one file each; a change works with the previous release running (add, backfill, remove)."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.domain.errors import LedgerUnavailableError

_HERE = Path(__file__).resolve().parent
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7215623801)")
"""Workers that start together on an empty database: one makes the schema, the others find it made."""


async def upgrade(url: str) -> None:
    """Bring the database to this release's schema; a database that is there already is left alone.

    Raises:
        LedgerUnavailableError: The database does not answer, or is of a later release.
    """
    try:
        if url.startswith("sqlite:"):
            await asyncio.to_thread(_upgrade_sqlite, url)
        else:
            engine = create_async_engine(sqlalchemy_url(url), hide_parameters=True)
            async with engine.begin() as connection:
                await connection.execute(_ONE_AT_A_TIME)
                await connection.run_sync(_upgrade)
            await engine.dispose()
    except Exception as error:  # noqa: BLE001 - Alembic and both drivers raise what they like
        raise LedgerUnavailableError(f"the schema cannot be brought up ({type(error).__name__})") from None


def sqlalchemy_url(url: str) -> str:
    """The same address as SQLAlchemy spells it, with the driver that we run."""
    return url.replace("postgresql://", "postgresql+asyncpg://", 1)


def _upgrade_sqlite(url: str) -> None:
    engine = create_engine(url, hide_parameters=True)
    with engine.begin() as connection:
        _upgrade(connection)
    engine.dispose()


def _upgrade(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
