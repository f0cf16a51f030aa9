"""Take note of a notice: it is read from then on."""

from dataclasses import dataclass

from gateway.asking import Refuse, Tried, hidden, own_view
from gateway.domain.access import Refused
from gateway.domain.acting import Done, Note, Once
from gateway.domain.acts import ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.holding import HELD
from gateway.domain.ids import DecisionId, NoticeId, PersonId
from gateway.domain.ledger import EntryKind
from gateway.domain.notices import boxes_of
from gateway.ports import Ids, Policy, TellingActs, TellingStore
from gateway.reading import inactive, rests_on


@dataclass(frozen=True, slots=True)
class ReadNotice:
    """Somebody else's notice, one that is held and none at all are answered alike."""

    telling: TellingStore
    acts: TellingActs
    refuse: Refuse
    policy: Policy
    ids: Ids

    async def __call__(self, caller: Caller, notice: NoticeId, *, once: Once | None = None) -> Done | Refused:
        """Mark it as read; read already is read."""
        tried = Tried("read_notice", caller, {"notice": notice})
        if not caller.active:
            return await self.refuse(tried, inactive(self.policy.digest))
        row = await self.telling.notice(notice)
        if row is None or row["kind"] == HELD:
            return await self.refuse(tried, hidden(self.policy.digest))
        if (row["audience"], row["recipient"]) not in {
            (str(box), of) for box, of in boxes_of(caller).items()
        }:
            return await self.refuse(tried, hidden(self.policy.digest))
        note = Note(
            kind=EntryKind.NOTIFIED,
            decision_id=DecisionId(self.ids.new("dec")),
            caller=caller,
            detail={"notice": notice, "of": row["decision_id"]},
            person=None if row["person"] is None else PersonId(row["person"]),
            views=own_view(caller.person),
            once=once,
            epochs=rests_on(caller),
        )
        try:
            return await self.acts.take_note(note, notice)
        except ActRefusedError as refused:
            return await self.refuse(tried, hidden(self.policy.digest, refused.objection.reason))
