"""Agencies and units: admitted, suspended, restored."""

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import agencies
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, ActRefusedError
from gateway.domain.errors import ConflictError, PreconditionFailedError
from gateway.domain.facts import agency_scope
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.registry import DECOY_AGENCY, NewAgency
from gateway.domain.vocabulary import AgencyStatus

_FIND = select(agencies.c.revision, agencies.c.status).where(agencies.c.id == bindparam("of_id"))
_ADD = upsert(agencies).on_conflict_do_nothing()
_SET = (
    update(agencies)
    .where(agencies.c.id == bindparam("of_id"))
    .values(status=bindparam("to_status"), revision=agencies.c.revision + 1)
)
_SUSPEND = (
    update(agencies)
    .where(agencies.c.id == bindparam("of_id"), agencies.c.status == "member")
    .values(status="suspended", revision=agencies.c.revision + 1)
)


def add_agency(note: Note, agency: NewAgency) -> Change:
    """Write a new agency; `reference` is `{agency, etag}`.

    Raises (the change):
        ConflictError: The identifier is taken, or the parent is unknown.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        parents = parents_of(agency.id)[1:]
        if parents and await tx.one(_FIND, of_id=parents[0]) is None:
            raise ConflictError("the parent of this unit is unknown", field="id")
        if await tx.run(_ADD, **_row(agency, parents[0] if parents else None)) == 0:
            raise ConflictError("an agency has this identifier already", field="id")
        reference = {"agency": agency.id, "etag": "1"}
        return Effect(note, reference, (agency_scope(agency.id),))

    return change


def set_agency_status(note: Note, agency: AgencyId, status: AgencyStatus, if_match: str) -> Change:
    """Suspend or restore; `reference` is `{agency, status, etag}`.

    Raises (the change):
        ActRefusedError: There is no such agency.
        PreconditionFailedError: It has changed since `if_match`.
        ConflictError: It has left the network.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await tx.one(_FIND, of_id=agency)
        if row is None or agency == DECOY_AGENCY:
            raise ActRefusedError(NO_LINK)
        if str(row["revision"]) != if_match.strip().strip('"'):
            raise PreconditionFailedError("the agency has changed", field="If-Match")
        if row["status"] == AgencyStatus.LEFT:
            raise ConflictError("it has left: who returns is admitted anew, under another identifier")
        await tx.run(_SET, of_id=agency, to_status=str(status))
        reference = {"agency": agency, "status": str(status), "etag": str(row["revision"] + 1)}
        narrowing = {"kind": "agency_suspended", "agency": agency, "scopes": [agency_scope(agency)]}
        suspends = status is AgencyStatus.SUSPENDED
        return Effect(note, reference, (agency_scope(agency),), narrowing if suspends else None)

    return change


async def suspend_again(tx: Tx, agency: str) -> bool:
    """Apply a suspension to an older copy of the tables; False where it stands or there is no agency."""
    return await tx.run(_SUSPEND, of_id=agency) > 0


def _row(agency: NewAgency, parent: AgencyId | None) -> dict[str, object]:
    return {
        "id": agency.id,
        "parent": parent,
        "name_fr": agency.name_fr,
        "name_en": agency.name_en,
        "profile": agency.profile,
        "consent_model": agency.consent_model,
        "sector": agency.sector,
        "bound_by_secrecy": agency.bound_by_secrecy,
        "protection_mission": agency.protection_mission,
        "protected": agency.protected,
        "status": str(agency.status),
        "revision": 1,
    }
