"""Schema changes, one file each; a change works with the previous release running (add, backfill, remove)."""

import asyncio
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, text

from gateway.domain.errors import LedgerUnavailableError

_CONNECT_S = 5
_HERE = Path(__file__).resolve().parent
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(7215623801)")
"""Workers that start together on an empty database: one makes the schema, the others find it made."""


async def upgrade(url: str) -> None:
    """Bring the database to this release's schema; a database that is there already is left alone.

    Raises:
        LedgerUnavailableError: The database does not answer, or is of a later release.
    """
    try:
        await asyncio.to_thread(_upgrade, url)
    except Exception as error:  # noqa: BLE001 - Alembic and both drivers raise what they like
        raise LedgerUnavailableError(f"the schema cannot be brought up ({type(error).__name__})") from None


def engine_of(url: str) -> Engine:
    """SQLAlchemy's engine on the same address as the gateway's own, which libpq reads whole."""
    if url.startswith("sqlite:"):
        return create_engine(url, hide_parameters=True)
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: psycopg.connect(url, connect_timeout=_CONNECT_S, target_session_attrs="primary"),
        hide_parameters=True,
    )


def _upgrade(url: str) -> None:
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            if engine.name == "postgresql":
                connection.execute(_ONE_AT_A_TIME)
            config = Config()
            config.set_main_option("script_location", str(_HERE))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
