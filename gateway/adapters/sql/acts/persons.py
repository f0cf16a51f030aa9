"""Persons: matched or made, with their handles and dossiers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.accounts import identity_handle
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import accounts, dossiers, person_handles, person_index, persons
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, ActRefusedError
from gateway.domain.errors import ConflictError, ContendedError, CorruptionError
from gateway.domain.facts import account_scope, person_scope
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.instants import Instant
from gateway.domain.limits import count_of_handle
from gateway.domain.person import Attributes, Described
from gateway.domain.registry import Identity, LookUp, NewDossier, NewPerson

FAMILY_ROLES_JSON = '["guardian", "youth"]'

_MATCH = select(person_index.c.person).where(person_index.c.match == bindparam("of_match"))
_INDEX = upsert(person_index).on_conflict_do_nothing()
_FIND = select(persons.c.attributes, persons.c.revision).where(persons.c.id == bindparam("of_id"))
_ADD = upsert(persons).on_conflict_do_nothing()
_SET = (
    update(persons)
    .where(persons.c.id == bindparam("of_id"))
    .values(attributes=bindparam("to_attributes"), revision=bindparam("to_revision"))
)
_HANDLE = select(person_handles.c.handle).where(
    person_handles.c.agency == bindparam("of_agency"), person_handles.c.person == bindparam("of_person")
)
_ADD_HANDLE = upsert(person_handles).on_conflict_do_nothing()
_ACCOUNT = select(accounts.c.id).where(
    accounts.c.identity == bindparam("of_identity"), accounts.c.agency.is_(None)
)
_ADD_ACCOUNT = upsert(accounts).on_conflict_do_nothing()
_DOSSIER = select(dossiers.c.id).where(dossiers.c.person == bindparam("of_person"))
_ADD_DOSSIER = upsert(dossiers).on_conflict_do_nothing()


def match_person(vault: Vault, note: Note, look_up: LookUp) -> Change:
    """Find or make the person; `reference` is `{handle}`, private to the caller's agency.

    Found by number, family name and birth date, else by names and birth date; never where a number is
    asked by and another one is known. The entry is the person's either way.

    Raises (the change):
        ActRefusedError: The caller acts for no agency.
        ContendedError: The note's views were judged for somebody else than is found now.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        caller = note.caller
        agency = None if caller is None else caller.agency
        if caller is None or agency is None:
            raise ActRefusedError(NO_LINK)
        match = await find_match(tx, vault, look_up.described)
        found = match.person
        if look_up.judged and found != look_up.seen:
            raise ContendedError("the person has become known meanwhile")
        await _learn_number(tx, vault, match, look_up.described)
        person = found or look_up.person
        # The same statements whether she is known or not: those about a known person touch no row, but
        # for a number that is learnt. Another given name than hers never becomes one she is found by.
        await _write(tx, vault, person, Attributes(look_up.described))
        matches = _matches(vault, look_up.described)
        await _index(tx, person, matches if found is None else [matches[-1]])
        known = await tx.one(_HANDLE, of_agency=agency, of_person=person)
        handle = look_up.handle if known is None else str(known["handle"])
        await tx.run(_ADD_HANDLE, handle=handle, agency=agency, person=person)
        # Whether others knew her counts for nothing: what is counted would tell it.
        counts = None if known is not None else count_of_handle(caller, person, urgent=look_up.urgent)
        return Effect(replace(note, person=person, counts=counts), {"handle": handle})

    return change


def add_handle(note: Note, agency: AgencyId, person: PersonId, handle: str) -> Change:
    """Give an agency its own name for a person; one that it has already is kept."""

    async def change(tx: Tx, _at: Instant) -> Effect:
        await tx.run(_ADD_HANDLE, handle=handle, agency=agency, person=person)
        known = await tx.one(_HANDLE, of_agency=agency, of_person=person)
        return Effect(note, {"handle": handle if known is None else known["handle"]})

    return change


def hand_over(note: Note, to: AgencyId, handle: str) -> Change:
    """Record what is said to another agency; it can name the person from then on, if it is about one.

    Raises (the change):
        ActRefusedError: The caller's agency is no member any more.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        if note.person is not None:
            await tx.run(_ADD_HANDLE, handle=handle, agency=to, person=note.person)
        return Effect(note, {"letter": note.decision_id})

    return change


def add_person(vault: Vault, note: Note, new: NewPerson) -> Change:
    """Write a person, and her account where she has an identity; `reference` is `{person}`.

    Raises (the change):
        ConflictError: The identifier or the identity is taken.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        await write_person(tx, vault, new.id, new.attributes)
        bumps = [person_scope(new.id)]
        if new.identity is not None:
            await _write_account(tx, vault, new.id, new.identity)
            bumps.append(account_scope(new.id))
        return Effect(note, {"person": new.id}, tuple(bumps))

    return change


