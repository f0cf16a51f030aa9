"""Read a dossier's envelope: whom it is about, by the caller's own handle, and since when."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.asking import Refuse, Tried, denied, hidden
from gateway.domain.access import Refused
from gateway.domain.acting import Note
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import PolicyContractError, PolicyUnavailableError
from gateway.domain.ids import DecisionId, DossierId
from gateway.domain.ledger import EntryKind
from gateway.domain.limits import count_of_person
from gateway.domain.vocabulary import EnforcementReason
from gateway.knowing import Knowing
from gateway.ports import ActStore, Ids, ListStore, Policy
from gateway.reading import inactive, rests_on


@dataclass(frozen=True, slots=True)
class ReadDossier:
    lists: ListStore
    acts: ActStore
    refuse: Refuse
    policy: Policy
    ids: Ids
    knowing: Knowing

    async def __call__(self, caller: Caller, dossier: DossierId) -> Mapping[str, Any] | Refused:
        """Give `{id, person, created_at}`; absent and "not hers" are refused alike."""
        tried = Tried("read_dossier", caller, {"dossier": dossier})
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        try:
            row = await self.knowing.dossier(caller, dossier)
        except (PolicyUnavailableError, PolicyContractError):
            silent = denied(self.policy.digest, EnforcementReason.POLICY_UNAVAILABLE)
            return await self.refuse(tried, silent, unavailable=True)
        handle = None if row is None else await self.lists.handle_of(caller.agency, row["person"])
        if row is None or handle is None:
            return await self.refuse(tried, hidden(self.policy.digest))
        note = Note(
            kind=EntryKind.LOOKED_UP,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"dossier": dossier},
            person=row["person"],
            epochs=rests_on(caller),
            counts=count_of_person(caller, row["person"]),
        )
        try:
            await self.acts.note_act(note)
        except ActRefusedError as refused:
            why = refused.objection
            refusal = hidden(self.policy.digest, why.reason)
            return await self.refuse(tried, refusal, retry_after_s=why.retry_after_s)
        return {"id": row["id"], "person": handle, "created_at": row["created_at"]}
