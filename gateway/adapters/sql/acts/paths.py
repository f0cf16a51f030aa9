"""The current keys of an agency for a person: found, or made at first need."""

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.database import Database
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import agency_keys, subject_keys
from gateway.domain.errors import LedgerUnavailableError
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.keys import KeyPath
from gateway.ports import KeyMaker

_AGENCY_KEY = (
    select(agency_keys.c.version, agency_keys.c.wrap)
    .where(agency_keys.c.agency == bindparam("of_agency"), agency_keys.c.state == "active")
    .order_by(agency_keys.c.version.desc())
    .limit(1)
)
_SUBJECT_KEY = (
    select(subject_keys.c.version, subject_keys.c.agency_key_version, subject_keys.c.wrap)
    .where(
        subject_keys.c.agency == bindparam("of_agency"),
        subject_keys.c.person == bindparam("of_person"),
        subject_keys.c.state == "active",
    )
    .order_by(subject_keys.c.version.desc())
    .limit(1)
)
_PUT_AGENCY_KEY = upsert(agency_keys).on_conflict_do_nothing()
_PUT_SUBJECT_KEY = upsert(subject_keys).on_conflict_do_nothing()


async def _read_path(tx: Tx, owner: AgencyId, person: PersonId) -> KeyPath | None:
    """Find both keys that are active; None where one of them is not made yet."""
    subject = await tx.one(_SUBJECT_KEY, of_agency=owner, of_person=person)
    agency = await tx.one(_AGENCY_KEY, of_agency=owner)
    if subject is None or agency is None:
        return None
    return KeyPath(
        agency=owner,
        agency_key_version=agency["version"],
        agency_wrap=agency["wrap"],
        person=person,
        subject_key_version=subject["version"],
        subject_wrap=subject["wrap"],
    )


async def require_path(database: Database, seals: KeyMaker, owner: AgencyId, person: PersonId) -> KeyPath:
    """Find both keys; make the one that is missing. Of two who make one at a time, the first's stays.

    Raises:
        KeysUnavailableError: The provider does not answer.
        LedgerUnavailableError: The store does not answer, or keeps nothing.
    """
    found = await database.snapshot(lambda tx: _read_path(tx, owner, person))
    if found is not None:
        return found
    version, wrap = await _require_agency_key(database, seals, owner)
    made = await seals.new_subject_key(owner, version, wrap, person, 1)
    path = {"agency": owner, "person": person, "version": 1, "agency_key_version": version}
    await database.transaction(lambda tx: tx.run(_PUT_SUBJECT_KEY, **path, wrap=made, state="active"))
    kept = await database.snapshot(lambda tx: _read_path(tx, owner, person))
    if kept is None:
        raise LedgerUnavailableError("a person's key could not be kept")
    return kept


async def _require_agency_key(database: Database, seals: KeyMaker, owner: AgencyId) -> tuple[int, bytes]:
    row = await database.snapshot(lambda tx: tx.one(_AGENCY_KEY, of_agency=owner))
    if row is None:
        made = await seals.new_agency_key(owner, 1)
        new = {"agency": owner, "version": 1, "wrap": made, "state": "active"}
        await database.transaction(lambda tx: tx.run(_PUT_AGENCY_KEY, **new))
        row = await database.snapshot(lambda tx: tx.one(_AGENCY_KEY, of_agency=owner))
    if row is None:
        raise LedgerUnavailableError("an agency's key could not be kept")
    return row["version"], row["wrap"]