def open_dossier(note: Note, dossier: NewDossier) -> Change:
    """Open the person's one dossier, or find it; `reference` is `{dossier}`.

    Raises (the change):
        ConflictError: The person is unknown, or the identifier is another person's dossier.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        if await tx.one(_FIND, of_id=dossier.person) is None:
            raise ConflictError("the person is unknown", field="person")
        await tx.run(_ADD_DOSSIER, id=dossier.id, person=dossier.person, created_at=at)
        row = await tx.one(_DOSSIER, of_person=dossier.person)
        if row is None:
            raise ConflictError("a dossier has this identifier already", field="id")
        return Effect(note, {"dossier": row["id"]})

    return change


async def write_person(
    tx: Tx, vault: Vault, person: PersonId, attributes: Attributes, *, decoy: bool = False
) -> None:
    """Write a person, sealed under her own record key, and index her for matching unless she is a decoy.

    Raises:
        ConflictError: The identifier is taken.
    """
    if not await _write(tx, vault, person, attributes, decoy=decoy):
        raise ConflictError("a person has this identifier already", field="id")
    if not decoy:
        await _index(tx, person, _matches(vault, attributes.described))


async def _write(
    tx: Tx, vault: Vault, person: PersonId, attributes: Attributes, *, decoy: bool = False
) -> bool:
    sealed = await vault.seal(tx, f"person:{person}", 1, attributes.to_json())
    return await tx.run(_ADD, id=person, attributes=sealed, decoy=decoy, revision=1) > 0


async def _index(tx: Tx, person: PersonId, matches: Sequence[bytes]) -> None:
    """Make her found by these values, where nobody else is."""
    for match in matches:
        await tx.run(_INDEX, match=match, person=person)


class Match(NamedTuple):
    """Who is found; `learns` is her row, and what she is described by, where a number is to be learnt."""

    person: PersonId | None
    learns: tuple[Row, Attributes] | None = None


async def find_match(tx: Tx, vault: Vault, described: Described) -> Match:
    """Find by number, family name and birth date, else by names and birth date; nothing is changed.

    Raises:
        CorruptionError: The index names a person who is not there.
    """
    by_name, *by_number = _matches(vault, described)
    for match in by_number:
        row = await tx.one(_MATCH, of_match=match)
        if row is not None:
            return Match(PersonId(row["person"]))
    row = await tx.one(_MATCH, of_match=by_name)
    if row is None:
        return Match(None)
    person = PersonId(row["person"])
    kept = await tx.one(_FIND, of_id=person)
    if kept is None:
        raise CorruptionError("the index names a person who is not there")
    sealed = await vault.unseal(tx, f"person:{person}", kept["revision"], kept["attributes"])
    attributes = Attributes.of_json(sealed)
    number = attributes.described.health_number
    if described.health_number is None or described.health_number == number:
        return Match(person)
    if number is not None:
        # The same names and day, but another number: two persons.
        return Match(None)
    return Match(person, (kept, attributes))


async def _learn_number(tx: Tx, vault: Vault, match: Match, described: Described) -> None:
    if match.learns is None:
        return
    kept, attributes = match.learns
    revision = kept["revision"] + 1
    learnt = replace(
        attributes, described=replace(attributes.described, health_number=described.health_number)
    )
    sealed = await vault.seal(tx, f"person:{match.person}", revision, learnt.to_json())
    await tx.run(_SET, of_id=match.person, to_attributes=sealed, to_revision=revision)


def _matches(vault: Vault, described: Described) -> Sequence[bytes]:
    """Give the blind index values: over names and birth date, then with the number where there is one."""
    by_name = vault.keys.handle("match/name", described.by_name)
    if described.by_number is None:
        return (by_name,)
    return (by_name, vault.keys.handle("match/number", described.by_number))


async def _write_account(tx: Tx, vault: Vault, person: PersonId, identity: Identity) -> None:
    """One account as youth and guardian; which of the two counts, the policy asks of the authorities."""
    handle = identity_handle(vault, identity)
    taken = await tx.one(_ACCOUNT, of_identity=handle) is not None
    row = {
        "id": person, "kind": "person", "agency": None, "identity": handle, "roles": FAMILY_ROLES_JSON,
        "active": True, "network_wide": False, "overdue_reviews": 0, "attributes": None, "revision": 1,
    }  # fmt: skip
    if taken or await tx.run(_ADD_ACCOUNT, **row) == 0:
        raise ConflictError("an account has this identifier or identity already", field="identity")
