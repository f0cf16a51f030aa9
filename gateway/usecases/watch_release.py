"""Look after an answer that takes long to send: stop it when what it rests on no longer stands."""

from dataclasses import dataclass

from gateway.domain.access import Recorded
from gateway.domain.acting import Note
from gateway.domain.errors import UnavailableError
from gateway.domain.ids import DecisionId
from gateway.domain.ledger import EntryKind
from gateway.ports import ActStore, Ids, WatchStore
from gateway.releasing import Asked, Released


@dataclass(frozen=True, slots=True)
class WatchRelease:
    """Asked every 1 MiB or 250 ms; silence of the store is a no."""

    store: WatchStore
    acts: ActStore
    ids: Ids

    async def stands(self, asked: Asked, released: Released) -> bool:  # noqa: ARG002 - the port's shape
        """Whether everything the release rests on still stands: its epochs, and `valid_until`.

        Raises:
            LedgerUnavailableError: The store does not say: the answer stops.
        """
        return await self.store.stands(released.epochs, released.valid_until)

    async def cut(
        self, asked: Asked, released: Released, *, sent_bytes: int, total_bytes: int
    ) -> Recorded | None:
        """Record that the answer was stopped, and how much of it had left; None if that cannot be written."""
        note = Note(
            kind=EntryKind.RELEASE_CUT,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=asked.caller,
            detail={
                "release": released.entry.decision_id,
                "sent_bytes": sent_bytes,
                "total_bytes": total_bytes,
            },
            outcome="deny",
            purpose=asked.purpose,
            person=released.ref.person,
            owner=released.ref.owner,
            fragment=released.ref.id,
        )
        try:
            return await self.acts.refuse_act(note)
        except UnavailableError:
            return None
