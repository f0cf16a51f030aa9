"""What an act needs to seal what it writes: handles and record keys, made inside its own transaction."""

from dataclasses import dataclass

from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.numbers import row_number
from gateway.ports import RecordKeys


@dataclass(frozen=True, slots=True)
class Vault:
    """Seals small texts under record keys; never calls the key provider."""

    keys: RecordKeys
    owners: OwnerKeys

    async def seal(self, tx: Tx, owner: str, number: int, plain: bytes) -> bytes:
        """Seal what one row holds under its owner's record key, made now if there is none yet.

        Args:
            tx: The act's own transaction.
            owner: `person:…` or `agency:…`.
            number: Tells this row from every other one of the same owner.
            plain: What is sealed.
        """
        return self.keys.seal_attributes(await self.owners.make(tx, owner), number, plain)

    async def unseal(self, tx: Tx, owner: str, number: int, sealed: bytes) -> bytes:
        """Open what `seal` sealed in the same row.

        Raises:
            TamperedError: Another row's, another owner's, or altered.
            CorruptionError: The owner has no record key.
        """
        return self.keys.unseal_attributes(await self.owners.require(tx, owner), number, sealed)

    def number(self, kind: str, row: str) -> int:
        """Number a row that has an identifier, apart from every other one of its owner."""
        return row_number(self.keys, kind, row)


def account_owner(worker: str) -> str:
    """Name the record key of a worker's account; no person's identifier holds a `/`."""
    return f"person:account/{worker}"
