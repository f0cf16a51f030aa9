"""Tell families what was held back for a time that is over: nobody has to remember it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.disclosing import Disclosing
from gateway.domain.acting import Note
from gateway.domain.errors import ConflictError
from gateway.domain.holding import AGAIN_US, HELD, Lift
from gateway.domain.ids import DecisionId, NoticeId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.ports import Clock, Ids, TellingActs, TellingStore

AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class TellDue:
    """Runs every minute in the process that signs; each notice has an entry of its own."""

    telling: TellingStore
    acts: TellingActs
    disclosing: Disclosing
    clock: Clock
    ids: Ids
    failed: Callable[[NoticeId, Exception], None]
    """Is given what one notice failed with; the others are told all the same."""

    async def __call__(self) -> int:
        """Tell what is due; gives how many notices were told. One that fails is tried again next round.

        Raises:
            UnavailableError: What is due cannot be read; the next round goes on.
        """
        now, told = self.clock.now(), 0
        after = (Instant(0), NoticeId(""))
        # Page after page: those that fail stay due, and must not keep the later ones from their turn.
        while due := await self.telling.due(now, AT_ONCE, after):
            told += sum([await self._try(notice, now) for _, notice in due])
            after = due[-1]
        return told

    async def _try(self, notice: NoticeId, now: Instant) -> bool:
        try:
            return await self._tell(notice, now)
        except Exception as error:  # noqa: BLE001 - whatever one fails with, the others are told
            self.failed(notice, error)
            return False

    async def _tell(self, notice: NoticeId, now: Instant) -> bool:
        row = await self.telling.notice(notice)
        if row is None or row["kind"] != HELD:
            return False
        try:
            await self._require_turn(row)
            note = self._note(EntryKind.DISCLOSED, notice)
            written, says = await self.disclosing(row, note, Lift.DELAY_OVER)
        except ConflictError:
            until = Instant(now + AGAIN_US)
            note = self._note(EntryKind.NOTICE_DELAYED, notice, PersonId(row["person"]))
            await self.acts.delay(note, notice, until)
            return False
        await self.acts.tell(written, notice, says)
        return True

    async def _require_turn(self, row: Mapping[str, Any]) -> None:
        """What is said of an earlier entry waits until its recipient is told of that one.

        Raises:
            ConflictError: She is not, and it is still held.
        """
        earlier = row["says"].get("of_entry")
        if earlier is None:
            return
        if (await self.telling.reach(DecisionId(earlier))).waits(PersonId(row["recipient"])):
            raise ConflictError("the entry that it says more of is not told yet")

    def _note(self, kind: EntryKind, notice: NoticeId, person: PersonId | None = None) -> Note:
        detail = {"notice": notice, "operator": "gateway"}
        return Note(kind, DecisionId(self.ids.new("dec")), None, detail, person=person)
