"""What an agency that leaves takes along: its own fragments, and those of its units."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, bindparam, func, or_, select

from gateway.adapters.sql.acts.leavings import find_leaving
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.tables import fragments
from gateway.domain.ids import AgencyId
from gateway.domain.leaving import ExportKey

_OWN = (
    select(fragments.c.id, fragments.c.owner, fragments.c.category, fragments.c.status)
    .where(
        or_(
            fragments.c.owner == bindparam("of_owner"),
            func.substr(fragments.c.owner, 1, bindparam("length", type_=Integer())) == bindparam("of_units"),
        ),
        fragments.c.status != "erased",
        fragments.c.id > bindparam("after"),
    )
    .order_by(fragments.c.id)
    .limit(bindparam("page", type_=Integer()))
)


async def list_own(tx: Tx, agency: AgencyId, after: str, limit: int) -> Sequence[Mapping[str, Any]]:
    """List `{id, owner, category, status}` of what the agency and its units hold, by id."""
    units = f"{agency}/"
    rows = await tx.all(_OWN, of_owner=agency, of_units=units, length=len(units), after=after, page=limit)
    return [dict(row) for row in rows]


async def find_export_key(tx: Tx, agency: AgencyId) -> ExportKey | None:
    """Find the key that the agency's data is sealed for; None where no leaving is approved."""
    row = await find_leaving(tx, agency)
    if row is None:
        return None
    jwk = json.loads(row["export_key"])
    return ExportKey(jwk["x"], jwk["y"])
