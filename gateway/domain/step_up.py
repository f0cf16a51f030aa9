"""What somebody does in a browser without proving again who she is: one reviewed table of kinds of entry.

A cookie lives for hours, and by then somebody else may sit before it. So every act outside the policy that
opens a door, for herself or for others, asks for a recent authentication. What ends, takes away, comes in
or only reads never does. A kind that is not listed asks, so that no new one escapes the question.
"""

from typing import Final

from gateway.domain.caller import Caller
from gateway.domain.ledger import EntryKind as Kind

NEVER_ASKS: Final[frozenset[Kind]] = frozenset(
    {
        # It only reads, looks up or tells nobody anything new.
        Kind.LISTED,
        Kind.LOOKED_UP,
        Kind.LEDGER_READ,
        # It comes in; who may read it is asked again of everybody.
        Kind.DEPOSITED,
        Kind.PERSON_CHANGED,
        Kind.EMERGENCY_REVIEWED,
        # It ends or takes away.
        Kind.FRAGMENT_HELD,
        Kind.MARKED_IN_ERROR,
        Kind.ERASED,
        Kind.UNASSIGNED,
        Kind.TEAM_UNASSIGNED,
        Kind.TEAM_ENDED,
        Kind.TEAM_DUTY_ENDED,
        Kind.AUTHORITY_ENDED,
        Kind.INSTRUMENT_ENDED,
        Kind.DECLINED,
        Kind.CAPACITY_ENDED,
        Kind.SESSION_RECUSED,
        Kind.SESSION_CLOSED,
        Kind.NOTICE_DELAYED,
        Kind.CODE_REVOKED,
        Kind.PASSKEY_REMOVED,
        Kind.AGENCY_SUSPENDED,
        Kind.AGENCY_LEFT,
        Kind.CLIENT_DISABLED,
        Kind.CLIENT_KEY_RETIRED,
        Kind.WORKER_DISABLED,
        # The answer to a theft: the key that signs tokens makes way for another one of the gateway's own.
        Kind.KEY_ROTATED,
    }
)


def needs_step_up(caller: Caller, kind: Kind, *, narrows: bool) -> bool:
    """Whether she must prove again who she is before this; `narrows` says that this one only takes away."""
    return caller.is_stale and not narrows and kind not in NEVER_ASKS
