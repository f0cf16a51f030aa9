"""Cases that officers close, as changes under the head lock."""

import json

from sqlalchemy import bindparam, select, update

from gateway.adapters.sql.acts.humans import accounts_of, find_agency, is_officer_for, is_same_human
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.outbox import WORDS
from gateway.adapters.sql.tables import reviews
from gateway.domain.acting import Note
from gateway.domain.acts import INVOLVED, NO_LINK, ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError, CorruptionError
from gateway.domain.facts import account_scope
from gateway.domain.ids import ReviewId
from gateway.domain.instants import Instant
from gateway.domain.notices import CaseKind, Notice, incident

_FIND = select(reviews).where(reviews.c.id == bindparam("of_id"))
_CLOSE = (
    update(reviews)
    .where(reviews.c.id == bindparam("of_id"), reviews.c.closed_at.is_(None))
    .values(
        closed_at=bindparam("now_at"),
        closed_by=bindparam("by"),
        finding=bindparam("to_finding"),
        sealed=bindparam("to_sealed"),
    )
)


def close_review(vault: Vault, note: Note, review: ReviewId, finding: str, words: str) -> Change:
    """End a case at the act's own instant; `reference` is `{review, finding}`.

    Who reviews is neither the worker who acted nor, under another account, the same human. An officer of
    another agency, of the whole network, reviews where the owner has nobody else who may.

    Raises (the change):
        ConflictError: It is closed already.
        ActRefusedError: She acted herself, or it is for the owner's own officers.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=review)
        if row is None or note.caller is None:
            raise CorruptionError("a case vanished under the lock")
        await _require_reviewer(tx, note.caller, row)
        person = f"person:{row['person']}"
        text = json.dumps({"words": words}, ensure_ascii=False).encode()
        sealed = await vault.seal(tx, person, vault.number(WORDS, review), text)
        by = note.caller.account
        if await tx.run(_CLOSE, of_id=review, now_at=at, by=by, to_finding=finding, to_sealed=sealed) == 0:
            raise ConflictError("the case is closed already")
        reference = {"review": review, "finding": finding}
        if row["kind"] != CaseKind.EMERGENCY:
            return Effect(note, reference)
        notices = _incident(row, await find_agency(tx, row["worker"]), finding)
        bumps = tuple(account_scope(one) for one in await accounts_of(tx, row["worker"]))
        return Effect(note, reference, bumps, notices=notices)

    return change


async def _require_reviewer(tx: Tx, caller: Caller, row: Row) -> None:
    if await is_same_human(tx, caller.account, row["worker"]):
        raise ActRefusedError(INVOLVED)
    if not await is_officer_for(tx, caller, row["agency"], row["worker"]):
        raise ActRefusedError(NO_LINK)


def _incident(row: Row, agency: str | None, finding: str) -> tuple[Notice, ...]:
    if finding != "unjustified":
        return ()
    says = {
        "kind": "emergency_reviewed",
        "finding": finding,
        "review": row["id"],
        "account": row["worker"],
        "agency": agency,
        "owner": row["owner"],
        "outcome": "permit",
    }
    return incident(row["owner"], agency, says)
