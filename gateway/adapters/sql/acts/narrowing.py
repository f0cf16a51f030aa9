"""Applying a narrowing act again, from its record alone, to tables that may be older than it (P10)."""

from collections.abc import Mapping
from typing import Any

from gateway.adapters.sql.acts.consents import apply_given, apply_withdrawn
from gateway.adapters.sql.acts.labels import apply_erased
from gateway.adapters.sql.acts.statuses import apply_status
from gateway.adapters.sql.acts.stops import apply_stopped
from gateway.adapters.sql.append import OwnerKeys
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.fence import bump
from gateway.domain.errors import CorruptionError
from gateway.domain.facts import person_scope
from gateway.domain.instants import Instant
from gateway.ports import RecordKeys

KINDS = frozenset({"given", "withdrawn", "stopped", "erased", "fragment_status"})
"""The kinds of record known here; an agency's, a worker's and an authority's are the registry's."""


async def apply_narrowing(
    tx: Tx, record: Mapping[str, Any], at: Instant, *, keys: RecordKeys, owners: OwnerKeys
) -> bool:
    """Make the tables at least as narrow as this act left them; ends set now carry `at`.

    Applying it twice changes nothing more. What the tables never knew and cannot release is left out: a
    consent given after the copy was made needs no withdrawal there.

    Returns:
        True if something changed; the person's epoch is then moved on.

    Raises:
        CorruptionError: A kind that is not known here, or a record without what its kind needs.
    """
    kind = record.get("kind")
    try:
        if kind == "given":
            changed = await apply_given(tx, record, at)
        elif kind == "withdrawn":
            changed = await apply_withdrawn(tx, record, at)
        elif kind == "stopped":
            changed = await apply_stopped(tx, record, at)
        elif kind == "erased":
            changed = await apply_erased(keys, owners, tx, record)
        elif kind == "fragment_status":
            changed = await apply_status(tx, record)
        else:
            raise CorruptionError("a narrowing act is of an unknown kind")
        if changed:
            await bump(tx, [person_scope(record["person"])])
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise CorruptionError("a narrowing act cannot be read") from error
    return changed
