"""Applying the registry's narrowing acts again, from the journal, to older tables (promise P10)."""

from collections.abc import Mapping
from typing import Any

from gateway.adapters.sql.acts import accounts, agencies, assignments, authorities, clients, findings
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.fence import bump
from gateway.domain.errors import CorruptionError
from gateway.domain.instants import Instant

KINDS = frozenset(
    {
        "agency_suspended",
        "client_disabled",
        "worker_narrowed",
        "assignment_ended",
        "authority_ended",
        "finding",
    }
)


async def apply_narrowing(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
    """Take away once more what this act took away; ends set now carry `at`.

    Applying it twice changes nothing more; what the tables do not know is left out.

    Returns:
        True if something changed; the epochs concerned are then moved on.

    Raises:
        CorruptionError: A kind that is not known here, or a record without what its kind needs.
    """
    try:
        changed = await _apply(tx, record, at)
        if changed:
            await bump(tx, list(record["scopes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptionError("a narrowing act cannot be read") from error
    return changed


async def _apply(tx: Tx, record: Mapping[str, Any], at: Instant) -> bool:
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
        case "finding":
            return await findings.write_again(tx, record)
    raise CorruptionError("a narrowing act is of an unknown kind")
