"""Give the newest signed checkpoint: public, without anything about anybody."""

from dataclasses import dataclass

from gateway.ports import LedgerStore


@dataclass(frozen=True, slots=True)
class ReadCheckpoint:
    """Reading it is no entry: who keeps a copy outside owes nobody an account of it."""

    ledger: LedgerStore

    async def __call__(self) -> str | None:
        """Answer the signed note, None before the first."""
        return await self.ledger.checkpoint()
