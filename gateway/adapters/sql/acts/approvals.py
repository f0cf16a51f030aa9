"""A second person's answer: what she approves takes effect in the transaction of her own entry."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update

from gateway.adapters.sql.acts import authorities, instruments, leavings, policies
from gateway.adapters.sql.acts.filing import OPERATOR, open_content
from gateway.adapters.sql.acts.humans import gains, gains_authority, is_same_human
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import approvals
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, NOT_FOR_ROLE, ActRefusedError
from gateway.domain.approving import Answer, ApprovalKind
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError
from gateway.domain.facts import POLICY_SCOPE, person_scope
from gateway.domain.ids import ApprovalId
from gateway.domain.instants import Instant
from gateway.domain.ledger import EntryKind

_FIND = select(approvals).where(approvals.c.id == bindparam("of_id"))
_ANSWER = (
    update(approvals)
    .where(approvals.c.id == bindparam("of_id"), approvals.c.answer.is_(None))
    .values(
        answer=bindparam("to_answer"), answered_by=bindparam("to_answered_by"), answered_at=bindparam("to_at")
    )
)


def answer_approval(vault: Vault, note: Note, approval: ApprovalId, answer: Answer) -> Change:
    """Answer once, for good; `reference` is `{approval, answer}`. The same answer again changes nothing.

    Raises (the change):
        ActRefusedError: There is none, or the caller is no second person, or would benefit, or is family.
        ConflictError: It has been answered by somebody else, or otherwise.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=approval)
        if row is None or note.caller is None:
            raise ActRefusedError(NO_LINK)
        content = await open_content(tx, vault, row)
        if not await may_answer(tx, note.caller, row, content):
            raise ActRefusedError(NOT_FOR_ROLE)
        told = replace(note, detail={**note.detail, "kind": row["kind"], **_named(content)})
        reference = {"approval": approval, "answer": str(answer)}
        if row["answer"] is not None:
            if (row["answer"], row["answered_by"]) != (answer, note.caller.account):
                raise ConflictError("it has been answered")
            return Effect(replace(told, kind=EntryKind.LISTED, views={}), reference)
        named = {"to_answer": str(answer), "to_answered_by": note.caller.account, "to_at": at}
        await tx.run(_ANSWER, of_id=approval, **named)
        bumps = await _settle(tx, vault, row, content, (answer is Answer.APPROVED, at))
        return Effect(told, reference, bumps)

    return change


async def may_answer(tx: Tx, caller: Caller, row: Row, content: Mapping[str, Any]) -> bool:
    """Whether she is another human than who asked, and has nothing of it herself, through any account."""
    if row["asked_by"] == OPERATOR:
        # An operating-system user has no identity here; who is known by the same name is not another one.
        return content["operator"] not in {caller.account, caller.bearer.subject}
    if await is_same_human(tx, caller.account, row["asked_by"]):
        return False
    if row["kind"] == ApprovalKind.LEAVING:
        return True
    if row["kind"] == ApprovalKind.AUTHORITY:
        return not await gains_authority(tx, caller, row["person"], content["holder"])
    return not await gains(tx, caller, row["person"], json.loads(content["order"]["document"]))


async def _settle(
    tx: Tx, vault: Vault, row: Row, content: Mapping[str, Any], answered: tuple[bool, Instant]
) -> tuple[str, ...]:
    """Bring about what the answer means; gives the scopes that have moved."""
    approved, at = answered
    match ApprovalKind(row["kind"]):
        case ApprovalKind.INSTRUMENT:
            changed = await instruments.settle_recorded(tx, content, at, approved=approved)
        case ApprovalKind.INSTRUMENT_END:
            changed = approved and await instruments.end_again(tx, content["order"]["id"], at)
        case ApprovalKind.AUTHORITY:
            changed = approved and await authorities.write_approved(tx, vault, row["person"], content)
        case ApprovalKind.LEAVING:
            if approved:
                await leavings.write_approved(tx, row, content, at)
            return ()
        case ApprovalKind.POLICY:
            if approved:
                await policies.write_active(tx, content["digest"], content["content"].encode(), at)
            return (POLICY_SCOPE,) if approved else ()
    return (person_scope(row["person"]),) if changed else ()


def _named(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the entry of an answer names of what was asked."""
    names = ("authority", "holder", "digest", "leaving", "thumbprint")
    named = {name: content[name] for name in names if name in content}
    return {**named, "order": content["order"]["id"]} if "order" in content else named
