"""Who may decide for a person, and what a court says: recorded, and ended."""

import json

from sqlalchemy import bindparam, insert, or_, select, update

from gateway.adapters.sql.acts.links import holds_fragment
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import accounts, agencies, authorities, orders, persons
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, NOT_FOR_ROLE, ActRefusedError
from gateway.domain.caller import Caller
from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.facts import person_scope
from gateway.domain.ids import AgencyId, AuthorityId, PersonId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.registry import NewAuthority, NewOrder
from gateway.domain.vocabulary import AuthorityKind

_PERSON = select(persons.c.id).where(persons.c.id == bindparam("of_id"), persons.c.decoy.is_(False))
_AGENCY = select(agencies.c.id).where(agencies.c.id == bindparam("of_id"))
_IDENTITY = select(accounts.c.identity).where(accounts.c.id == bindparam("of_id"))
_FIND = select(authorities.c.person, authorities.c.holder).where(authorities.c.id == bindparam("of_id"))
_ADD = insert(authorities)
_ADD_ORDER = insert(orders)
_END = (
    update(authorities)
    .where(
        authorities.c.id == bindparam("of_id"),
        or_(authorities.c.until_at.is_(None), authorities.c.until_at > bindparam("end_at")),
    )
    .values(until_at=bindparam("end_at"))
)


def add_authority(vault: Vault, note: Note, new: NewAuthority) -> Change:
    """Write an authority; `reference` is `{authority}`. An operator's act asks for no link.

    Raises (the change):
        ActRefusedError: The caller's agency holds no fragment of the person, or the caller would benefit.
        ConflictError: The person or the holder is unknown.
        MalformedError: An agency's authority held by a person, or the reverse; authority over oneself.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        if note.caller is not None:
            await _require_disinterested(tx, note.caller, new.person, new.holder)
        if await tx.one(_PERSON, of_id=new.person) is None:
            raise ConflictError("the person is unknown", field="person")
        await _check_holder(tx, new)
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
        return Effect(note, {"authority": new.id}, (person_scope(new.person),))

    return change


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


def add_order(note: Note, order: NewOrder) -> Change:
    """Write a legal instrument; `reference` is `{order}`.

    Raises (the change):
        ConflictError: The person is unknown.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        if await tx.one(_PERSON, of_id=order.person) is None:
            raise ConflictError("the person is unknown", field="person")
        await tx.run(
            _ADD_ORDER,
            id=order.id,
            person=order.person,
            document=json.dumps(order.document, sort_keys=True, separators=(",", ":")),
            from_at=order.from_at,
            until_at=order.until_at,
        )
        return Effect(note, {"order": order.id}, (person_scope(order.person),))

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
    related = holder in parents_of(caller.agency) or caller.agency in parents_of(AgencyId(holder))
    if related or holder == caller.account or await _is_same_human(tx, caller.account, holder):
        raise ActRefusedError(NOT_FOR_ROLE)


async def _is_same_human(tx: Tx, worker: str, holder: str) -> bool:
    """Whether one token subject stands behind both accounts."""
    mine, theirs = await tx.one(_IDENTITY, of_id=worker), await tx.one(_IDENTITY, of_id=holder)
    if mine is None or theirs is None or mine["identity"] is None or theirs["identity"] is None:
        return False
    return bytes(mine["identity"]) == bytes(theirs["identity"])


async def _check_holder(tx: Tx, new: NewAuthority) -> None:
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
