"""Keep the token endpoint able to sign: a first key, another after ninety days, the spent ones destroyed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.acting import Done, Note
from gateway.domain.errors import ConflictError
from gateway.domain.issuer_keys import find_newest, is_due, list_spent
from gateway.domain.ledger import EntryKind
from gateway.ports import Clock, IssuerKeyStore, MakeIssuerKey

NoteOf = Callable[[EntryKind, Mapping[str, Any]], Note]
"""Says what an operator, or the process itself, did."""


@dataclass(frozen=True, slots=True)
class KeepIssuerKey:
    """Any number of processes may do this at once: one adds the key, the others find it added."""

    keys: IssuerKeyStore
    make: MakeIssuerKey
    clock: Clock
    note: NoteOf

    async def __call__(self) -> None:
        """Do whatever is due now.

        Raises:
            LedgerUnavailableError: Nothing was done; it is due again.
        """
        now = self.clock.now()
        keys = await self.keys.issuer_keys()
        if is_due(keys, now):
            try:
                await self.rotate()
            except ConflictError:
                return  # Another process was faster.
        for spent in list_spent(keys, now):
            note = self.note(EntryKind.KEY_DESTROYED, {"key": "token-signing", "kid": spent.kid})
            await self.keys.destroy_issuer_key(note, spent.kid)

    async def rotate(self, *, at_once: bool = False) -> Done:
        """Add a key, due or not.

        Raises:
            ConflictError: Another process has added one meanwhile.
        """
        newest = find_newest(await self.keys.issuer_keys())
        made = self.make()
        kind = EntryKind.KEY_CREATED if newest is None else EntryKind.KEY_ROTATED
        note = self.note(kind, {"key": "token-signing", "kid": made.kid, "at_once": at_once})
        after = None if newest is None else newest.kid
        return await self.keys.add_issuer_key(note, made, after=after, at_once=at_once)
