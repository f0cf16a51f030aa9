"""Reading dossiers and fragments' rows: whether a caller may know of a dossier at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, or_, select
from sqlalchemy.sql.elements import ColumnElement

from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.relations import assigned_now
from gateway.adapters.sql.tables import authorities, dossiers, fragments, person_handles
from gateway.domain.caller import Caller
from gateway.domain.ids import AgencyId, DossierId, FragmentId, PersonId
from gateway.domain.instants import Instant

_OF_PERSON = select(dossiers.c.id).where(dossiers.c.person == bindparam("of_person"))
_DOSSIER = select(dossiers).where(dossiers.c.id == bindparam("of_dossier"))
_HANDLE = select(person_handles.c.handle).where(
    person_handles.c.agency == bindparam("of_agency"), person_handles.c.person == bindparam("of_person")
)
_AUTHORITY = select(authorities.c.id).where(
    and_(
        authorities.c.person == bindparam("of_person"),
        authorities.c.holder == bindparam("of_holder"),
        authorities.c.kind != "none",
        or_(authorities.c.from_at.is_(None), authorities.c.from_at <= bindparam("started_by")),
        or_(authorities.c.until_at.is_(None), authorities.c.until_at > bindparam("until_after")),
    )
)


def _next(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(dossiers)
        .where(condition, dossiers.c.id > bindparam("after"))
        .order_by(dossiers.c.id)
        .limit(bindparam("page", type_=Integer()))
    )


_ASSIGNED = _next(
    dossiers.c.person.in_(assigned_now(lambda worker, _: worker == bindparam("of_worker"), "person"))
)
_HELD = _next(
    or_(
        dossiers.c.person == bindparam("of_holder"),
        dossiers.c.person.in_(
            select(authorities.c.person).where(
                authorities.c.holder == bindparam("of_holder"),
                authorities.c.kind != "none",
                or_(authorities.c.from_at.is_(None), authorities.c.from_at <= bindparam("started_by")),
                or_(authorities.c.until_at.is_(None), authorities.c.until_at > bindparam("until_after")),
            )
        ),
    )
)
_FRAGMENT = select(fragments).where(fragments.c.id == bindparam("of_fragment"))


async def find_dossier(tx: Tx, caller: Caller, dossier: DossierId, at: Instant) -> Mapping[str, Any] | None:
    """Read a dossier as `{id, person, created_at}` if the caller may know of it.

    A worker may where her agency holds a handle of the person; the family where she is the person, or holds
    a recorded authority over her that is in force. None alike for "none" and "not yours".
    """
    row = await tx.one(_DOSSIER, of_dossier=dossier)
    if row is None:
        return None
    known: object
    if caller.person is not None:
        known = caller.person == row["person"] or await tx.one(
            _AUTHORITY, of_person=row["person"], of_holder=caller.person, started_by=at, until_after=at
        )
    else:
        known = await tx.one(_HANDLE, of_agency=caller.agency, of_person=row["person"])
    return dict(row) if known else None


async def find_dossier_of(tx: Tx, person: PersonId) -> DossierId | None:
    """Find the person's one dossier; who may know of it is not settled here."""
    row = await tx.one(_OF_PERSON, of_person=person)
    return None if row is None else DossierId(row["id"])


async def list_dossiers(
    tx: Tx, caller: Caller, at: Instant, *, after: str, limit: int
) -> Sequence[Mapping[str, Any]]:
    """List the next dossiers a caller works with or stands behind, in the order of their ids.

    A worker's: those of the persons she is assigned to. The family's: her own, and those of the persons over
    whom she holds a recorded authority that is in force.
    """
    period = {"started_by": at, "until_after": at, "after": after, "page": limit}
    if caller.worker is not None:
        rows = await tx.all(_ASSIGNED, of_worker=caller.worker, **period)
    else:
        rows = await tx.all(_HELD, of_holder=caller.person, **period)
    return [dict(row) for row in rows]


async def find_handle(tx: Tx, agency: AgencyId | None, person: PersonId) -> str | None:
    """How this agency names the person; a family member (no agency) names her by her identifier."""
    if agency is None:
        return person
    row = await tx.one(_HANDLE, of_agency=agency, of_person=person)
    return None if row is None else str(row["handle"])


async def find_fragment(tx: Tx, fragment: FragmentId) -> Mapping[str, Any] | None:
    """Read a fragment's row; who may know of it is not settled here."""
    row = await tx.one(_FRAGMENT, of_fragment=fragment)
    return None if row is None else dict(row)
