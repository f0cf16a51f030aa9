"""Look after an answer that takes long to send: stop it when what it rests on no longer stands."""

from dataclasses import dataclass

from gateway.domain.access import Recorded
from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.facts import Epochs, FragmentRef
from gateway.domain.ids import DecisionId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.ports import ActStore, Ids, WatchStore


@dataclass(frozen=True, slots=True)
class Leaving:
    """A release on its way out, as its entry recorded it."""

    caller: Caller
    purpose: str
    ref: FragmentRef
    entry: Recorded
    epochs: Epochs
    until: Instant


@dataclass(frozen=True, slots=True)
class WatchRelease:
    """Asked every 1 MiB or 250 ms; silence of the store is a no."""

    store: WatchStore
    acts: ActStore
    ids: Ids

    async def __call__(self, leaving: Leaving) -> bool:
        """Whether the answer may go on.

        Raises:
            LedgerUnavailableError: The store does not say: the answer stops.
        """
        return await self.store.stands(leaving.epochs, leaving.until)

    async def cut(self, leaving: Leaving, *, sent_bytes: int, left_bytes: int) -> Recorded:
        """Record that the answer was stopped, and how much of it had left."""
        note = Note(
            kind=EntryKind.RELEASE_CUT,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=leaving.caller,
            detail={
                "release": leaving.entry.decision_id,
                "sent_bytes": sent_bytes,
                "left_bytes": left_bytes,
            },
            outcome="deny",
            purpose=leaving.purpose,
            person=leaving.ref.person,
            owner=leaving.ref.owner,
            fragment=leaving.ref.id,
        )
        return await self.acts.refuse_act(note)
