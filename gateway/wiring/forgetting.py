"""The round that drops what need not be known any longer."""

import asyncio

from gateway.adapters.sql.proofs import forget_proofs
from gateway.domain.instants import Instant
from gateway.observe import Event
from gateway.wiring.parts import Parts

ROUND_S = 60.0
SLACK_US = 10_000_000
"""Kept for longer than it counts, by more than any two clocks may be apart."""


async def forget_forever(parts: Parts) -> None:
    """Go round every minute; what fails is tried again in the next round."""
    while True:
        await asyncio.sleep(ROUND_S)
        try:
            await forget(parts)
            await parts.rates.sweep()
        except Exception as error:  # noqa: BLE001 - one bad round must not end all that follow
            parts.log.line(Event.UNEXPECTED, failure=error)


async def forget(parts: Parts) -> int:
    """Drop the proofs that nobody would take any more; answers how many."""
    before = Instant(parts.clock.now() - SLACK_US)
    return await parts.database.transaction(lambda tx: forget_proofs(tx, before))
