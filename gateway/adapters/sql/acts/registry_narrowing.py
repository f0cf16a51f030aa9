"""Applying the registry's narrowing acts again, from the journal, to an older copy of the tables."""

from collections.abc import Mapping
from typing import Any

from gateway.adapters.sql.acts import accounts, agencies, assignments, authorities, clients
from gateway.adapters.sql.driver import Tx
from gateway.domain.instants import Instant

KINDS = frozenset(
    {"agency_suspended", "client_disabled", "worker_narrowed", "assignment_ended", "authority_ended"}
)


async def apply_narrowing(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Take away once more what a record took away; `record["scopes"]` are then to be bumped.

    Args:
        tx: A transaction that holds the head lock.
        record: An effect's `narrowing`, of one of `KINDS`.
        at: The end that is set; the original act's instant.

    Returns:
        False where the tables hold it already, or do not know what it is about.
    """
    match record["kind"]:
        case "agency_suspended":
            return await agencies.suspend_again(tx, record["agency"])
        case "client_disabled":
            return await clients.disable_again(tx, record["client"])
        case "worker_narrowed":
            return await accounts.narrow_again(tx, record)
        case "assignment_ended":
            return await assignments.end_again(tx, record["assignment"], at)
        case "authority_ended":
            return await authorities.end_again(tx, record["authority"], at)
    raise ValueError("not a narrowing act of the registry")
