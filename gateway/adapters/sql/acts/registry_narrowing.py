"""Applying the registry's narrowing acts again, from the journal, to older tables (promise P10)."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from gateway.adapters.sql.acts import (
    accounts,
    agencies,
    assignments,
    authorities,
    client_keys,
    clients,
    duties,
    enrolments,
    findings,
    instruments,
    leavings,
    sign_ins,
    teams,
    transfers,
    workforce,
)
from gateway.adapters.sql.acts.vault import Vault
from gateway.adapters.sql.driver import Tx
from gateway.adapters.sql.fence import bump
from gateway.domain.errors import CorruptionError
from gateway.domain.instants import Instant

_Again = Callable[[Tx, Mapping[str, Any], Instant, Vault], Awaitable[bool]]
_AGAIN: Mapping[str, _Again] = {
    "agency_suspended": lambda tx, record, *_: agencies.suspend_again(tx, record["agency"]),
    "client_disabled": lambda tx, record, *_: clients.disable_again(tx, record["client"]),
    "client_key_retired": lambda tx, record, at, _: client_keys.retire_again(
        tx, record["client"], record["kid"], at
    ),
    "worker_narrowed": lambda tx, record, *_: accounts.narrow_again(tx, record),
    "assignment_ended": lambda tx, record, at, _: assignments.end_again(tx, record["assignment"], at),
    "enrolment_revoked": lambda tx, record, at, _: enrolments.revoke_again(tx, record, at),
    "authority_ended": lambda tx, record, at, _: authorities.end_again(tx, record["authority"], at),
    "order_ended": lambda tx, record, at, _: instruments.end_again(tx, record["order"], at),
    "prohibition_recorded": lambda tx, record, *_: instruments.put_again(tx, record["row"]),
    "sign_ins_ended": lambda tx, record, at, _: sign_ins.end_again(tx, record, at),
    "finding": lambda tx, record, _, vault: findings.narrow_again(tx, record, vault),
    "transfer_completed": transfers.complete_again,
    "workers_narrowed": lambda tx, record, *_: workforce.narrow_all_again(tx, record),
    "team_ended": lambda tx, record, at, _: teams.end_team_again(tx, record["team"], at),
    "team_unassigned": lambda tx, record, at, _: teams.unassign_again(tx, record, at),
    "agency_left": lambda tx, record, at, _: leavings.leave_again(tx, record, at),
    "duty_ended": lambda tx, record, at, _: duties.end_duty_again(tx, record, at),
}

KINDS = frozenset(_AGAIN)


async def apply_narrowing(tx: Tx, record: Mapping[str, Any], at: Instant, *, vault: Vault) -> bool:
    """Take away once more what this act took away; ends set now carry `at`.

    Applying it twice changes nothing more; what the tables do not know is left out.

    Returns:
        True if something changed; the epochs concerned are then moved on.

    Raises:
        CorruptionError: A kind that is not known here, or a record without what its kind needs.
    """
    try:
        again = _AGAIN.get(record["kind"])
        if again is None:
            raise CorruptionError("a narrowing act is of an unknown kind")
        changed = await again(tx, record, at, vault)
        if changed:
            await bump(tx, list(record["scopes"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CorruptionError("a narrowing act cannot be read") from error
    return changed
