"""Leaving the network: asked, approved by a second person, data taken along, left.

Kind of `narrowing` written here: `agency_left`.
"""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from gateway.adapters.sql.acts.filing import file_approval, find_open
from gateway.adapters.sql.acts.standing import require_standing
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Row, Tx, in_list
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import agencies, leavings
from gateway.domain.acting import Note
from gateway.domain.acts import NO_LINK, ActRefusedError
from gateway.domain.approving import Approval, ApprovalKind
from gateway.domain.errors import ConflictError
from gateway.domain.facts import agency_scope
from gateway.domain.ids import AgencyId, parents_of
from gateway.domain.instants import Instant
from gateway.domain.leaving import NewLeaving

_OF = (
    select(leavings)
    .where(in_list(leavings.c.agency, "agencies"), leavings.c.state == "approved")
    .order_by(leavings.c.agency.desc())
    .limit(1)
)
_APPROVE = upsert(leavings)
_APPROVE = _APPROVE.on_conflict_do_update(
    index_elements=[leavings.c.agency],
    set_={
        name: _APPROVE.excluded[name]
        for name in ("state", "export_key", "keep_keys_until", "asked_by", "asked_at", "approved_at")
    },
)
_DONE = update(leavings).where(leavings.c.agency == bindparam("of_agency")).values(
    state="left", left_at=bindparam("to_at")
)  # fmt: skip
_LEAVE = (
    update(agencies)
    .where(agencies.c.id == bindparam("of_id"), agencies.c.status != "left")
    .values(status="left", revision=agencies.c.revision + 1)
)


def ask_leaving(vault: Vault, note: Note, new: NewLeaving) -> Change:
    """Put it to a second person; `reference` is `{leaving, approval, in_force}`.

    Raises (the change):
        ConflictError: The question is open already.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        if await find_open(tx, vault, ApprovalKind.LEAVING, None, ("leaving", new.agency)) is not None:
            raise ConflictError("this question is open already")
        content = {
            "leaving": new.agency,
            "key": new.key.jwk,
            "thumbprint": new.key.thumbprint,
            "keep_keys_until": new.keep_keys_until,
        }
        asked_by = "" if note.caller is None else note.caller.account
        approval = Approval(new.approval, ApprovalKind.LEAVING, new.agency, None, content)
        await file_approval(tx, vault, approval, asked_by, at)
        return Effect(note, {"leaving": new.agency, "approval": new.approval, "in_force": False})

    return change


async def write_approved(tx: Tx, row: Row, content: Mapping[str, Any], at: Instant) -> None:
    """Let the agency take its data along, and leave, from now on."""
    written = {
        "agency": content["leaving"],
        "state": "approved",
        "export_key": json.dumps(content["key"], sort_keys=True),
        "keep_keys_until": content["keep_keys_until"],
        "asked_by": row["asked_by"],
        "asked_at": row["asked_at"],
        "approved_at": at,
        "left_at": None,
    }
    await tx.run(_APPROVE, **written)


def take_along(note: Note, owner: AgencyId) -> Change:
    """Record that a fragment of this agency leaves with it.

    Raises (the change):
        ActRefusedError: No second person has approved that it leaves.
    """

    async def change(tx: Tx, _at: Instant) -> Effect:
        await require_standing(tx, note)
        if await find_leaving(tx, owner) is None:
            raise ActRefusedError(NO_LINK)
        return Effect(note, {"fragment": note.fragment})

    return change


def leave_network(note: Note, agency: AgencyId) -> Change:
    """Leave for good; `reference` is `{leaving}`.

    Raises (the change):
        ActRefusedError: No second person has approved it.
    """

    async def change(tx: Tx, at: Instant) -> Effect:
        await require_standing(tx, note)
        row = await find_leaving(tx, agency)
        if row is None or row["agency"] != agency:
            raise ActRefusedError(NO_LINK)
        await tx.run(_LEAVE, of_id=agency)
        await tx.run(_DONE, of_agency=agency, to_at=at)
        scope = agency_scope(agency)
        narrowing = {"kind": "agency_left", "agency": agency, "scopes": [scope]}
        return Effect(note, {"leaving": agency}, (scope,), narrowing)

    return change


async def leave_again(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Apply a leaving to an older copy of the tables; False where it has left, or there is no agency."""
    await tx.run(_DONE, of_agency=record["agency"], to_at=at)
    return await tx.run(_LEAVE, of_id=record["agency"]) > 0


async def find_leaving(tx: Tx, agency: AgencyId) -> Row | None:
    """Find the approved leaving of an agency, or of the body that it is a unit of."""
    return await tx.one(_OF, agencies=json.dumps(parents_of(agency)))
