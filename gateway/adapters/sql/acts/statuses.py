"""Holding a fragment, and marking it as in error, as changes under the head lock.

Kind of `narrowing` written here: `fragment_status`.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import bindparam, update

from gateway.adapters.sql.acts.deposit import FRAGMENT
from gateway.adapters.sql.acts.labels import require_current
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.effects import Change, Effect
from gateway.adapters.sql.tables import fragments
from gateway.domain.acting import Note
from gateway.domain.errors import ConflictError
from gateway.domain.facts import person_scope
from gateway.domain.fragment import may_become
from gateway.domain.ids import FragmentId
from gateway.domain.instants import Instant
from gateway.domain.vocabulary import FragmentStatus

_SET = (
    update(fragments)
    .where(fragments.c.id == bindparam("of_fragment"))
    .values(status=bindparam("new_status"), revision=fragments.c.revision + 1)
)


def set_fragment_status(note: Note, fragment: FragmentId, status: FragmentStatus, if_match: str) -> Change:
    """Hold a fragment, lift its hold, or mark it as in error; its sealed content stays as it is.

    `reference` is `{fragment, etag}`. The change raises PreconditionFailedError for another etag or an erased
    fragment, ConflictError where a fragment in its state does not become this.
    """

    async def change(tx: Tx, at: Instant) -> Effect:  # noqa: ARG001 - the entry says when
        row = await require_current(tx, fragment, if_match)
        if not may_become(FragmentStatus(row["status"]), status):
            raise ConflictError("a fragment in this state does not become that", field="status")
        await tx.run(_SET, of_fragment=fragment, new_status=str(status))
        reference = {"fragment": fragment, "etag": str(row["revision"] + 1)}
        narrowing = {
            "kind": "fragment_status",
            "person": row["person"],
            "fragment": fragment,
            "status": str(status),
            "version": row["version"],
        }
        opens = status is FragmentStatus.ACTIVE
        return Effect(note, reference, (person_scope(row["person"]),), None if opens else narrowing)

    return change


async def apply_status(tx: Tx, record: Mapping[str, Any]) -> bool:
    """Hold or mark again a version that the tables still give out; a later version is not concerned."""
    row = await tx.one(FRAGMENT, of_fragment=record["fragment"])
    if row is None or row["version"] > record["version"]:
        return False
    if not may_become(FragmentStatus(row["status"]), FragmentStatus(record["status"])):
        return False
    return await tx.run(_SET, of_fragment=record["fragment"], new_status=record["status"]) > 0
