"""List the open cases of an officer's agency: emergency accesses to review, guardians who disagree."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.access import Refused
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.instants import FAR_FUTURE
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE
from gateway.ports import Clock, ListStore, TellingStore
from gateway.registering import Errand, Registrar


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """The soonest due first, those without a term last; `next_after` asks for the next ones: (due_at, id)."""

    rows: tuple[Mapping[str, Any], ...]
    next_after: tuple[int, str] | None


@dataclass(frozen=True, slots=True)
class ListReviews:
    """Those of her own agency; of every agency for an officer of the whole network."""

    registrar: Registrar
    telling: TellingStore
    lists: ListStore
    clock: Clock

    async def __call__(self, caller: Caller, *, after: tuple[int, str] | None = None) -> ReviewPage | Refused:
        """Give rows as `TellingStore` does, with `overdue`; `person` as a handle of the caller's agency."""
        errand = Errand(caller, Act.REVIEW, EntryKind.LISTED, caller.agency, {"what": "reviews"})
        answer = await self.registrar(errand, self.registrar.acts.note_act)
        if isinstance(answer, Refused):
            return answer
        agency = None if caller.network_wide else caller.agency
        rows = await self.telling.reviews(agency, after, PAGE + 1)
        shown = tuple([await self._shown(caller, row) for row in rows[:PAGE]])
        return ReviewPage(shown, _place(shown[-1]) if len(rows) > PAGE else None)

    async def _shown(self, caller: Caller, row: Mapping[str, Any]) -> Mapping[str, Any]:
        overdue = row["due_at"] is not None and row["due_at"] <= self.clock.now()
        handle = await self.lists.handle_of(caller.agency, row["person"])
        return {**row, "person": handle, "overdue": overdue}


def _place(row: Mapping[str, Any]) -> tuple[int, str]:
    return (FAR_FUTURE if row["due_at"] is None else row["due_at"], row["id"])
