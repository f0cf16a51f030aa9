"""Erase a fragment: its owner's act; its data keys go first, then everything sealed under them."""

import asyncio
from dataclasses import dataclass, replace

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import PreconditionRequiredError
from gateway.domain.ids import AgencyId, FragmentId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.ports import ActStore, Content, LedgerStore, ListStore
from gateway.registering import Errand, Registrar, proven
from gateway.showing import Show, Shown


@dataclass(frozen=True, slots=True)
class Erasure:
    caller: Caller
    fragment: FragmentId
    if_match: str | None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class EraseFragment:
    """What was released before stays released; what the ledger says of it stays readable."""

    lists: ListStore
    acts: ActStore
    ledger: LedgerStore
    registrar: Registrar
    show: Show
    content: Content

    async def __call__(self, asked: Erasure) -> Done | Refused:
        """Erase every version; `reference` is `{fragment, etag, content}`.

        Raises:
            PreconditionRequiredError: No etag.
            PreconditionFailedError: The fragment has changed, or is erased already.
        """
        if_match = asked.if_match
        if if_match is None:
            raise PreconditionRequiredError("an erasure needs If-Match", field="If-Match")
        # 1. Only the owner's own; anybody else's is as if it did not exist.
        row = await self.lists.fragment(asked.fragment)
        own = row is not None and asked.caller.belongs_to(AgencyId(row["owner"]))
        errand = Errand(
            asked.caller,
            Act.DELETE,
            EntryKind.ERASED,
            asked.caller.agency if own else None,
            {"asked": asked.fragment},
            PersonId(row["person"]) if row is not None and own else None,
            asked.once,
        )
        if row is None or not own:
            return await self.registrar(errand, self.acts.note_act)
        owner = AgencyId(row["owner"])

        async def do(note: Note) -> Done:
            told = replace(note, fragment=asked.fragment, owner=owner, tells={"category": row["category"]})
            told = await self.show(told, Shown(asked.caller, EntryKind.ERASED, (asked.fragment,)))
            return await self.acts.erase(told, asked.fragment, if_match)

        # 2. Destroy the keys and what is in the database, with the entry.
        done = await self.registrar(errand, do)
        if isinstance(done, Refused):
            return done
        # 3. Then the sealed content that nothing links any more; a crash before leaves it without a key.
        for name in done.reference["content"]:
            await asyncio.to_thread(self.content.delete, name)
        return await proven(done, self.ledger)
