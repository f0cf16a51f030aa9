"""List the dossiers that a caller works with or stands behind."""

from dataclasses import dataclass

from gateway.asking import Refuse, Tried, hidden
from gateway.domain.access import Refused
from gateway.domain.acting import Note
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.ports import ActStore, Clock, Ids, ListStore, Policy
from gateway.reading import inactive, rests_on


@dataclass(frozen=True, slots=True)
class ListDossiers:
    lists: ListStore
    acts: ActStore
    refuse: Refuse
    policy: Policy
    clock: Clock
    ids: Ids

    async def __call__(self, caller: Caller, *, after: str = "") -> Page | Refused:
        """Give the next `{id, person, created_at}`, persons by the caller's own handles; one entry a page."""
        tried = Tried("list_dossiers", caller)
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        rows = await self.lists.dossiers(caller, self.clock.now(), after, PAGE + 1)
        named = [(row, await self.lists.handle_of(caller.agency, row["person"])) for row in rows]
        shown = [
            {"id": row["id"], "person": handle, "created_at": row["created_at"]}
            for row, handle in named
            if handle is not None
        ]
        note = Note(
            kind=EntryKind.LISTED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"dossiers": [one["id"] for one in shown[:PAGE]]},
            epochs=rests_on(caller),
        )
        try:
            await self.acts.note_act(note)
        except ActRefusedError as refused:
            return await self.refuse(tried, hidden(self.policy.digest, refused.objection.reason))
        return Page.of(shown, PAGE)
