"""The current keys of an agency for a person, as rows."""

from sqlalchemy import bindparam, select

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import agency_keys, subject_keys
from gateway.domain.ids import AgencyId, PersonId
from gateway.domain.keys import KeyPath

AGENCY_KEY = (
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


async def read_path(tx: Tx, owner: AgencyId, person: PersonId) -> KeyPath | None:
    """Find both keys that are active; None where one of them is not made yet."""
    subject = await tx.one(_SUBJECT_KEY, of_agency=owner, of_person=person)
    agency = await tx.one(AGENCY_KEY, of_agency=owner)
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
