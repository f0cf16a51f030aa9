"""Approve that a family is told later: for as long as the bundle allows, and with a reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.access import Refused
from gateway.domain.acting import Done, Once
from gateway.domain.acts import Act
from gateway.domain.caller import Caller
from gateway.domain.errors import MalformedError
from gateway.domain.ids import NoticeId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind
from gateway.ports import Clock, TellingActs, TellingStore
from gateway.registering import Errand, Registrar, known_to


@dataclass(frozen=True, slots=True)
class Delay:
    """`reason` is free text, kept sealed in the entry."""

    caller: Caller
    notice: NoticeId
    until: Instant
    reason: str = field(repr=False)
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class DelayNotice:
    """A new approval goes on from the day it is given (domain rule B8); its end tells by itself.

    What an order keeps from the family stays held after it; what an officer alone tells has no end to move.

    By another person than who acted: nobody approves a delay that she asked for herself. And by an officer of
    the owning agency: one of the whole network approves where it has no active officer of its own.
    """

    telling: TellingStore
    acts: TellingActs
    registrar: Registrar
    clock: Clock
    longest_us: int

    async def __call__(self, asked: Delay) -> Done | Refused:
        """Hold it until then.

        Raises:
            MalformedError: Later than one approval may delay it, or without a reason.
            ConflictError: It is told already, or by an officer alone.
        """
        now = self.clock.now()
        if not now < asked.until <= now + self.longest_us:
            raise MalformedError("no approval delays it so long", field="until")
        if not asked.reason.strip():
            raise MalformedError("a delay has a reason", field="reason")
        row = await self.telling.notice(asked.notice)
        over = known_to(asked.caller, Act.TELL_FAMILY, None if row is None else {"agency": row["keeper"]})
        detail = {"notice": asked.notice, "until": asked.until, "reason": asked.reason}
        person = None if row is None or over is None or row["person"] is None else PersonId(row["person"])
        errand = Errand(
            asked.caller, Act.TELL_FAMILY, EntryKind.NOTICE_DELAYED, over, detail, person, asked.once
        )
        acted = None if row is None else _who_acted(row)
        return await self.registrar(
            errand, lambda note: self.acts.delay(note, asked.notice, asked.until, acted)
        )


def _who_acted(row: Mapping[str, Any]) -> str | None:
    """The account whose act is held back; what was told already is refused for that."""
    question = row["says"].get("question") or {}
    account: str | None = question.get("entry", {}).get("account")
    return account
