"""List the dossiers that a caller works with or stands behind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.asking import Refuse, Tried, denied, hidden
from gateway.domain.access import Refused
from gateway.domain.acting import Note
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.registry import PAGE, Page
from gateway.domain.vocabulary import EnforcementReason
from gateway.knowing import Knowing
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
    knowing: Knowing

    async def __call__(self, caller: Caller, *, after: str = "") -> Page | Refused:
        """Give the next `{id, person, created_at}`, persons by the caller's own handles; one entry a page.

        Of the family's, those that the policy lets her know of: an authority alone shows her none.
        """
        tried = Tried("list_dossiers", caller)
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        try:
            rows = await self._known(caller, after)
        except (PolicyUnavailableError, PolicyContractError):
            silent = denied(self.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            return await self.refuse(tried, silent, unavailable=True)
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

    async def _known(self, caller: Caller, after: str) -> list[Mapping[str, Any]]:
        """Read on until more than a page is found that she may know of, or there are no more."""
        found: list[Mapping[str, Any]] = []
        while True:
            rows = await self.lists.dossiers(caller, self.clock.now(), after, PAGE + 1)
            found += [
                row for row in rows if not caller.is_family or await self.knowing.still(caller, row["person"])
            ]
            if len(rows) <= PAGE or len(found) > PAGE:
                return found[: PAGE + 1]
            after = rows[-1]["id"]
