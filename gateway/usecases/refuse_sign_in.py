"""Record that somebody proved to be nobody whom the gateway knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gateway.domain.acting import Note
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.domain.way import Way
from gateway.ports import ActStore, Ids


@dataclass(frozen=True, slots=True)
class RefuseSignIn:
    """For a way in that found no account; whoever asked is told nothing of why."""

    acts: ActStore
    ids: Ids

    async def __call__(self, way: Way, detail: Mapping[str, Any]) -> None:
        """Record it; `detail` goes sealed into the officers' part and holds no secret that was tried.

        Raises:
            LedgerUnavailableError: It could not be recorded.
        """
        note = Note(
            kind=EntryKind.SIGN_IN_REFUSED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=None,
            detail={"way": str(way), **detail},
            outcome="deny",
            reason="NO_RELATIONSHIP",
        )
        await self.acts.refuse_act(note)
