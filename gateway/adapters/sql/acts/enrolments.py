"""Ways in, added and revoked, as changes under the head lock.

Kind of `narrowing` written here: `enrolment_revoked`. Whoever loses a way in loses at once what she is
doing by it: the epoch of the account is behind everything that she does.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.humans import gains_authority
from gateway.adapters.sql.acts.persons import FAMILY_ROLES_JSON
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.enrolments import (
    may_print,
    owner_of_account,
    secret_of_code,
    secret_of_credential,
)
from gateway.adapters.sql.tables import accounts, enrolments, sign_ins
from gateway.domain.access import View
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, NOT_FOR_ROLE, ActRefusedError
from gateway.domain.enrolments import CODE_LASTS_US, Enrolment, EnrolmentKind, NewCode, NewPasskey
from gateway.domain.errors import ConflictError, ContendedError
from gateway.domain.facts import account_scope
from gateway.domain.ids import PersonId
from gateway.domain.instants import FAR_FUTURE, Instant
from gateway.domain.notices import TOLD, Audience, Notice
from gateway.domain.telling import part_of, told_of_act
from gateway.domain.widening import opens_at

_ADD = upsert(enrolments).on_conflict_do_nothing()
_REVOKE = (
    update(enrolments)
    .where(enrolments.c.id == bindparam("of_id"), enrolments.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("end_at"))
)
_REVOKE_ADDED = (
    update(enrolments)
    .where(enrolments.c.via == bindparam("of_id"), enrolments.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("end_at"))
)
_END_SIGN_INS = (
    update(sign_ins)
    .where(sign_ins.c.enrolment == bindparam("of_id"), sign_ins.c.ended_at.is_(None))
    .values(ended_at=bindparam("end_at"))
)
_END_ADDED = (
    update(sign_ins)
    .where(
        sign_ins.c.enrolment.in_(select(enrolments.c.id).where(enrolments.c.via == bindparam("of_id"))),
        sign_ins.c.ended_at.is_(None),
    )
    .values(ended_at=bindparam("end_at"))
)
_OPEN_CODE = select(enrolments.c.id).where(
    enrolments.c.account == bindparam("of_account"),
    enrolments.c.kind == "code",
    enrolments.c.revoked_at.is_(None),
)
_COUNT = (
    update(enrolments)
    .where(enrolments.c.id == bindparam("of_id"), enrolments.c.revoked_at.is_(None))
    .where(enrolments.c.sign_count == bindparam("seen"))
    .values(sign_count=bindparam("to_count"))
)
_ACCOUNT = select(accounts.c.active, accounts.c.agency).where(accounts.c.id == bindparam("of_id"))
_ADD_ACCOUNT = upsert(accounts).on_conflict_do_nothing()


def print_code(vault: Vault, note: Note, new: NewCode) -> Change:
    """Write a code for the holder's account, which is made where she has none; `reference` is `{enrolment}`.

    One that is open ends in the same act, with what was signed in by it; the passkeys that it added stay.

    Raises (the change):
        ActRefusedError: No link with the person, or the code would be the printer's own or her family's.
        ConflictError: The account is closed.
        ContendedError: By a chance in a million million somebody has this code.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        caller = note.caller
        if caller is None or not await may_print(tx, caller, new.person, new.holder, at):
            raise ActRefusedError(NO_LINK)
        # Nobody prints a code for herself, for her own family, or for somebody whose family she is.
        if any([await gains_authority(tx, caller, one, new.holder) for one in {new.person, new.holder}]):
            raise ActRefusedError(NOT_FOR_ROLE)
        await _open_account(tx, new.holder)
        row = {
            "id": new.id, "kind": str(EnrolmentKind.CODE), "account": new.holder, "person": new.person,
            "agency": caller.agency, "printer": caller.account, "via": None,
            "secret": secret_of_code(vault.keys, new.code), "sealed": None, "sign_count": 0,
            "added_at": at, "expires_at": at + CODE_LASTS_US,
            "waits_until": FAR_FUTURE, "revoked_at": None,
        }  # fmt: skip
        before = await tx.one(_OPEN_CODE, of_account=new.holder)
        bumps: tuple[str, ...] = ()
        narrowing = None
        if before is not None:
            bumps = (account_scope(new.holder),)
            narrowing = _revoked(before["id"], *bumps, alone=True)
            await revoke_again(tx, narrowing, at)
        if await tx.run(_ADD, **row) == 0:
            raise ContendedError("somebody has this code")
        reference = {"enrolment": new.id, "expires_at": row["expires_at"]}
        told = replace(note, detail={**note.detail, "replaces": None if before is None else before["id"]})
        notices = _told(told, new.holder)
        return Effect(told, reference, bumps, narrowing, notices=notices, opens=True)

    return change


