"""Notices that are read, told or delayed, as changes under the head lock."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import bindparam, select, update

from gateway.adapters.sql.acts.humans import is_officer_for, is_same_human
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.outbox import NOTICE, owner_of_notice
from gateway.adapters.sql.tables import notices
from gateway.domain.acting import Note
from gateway.domain.acts import INVOLVED, NO_LINK, ActRefusedError
from gateway.domain.errors import ConflictError, CorruptionError
from gateway.domain.holding import HELD
from gateway.domain.ids import NoticeId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.notices import TOLD

_READ = (
    update(notices)
    .where(notices.c.id == bindparam("of_id"), notices.c.read_at.is_(None))
    .values(read_at=bindparam("now_at"))
)
_FIND = select(notices.c.person, notices.c.recipient, notices.c.keeper).where(
    notices.c.id == bindparam("of_id")
)
_TELL = (
    update(notices)
    .where(notices.c.id == bindparam("of_id"), notices.c.kind == HELD)
    .values(kind=TOLD, sealed=bindparam("to_sealed"), recorded_at=bindparam("now_at"), held_until=None)
)
# What an officer alone tells must not begin to count its days because somebody asked for more of them.
_DELAY = (
    update(notices)
    .where(
        notices.c.id == bindparam("of_id"),
        notices.c.kind == HELD,
        notices.c.held_until < FAR_FUTURE,
    )
    .values(held_until=bindparam("to_until"))
)


def take_note(note: Note, notice: NoticeId) -> Change:
    """Mark a notice as read; `reference` is `{notice}`."""

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        await tx.run(_READ, of_id=notice, now_at=at)
        return Effect(note, {"notice": notice})

    return change


def tell(vault: Vault, note: Note, notice: NoticeId, says: Mapping[str, Any] | None) -> Change:
    """Put a held notice in its recipient's inbox from the act's own instant; `reference` is `{notice}`.

    `says` is None where it is told already: then only a request that is repeated has an answer.

    Raises (the change):
        ConflictError: It is told already.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        if says is None:
            raise ConflictError("the notice is told already")
        row = await tx.one(_FIND, of_id=notice)
        if row is None:
            raise CorruptionError("a notice vanished under the lock")
        owner = owner_of_notice(row["person"], row["recipient"])
        plain = orjson.dumps(says, option=orjson.OPT_SORT_KEYS)
        sealed = await vault.seal(tx, owner, vault.number(NOTICE, notice), plain)
        if await tx.run(_TELL, of_id=notice, to_sealed=sealed, now_at=at) == 0:
            raise ConflictError("the notice is told already")
        return Effect(note, {"notice": notice})

    return change


def delay(note: Note, notice: NoticeId, until: Instant, acted: str | None) -> Change:
    """Hold a notice until then; `reference` is `{notice}`. `acted` is the account whose act it tells of.

    Raises (the change):
        ConflictError: It is told already, or an officer alone tells it.
        ActRefusedError: She acted herself, under whatever account, or it is for the owner's own officers.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        caller = note.caller
        if caller is not None and acted is not None and await is_same_human(tx, caller.account, acted):
            raise ActRefusedError(INVOLVED)
        row = await tx.one(_FIND, of_id=notice)
        if row is None:
            raise CorruptionError("a notice vanished under the lock")
        if caller is not None and not await is_officer_for(tx, caller, row["keeper"], acted):
            raise ActRefusedError(NO_LINK)
        if await tx.run(_DELAY, of_id=notice, to_until=until) == 0:
            raise ConflictError("the notice is told already, or by an officer alone")
        return Effect(note, {"notice": notice})

    return change
