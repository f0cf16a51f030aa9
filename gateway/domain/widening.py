"""What a family opens waits a day when a code on paper was the way in; what she closes never does.

Somebody in the house may know a birthday, and may hold or have had printed a code. So an act that opens
something, by a caller whose way in was a code, takes effect after 24 hours, in which she whose name it
bears can see it and stop it, unless she says it once more through another channel. The table names every
kind of entry, so that no new kind escapes the question; the writer refuses an act that does not keep to it.
"""

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from gateway.domain.acting import Note
from gateway.domain.caller import Caller
from gateway.domain.enrolments import Enrolment, EnrolmentId, EnrolmentKind
from gateway.domain.errors import CorruptionError
from gateway.domain.instants import DAY_US, Instant
from gateway.domain.ledger import EntryKind as Kind
from gateway.domain.meetings import TransferState

WAIT_US: Final = DAY_US


class Turn(Enum):
    """Which way an act turns what others may read."""

    WIDENS = "widens"
    NARROWS = "narrows"
    NEITHER = "neither"
    """It only reads, tells, or comes in."""
    NOT_THE_FAMILYS = "not the family's"
    """No family member does it: for one who comes with a code it counts as one that widens."""


TURNS: Final[Mapping[tuple[Kind, str], Turn]] = MappingProxyType(
    {
        (Kind.CONSENT_GIVEN, "permit"): Turn.WIDENS,
        (Kind.CONSENT_GIVEN, "deny"): Turn.NARROWS,
        (Kind.CONSENT_WITHDRAWN, "permit"): Turn.NARROWS,
        (Kind.CONSENT_WITHDRAWN, "deny"): Turn.WIDENS,
        (Kind.CONSENT_CONFIRMED, ""): Turn.WIDENS,
        (Kind.STOPPED, ""): Turn.NARROWS,
        (Kind.STOP_LIFTED, ""): Turn.WIDENS,
        (Kind.AGREEMENT_GIVEN, ""): Turn.WIDENS,
        (Kind.AGREEMENT_WITHDRAWN, ""): Turn.NARROWS,
        (Kind.TRANSFER_ANSWERED, TransferState.AGREED): Turn.WIDENS,
        (Kind.TRANSFER_ANSWERED, TransferState.REFUSED_BY_FAMILY): Turn.NARROWS,
        (Kind.RECOMMENDATION_REFUSED, ""): Turn.NARROWS,
        (Kind.PASSKEY_ADDED, ""): Turn.WIDENS,
        (Kind.PASSKEY_REMOVED, ""): Turn.NARROWS,
        (Kind.CODE_REVOKED, ""): Turn.NARROWS,
        **{
            (kind, ""): Turn.NEITHER
            for kind in (
                Kind.RELEASED,
                Kind.REFUSED,
                Kind.INQUIRED,
                Kind.RELEASE_CUT,
                Kind.LISTED,
                Kind.LEDGER_READ,
                Kind.LEDGER_EXPORTED,
                Kind.NOTIFIED,
                Kind.QUESTION_ASKED,
                Kind.REPORT_SUBMITTED,
                Kind.SIGNED_IN,
                Kind.SIGN_IN_REFUSED,
                Kind.SIGNED_OUT,
            )
        },
    }
)
"""Kind of entry, and what of it: a consent's decision, a transfer's state. What is not listed widens."""

_WHAT: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.CONSENT_GIVEN: "decision",
        Kind.CONSENT_WITHDRAWN: "decision",
        Kind.TRANSFER_ANSWERED: "state",
    }
)
"""Which member of the officers' part says what of it."""


def turn_of(note: Note) -> Turn:
    """Which way the act of this note turns; one that the table does not list is nobody's of the family."""
    name = _WHAT.get(note.kind)
    what = "" if name is None else str(note.detail.get(name, ""))
    return TURNS.get((note.kind, what), Turn.NOT_THE_FAMILYS)


def is_doubtful(caller: Caller | None, at: Instant) -> bool:
    """Whether what this caller opens at this instant waits: a code, or a passkey that one added, of late."""
    return caller is not None and caller.waits_until is not None and at < caller.waits_until


def may_end(by: Enrolment, way: Enrolment, at: Instant) -> bool:
    """Whether who came in by a doubtful way may end another of the same account.

    Her own, what came of the same code, any code, and what is doubtful itself: not a passkey of a surer
    sign-in, or whoever holds the paper would shut out her whose name it bears.
    """
    of_one_code = way.via is not None and way.via == code_behind(by)
    waits = way.waits_until is not None and at < way.waits_until
    return way.kind is EnrolmentKind.CODE or way.id == by.id or of_one_code or waits


def code_behind(way: Enrolment) -> EnrolmentId | None:
    """The code by which somebody came in, or by which her passkey was added."""
    return way.id if way.kind is EnrolmentKind.CODE else way.via


def opens_at(note: Note, at: Instant) -> Instant:
    """When what this act opens is open: its own instant, or a day later. The one rule of the wait."""
    waits = is_doubtful(note.caller, at) and turn_of(note) in {Turn.WIDENS, Turn.NOT_THE_FAMILYS}
    return Instant(at + WAIT_US) if waits else at


def require_waited(note: Note, opened_at: Instant | None, at: Instant) -> None:
    """Let an act through that opens nothing before it may.

    Args:
        note: Of the act.
        opened_at: When what it opens is open; None says at once.
        at: The act's own instant.

    Raises:
        CorruptionError: It would open something too early, which no act of ours does.
    """
    opens = opens_at(note, at)
    if opens > at and (opened_at is None or opened_at < opens):
        raise CorruptionError("an act that must wait takes effect at once")
