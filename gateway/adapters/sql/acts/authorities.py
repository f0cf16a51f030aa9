"""Who may decide for a person: asked of a second person, recorded, and ended."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, insert, or_, select, update

from gateway.adapters.sql.acts.filing import file_approval
from gateway.adapters.sql.acts.humans import gains_authority
from gateway.adapters.sql.acts.links import holds_fragment
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import agencies, authorities, persons
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, NOT_FOR_ROLE, ActRefusedError
from gateway.domain.approving import Approval, ApprovalKind
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.facts import person_scope
from gateway.domain.ids import ApprovalId, AuthorityId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.registry import NewAuthority
from gateway.domain.vocabulary import AuthorityKind

_PERSON = select(persons.c.id).where(persons.c.id == bindparam("of_id"), persons.c.decoy.is_(False))
_AGENCY = select(agencies.c.id).where(agencies.c.id == bindparam("of_id"))
_FIND = select(authorities.c.person, authorities.c.holder).where(authorities.c.id == bindparam("of_id"))
_ADD = insert(authorities)
_END = (
    update(authorities)
    .where(
        authorities.c.id == bindparam("of_id"),
        or_(authorities.c.until_at.is_(None), authorities.c.until_at > bindparam("end_at")),
    )
    .values(until_at=bindparam("end_at"))
)


def add_authority(vault: Vault, note: Note, new: NewAuthority) -> Change:
    """Write an authority as an operator, whose seed is the network's start; `reference` is `{authority}`.

    Raises (the change):
        ConflictError: The person or the holder is unknown.
        MalformedError: An agency's authority held by a person, or the reverse; authority over oneself.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await _check(tx, new)
        await _write(tx, vault, new)
        return Effect(note, {"authority": new.id}, (person_scope(new.person),))

    return change


def ask_authority(vault: Vault, note: Note, new: NewAuthority, approval: ApprovalId) -> Change:
    """Put an authority to a second person; `reference` is `{authority, approval, in_force}`.

    Raises (the change):
        ActRefusedError: The caller's agency holds no fragment of the person, or the caller would benefit.
        ConflictError: The holder is unknown.
        MalformedError: As for `add_authority`.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        caller = note.caller
        if caller is None:
            raise ActRefusedError(NOT_FOR_ROLE)
        await _require_disinterested(tx, caller, new.person, new.holder)
        await _check(tx, new)
        content = {
            "authority": new.id,
            "holder": new.holder,
            "authority_kind": str(new.kind),
            "scope": new.scope,
            "from_at": new.from_at,
            "until_at": new.until_at,
            "evidence": new.evidence,
        }
        asked = Approval(approval, ApprovalKind.AUTHORITY, caller.agency, new.person, content)
        await file_approval(tx, vault, asked, caller.account, at)
        return Effect(note, {"authority": new.id, "approval": approval, "in_force": False})

    return change


async def write_approved(tx: Tx, vault: Vault, person: str, content: Mapping[str, Any]) -> bool:
    """Write what `ask_authority` asked for, inside the approval's own transaction."""
    scope = content["scope"]
    new = NewAuthority(
        id=AuthorityId(content["authority"]),
        person=PersonId(person),
        holder=content["holder"],
        kind=AuthorityKind(content["authority_kind"]),
        scope="all" if scope == "all" else tuple(scope),
        from_at=content["from_at"],
        until_at=content["until_at"],
        evidence=content["evidence"],
    )
    await _write(tx, vault, new)
    return True


def end_authority(note: Note, authority: AuthorityId) -> Change:
    """End it at the act's own instant, if it has not ended; `reference` is `{authority}`.

    Raises (the change):
        ActRefusedError: There is none, or the caller's agency holds no fragment, or the caller holds it.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=authority)
        if row is None:
            raise ActRefusedError(NO_LINK)
        if note.caller is not None:
            await _require_disinterested(tx, note.caller, PersonId(row["person"]), row["holder"])
        await tx.run(_END, of_id=authority, end_at=at)
        scope = person_scope(row["person"])
        narrowing = {
            "kind": "authority_ended",
            "authority": authority,
            "person": row["person"],
            "scopes": [scope],
        }
        return Effect(note, {"authority": authority}, (scope,), narrowing)

    return change


async def end_again(tx: Tx, authority: str, at: Instant) -> bool:
    """Apply an end to an older copy of the tables; False where it has ended or does not exist."""
    return await tx.run(_END, of_id=authority, end_at=at) > 0


async def _require_disinterested(tx: Tx, caller: Caller, person: PersonId, holder: str) -> None:
    """Let through an agency that holds a fragment, and is neither the holder nor a part of it.

    Raises:
        ActRefusedError: It holds none; or the caller, her agency, or she as a family member is the holder.
    """
    if caller.agency is None or not await holds_fragment(tx, caller.agency, person):
        raise ActRefusedError(NO_LINK)
    if await gains_authority(tx, caller, person, holder):
        raise ActRefusedError(NOT_FOR_ROLE)


async def _write(tx: Tx, vault: Vault, new: NewAuthority) -> None:
    evidence = None
    if new.evidence:
        number = vault.number("authority", new.id)
        evidence = await vault.seal(tx, f"person:{new.person}", number, new.evidence.encode())
    await tx.run(
        _ADD,
        id=new.id,
        person=new.person,
        holder=new.holder,
        kind=str(new.kind),
        scope=json.dumps(new.scope),
        from_at=new.from_at,
        until_at=new.until_at,
        evidence=evidence,
    )


async def _check(tx: Tx, new: NewAuthority) -> None:
    if await tx.one(_PERSON, of_id=new.person) is None:
        raise ConflictError("the person is unknown", field="person")
    if new.holder == new.person:
        raise MalformedError("nobody holds authority over herself", field="holder")
    is_person = await tx.one(_PERSON, of_id=new.holder) is not None
    is_agency = await tx.one(_AGENCY, of_id=new.holder) is not None
    if not is_person and not is_agency:
        raise ConflictError("the holder is unknown", field="holder")
    if (new.kind is AuthorityKind.AGENCY and not is_agency) or (
        new.kind is not AuthorityKind.AGENCY and not is_person
    ):
        raise MalformedError("an agency holds an agency's authority, a person any other", field="authority")
