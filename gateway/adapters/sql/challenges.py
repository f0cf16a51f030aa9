"""Challenges that authenticators answer: each is a row, and is used up by the first who answers it."""

from sqlalchemy import bindparam, delete, insert

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import challenges
from gateway.domain.instants import HOUR_US, Instant

SWEPT_US = HOUR_US

_PUT = insert(challenges)
_SWEEP = delete(challenges).where(challenges.c.expires_at < bindparam("before"))
_TAKE = (
    delete(challenges)
    .where(challenges.c.challenge == bindparam("of_challenge"))
    .returning(challenges.c.account, challenges.c.expires_at)
)


async def put_challenge(tx: Tx, challenge: bytes, account: str | None, until: Instant) -> None:
    """Keep one until somebody answers it, and sweep those that nobody did."""
    await tx.run(_PUT, challenge=challenge, account=account, expires_at=until)
    await tx.run(_SWEEP, before=until - SWEPT_US)


async def take_challenge(tx: Tx, challenge: bytes, account: str | None, at: Instant) -> bool:
    """Use one up, whatever comes of it; False where there is none of this account, or it is over.

    One statement deletes and answers, so that of two who come at once one finds it.
    """
    row = await tx.one(_TAKE, of_challenge=challenge)
    return row is not None and row["account"] == account and at < row["expires_at"]
