"""Sign-ins: opened, ended by whoever they are of, ended again from the journal."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from gateway.adapters.sql import sign_ins as kept
from gateway.adapters.sql.driver import Tx, in_list
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import sign_ins
from gateway.domain.access import View
from gateway.domain.acting import Note
from gateway.domain.errors import NotVisibleError, UnauthenticatedError
from gateway.domain.facts import account_scope
from gateway.domain.ids import SignInId
from gateway.domain.instants import Instant
from gateway.domain.sign_in import WHOLE_US, NewSignIn, SignIn
from gateway.ports import RecordKeys

KEPT_US = 3 * WHOLE_US
"""How long the row of a sign-in that is over stays: longer than any flow that it may have come of."""

_PUT = insert(sign_ins)
_FLOW = select(sign_ins.c.id).where(sign_ins.c.flow == bindparam("of_flow"))
_OF_ACCOUNT = select(sign_ins.c.id, sign_ins.c.ended_at).where(sign_ins.c.account == bindparam("of_account"))
_END = (
    update(sign_ins)
    .where(in_list(sign_ins.c.id, "ids"), sign_ins.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)
_SWEEP = delete(sign_ins).where(
    sign_ins.c.account == bindparam("of_account"), sign_ins.c.opened_at < bindparam("opened_before")
)


def open_sign_in(keys: RecordKeys, note: Note, new: NewSignIn) -> Change:
    """Write a sign-in, and end the one that it replaces; `reference` is `{sign_in}`.

    Raises (the change):
        UnauthenticatedError: The account is unknown or inactive, the pages' client is disabled, or a sign-in
            has come of the same flow already.
    """
    signed_in = new.signed_in

    async def change(tx: Tx, at: Instant) -> Effect:
        caller = await kept.caller_signing_in(tx, signed_in, new.id, at)
        if not caller.active:
            raise UnauthenticatedError("the account is not active")
        flow = None if signed_in.flow is None else kept.flow_handle(keys, signed_in.flow)
        if flow is not None and await tx.one(_FLOW, of_flow=flow) is not None:
            raise UnauthenticatedError("a sign-in has come of this already")
        await tx.run(_SWEEP, of_account=signed_in.account, opened_before=at - KEPT_US)
        ended = await _end_replaced(tx, keys, new.replaces, at)
        await tx.run(_PUT, **_row(keys, new, flow, at))
        narrowing = None if ended is None else _narrowing(ended.account, [ended.id])
        scopes = () if ended is None else (account_scope(ended.account),)
        said = replace(
            note,
            caller=caller,
            person=caller.person,
            # Her own act: shown to her, and to nobody else of the family (domain rules A1 and A2).
            views={} if caller.person is None else {caller.person: View.FULL},
            detail={**note.detail, "sign_in": new.id, "replaces": None if ended is None else ended.id},
        )
        return Effect(said, {"sign_in": new.id}, scopes, narrowing, opens=True)

    return change


def _row(keys: RecordKeys, new: NewSignIn, flow: bytes | None, at: Instant) -> dict[str, Any]:
    signed_in = new.signed_in
    return {
        "id": new.id,
        "value": kept.value_handle(keys, new.value),
        "account": signed_in.account,
        "way": str(signed_in.way),
        "strong": signed_in.strong,
        "enrolment": signed_in.enrolment,
        "flow": flow,
        "opened_at": at,
        "used_at": at,
        "authenticated_at": at if signed_in.authenticated_at is None else min(at, signed_in.authenticated_at),
        "ended_at": None,
    }


async def _end_replaced(tx: Tx, keys: RecordKeys, value: str | None, at: Instant) -> SignIn | None:
    """End what the browser held until now, whoever's it was: one browser is one person at a time."""
    found = None if value is None else await kept.find_by_value(tx, keys, value)
    if found is None or not found.lives(at):
        return None
    await tx.run(_END, ids=json.dumps([found.id]), at=at)
    return found


def end_sign_ins(note: Note, account: str, sign_in: SignInId | None) -> Change:
    """End one of an account's sign-ins, or all; ended already is ended. `reference` is `{sign_in, ended}`.

    Raises (the change):
        NotVisibleError: None of this account's.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        rows = await tx.all(_OF_ACCOUNT, of_account=account)
        if sign_in is not None and not any(row["id"] == sign_in for row in rows):
            raise NotVisibleError("no such sign-in")
        named = [row["id"] for row in rows if row["ended_at"] is None and sign_in in {None, row["id"]}]
        await tx.run(_END, ids=json.dumps(named), at=at)
        said = replace(note, detail={**note.detail, "ended": named})
        return Effect(
            said,
            {"sign_in": sign_in, "ended": len(named)},
            (account_scope(account),),
            _narrowing(account, named),
        )

    return change


async def end_again(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Apply an ending to an older copy of the tables; False where nothing is left to end."""
    return await tx.run(_END, ids=json.dumps(record["sign_ins"]), at=at) > 0


def _narrowing(account: str, ended: list[str]) -> dict[str, Any]:
    return {"kind": "sign_ins_ended", "sign_ins": ended, "scopes": [account_scope(account)]}
