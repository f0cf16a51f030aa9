"""Challenges that authenticators answer, each used up by the first who answers it.

One for an account is a row until it is answered. One to all is no row until it is: whoever opens a page
costs nothing, so that nobody has to be counted. It is

    32 bytes noise || 8 bytes until when it holds (microseconds, big-endian) || 32 bytes HMAC of both
"""

import hmac

from sqlalchemy import bindparam, delete, insert
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import challenges
from gateway.domain.instants import HOUR_US, Instant
from gateway.ports import RecordKeys

SWEPT_US = HOUR_US

_SAID, _MAC = 40, 32

_PUT = insert(challenges)
_USE = upsert(challenges).on_conflict_do_nothing()
_SWEEP = delete(challenges).where(challenges.c.expires_at < bindparam("before"))
_TAKE = (
    delete(challenges)
    .where(challenges.c.challenge == bindparam("of_challenge"))
    .returning(challenges.c.account, challenges.c.expires_at)
)


def make_challenge(keys: RecordKeys, noise: bytes, until: Instant) -> bytes:
    """Make one by which anybody may come in, of 32 random bytes."""
    said = noise + until.to_bytes(8, "big")
    return said + keys.secret_handle("challenge_to_all", said)


def find_end(keys: RecordKeys, challenge: bytes) -> Instant | None:
    """Find until when a challenge to all holds; None for one that this gateway did not make."""
    said, mac = challenge[:_SAID], challenge[_SAID:]
    if len(challenge) != _SAID + _MAC:
        return None
    is_ours = hmac.compare_digest(mac, keys.secret_handle("challenge_to_all", said))
    return Instant(int.from_bytes(said[-8:], "big")) if is_ours else None


async def use_challenge(tx: Tx, challenge: bytes, until: Instant) -> bool:
    """Use up one to all; False where somebody has. The row stays for as long as the challenge holds."""
    is_first = await tx.run(_USE, challenge=challenge, account=None, expires_at=until) > 0
    await tx.run(_SWEEP, before=until - SWEPT_US)
    return is_first


async def put_challenge(tx: Tx, challenge: bytes, account: str, until: Instant) -> None:
    """Keep one until somebody answers it, and sweep those that nobody did."""
    await tx.run(_PUT, challenge=challenge, account=account, expires_at=until)
    await tx.run(_SWEEP, before=until - SWEPT_US)


async def take_challenge(tx: Tx, challenge: bytes, account: str, at: Instant) -> bool:
    """Use one up, whatever comes of it; False where there is none of this account, or it is over.

    One statement deletes and answers, so that of two who come at once one finds it.
    """
    row = await tx.one(_TAKE, of_challenge=challenge)
    return row is not None and row["account"] == account and at < row["expires_at"]