def add_passkey(vault: Vault, note: Note, new: NewPasskey, by: Enrolment | None) -> Change:
    """Write a passkey for the caller's own account; `reference` is `{enrolment, waits_until}`.

    One that is added by a doubtful way in is as doubtful for a day, and is the same agency's; `by` is the
    enrolment that she came in by.

    Raises (the change):
        ConflictError: The authenticator's key is known already.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        caller = note.caller
        assert caller is not None
        opens = opens_at(note, at)
        owner = owner_of_account(caller.account, is_worker=caller.worker is not None)
        kept = {"public_key": new.public_key.hex(), "label": new.label}
        plain = json.dumps(kept, ensure_ascii=False).encode()
        doubtful = opens > at
        row = {
            "id": new.id, "kind": str(EnrolmentKind.PASSKEY), "account": caller.account,
            "person": caller.person if by is None else by.person,
            "agency": by.agency if by is not None and doubtful else None,
            "printer": by.printer if by is not None and doubtful else None,
            "via": None if by is None else by.id if by.kind is EnrolmentKind.CODE else by.via,
            "secret": secret_of_credential(vault.keys, new.credential),
            "sealed": await vault.seal(tx, owner, vault.number("enrolment", new.id), plain),
            "sign_count": new.sign_count, "added_at": at, "expires_at": None,
            "waits_until": opens if doubtful else None, "revoked_at": None,
        }  # fmt: skip
        if await tx.run(_ADD, **row) == 0:
            raise ConflictError("this key is known already", field="response")
        reference = {"enrolment": new.id, "waits_until": row["waits_until"]}
        notices = () if caller.person is None else _told(note, caller.person)
        return Effect(note, reference, notices=notices, opens_at=opens)

    return change


def revoke(note: Note, enrolment: Enrolment, *, alone: bool) -> Change:
    """End one at the act's own instant, if it has not ended; `reference` is `{enrolment}`.

    The passkeys that were added by a code end with it, for whoever had the paper may have added them, unless
    it ends `alone`.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        scope = account_scope(enrolment.account)
        narrowing = _revoked(enrolment.id, scope, alone=alone)
        await revoke_again(tx, narrowing, at)
        notices = () if enrolment.person is None else _told(note, PersonId(enrolment.account))
        return Effect(note, {"enrolment": enrolment.id}, (scope,), narrowing, notices=notices)

    return change


async def revoke_again(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Apply a revocation, or once more to an older copy of the tables; False where nothing was left."""
    statements = [_REVOKE, _END_SIGN_INS]
    if not record["alone"]:
        statements += [_REVOKE_ADDED, _END_ADDED]
    return sum([await tx.run(one, of_id=record["enrolment"], end_at=at) for one in statements]) > 0


def _revoked(enrolment: str, scope: str, *, alone: bool) -> Mapping[str, Any]:
    return {"kind": "enrolment_revoked", "enrolment": enrolment, "alone": alone, "scopes": [scope]}


async def count_use(tx: Tx, enrolment: str, seen: int, count: int) -> bool:
    """Move a passkey's counter on from where it was seen; False where another use has moved it."""
    return await tx.run(_COUNT, of_id=enrolment, seen=seen, to_count=count) > 0


async def _open_account(tx: Tx, holder: PersonId) -> None:
    row = {
        "id": holder, "kind": "person", "agency": None, "identity": None, "roles": FAMILY_ROLES_JSON,
        "active": True, "network_wide": False, "overdue_reviews": 0, "attributes": None, "revision": 1,
    }  # fmt: skip
    await tx.run(_ADD_ACCOUNT, **row)
    known = await tx.one(_ACCOUNT, of_id=holder)
    if known is None or known["agency"] is not None or not known["active"]:
        raise ConflictError("the account is closed", field="holder")


def _told(note: Note, holder: PersonId) -> tuple[Notice, ...]:
    """Tell her alone whose way in it is; it is about nobody's dossier, so no reading of a log opens it."""
    says = part_of(told_of_act(note), View.FULL) or {}
    return (Notice(TOLD, Audience.PERSON, holder, says, names_person=False),)
