"""Sessions of a committee and personalised transfers: who meets about what, and until when it may be read.

Documents:

    session   {members, recused, package, agencies_at_consent, agency}
    transfer  {from_worker, to_person, to_agency, package, purpose, meeting, state, signed: [worker]}

Members, recused and workers are account ids, a package lists fragments. A session holds in
[opens, closes), which is the period of its record. Source: domain rules 3.1, 3.8, 3.9 and C13.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any

from gateway.domain.errors import ConflictError, MalformedError
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.instants import Instant, to_text

MAX_PACKAGE = 100
MAX_MEMBERS = 50
MAX_SESSION_US = 31 * 24 * 3600 * 1_000_000
"""A session is a meeting with its preparation, not a standing access."""


AGREED_FROM = "agreed_from"
"""In a transfer's document: from when on the family's yes counts."""


class TransferState(StrEnum):
    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED_BY_FAMILY = "refused_by_family"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    COMPLETED = "completed"


_FOLLOWS = {
    TransferState.AGREED: {TransferState.PROPOSED},
    TransferState.REFUSED_BY_FAMILY: {
        TransferState.PROPOSED,
        TransferState.AGREED,
        TransferState.ACCEPTED,
    },
    TransferState.ACCEPTED: {TransferState.AGREED},
    TransferState.DECLINED: {TransferState.PROPOSED, TransferState.AGREED},
    TransferState.COMPLETED: {TransferState.ACCEPTED},
}
_OVER = {TransferState.REFUSED_BY_FAMILY, TransferState.DECLINED, TransferState.COMPLETED}
BRINGS_IN = frozenset({TransferState.ACCEPTED, TransferState.COMPLETED})
_SETTLED = BRINGS_IN | {TransferState.REFUSED_BY_FAMILY}


def status_of(session: Finding, at: Instant) -> str:
    """`scheduled`, `open` or `closed`, by the clock; one that was closed before it opened never opens."""
    if session.until_at is not None and session.until_at <= at:
        return "closed"
    return "scheduled" if session.from_at is not None and at < session.from_at else "open"


def committee_for(
    findings: Iterable[Finding], account: str, at: Instant, *, fragment: str, agreed: Collection[str]
) -> dict[str, Any] | None:
    """Give the session that the policy judges a reading by, in its own fields; None where she sits in none.

    A session never shuts another: of several, one whose package has the fragment; of these, one that she may
    read in now, and that the family `agreed` to. Else the one that is open now, or that opens last.
    """
    hers = [
        one
        for one in findings
        if one.kind is FindingKind.SESSION and account in {*one.document["members"], *one.document["recused"]}
    ]
    if not hers:
        return None

    def rank(one: Finding) -> tuple[bool, bool, bool, bool, int, str]:
        opened = status_of(one, at) == "open"
        reads = opened and account not in one.document["recused"]
        has_it = fragment in one.document["package"]
        return has_it, reads, reads and one.id in agreed, opened, one.from_at or 0, one.id

    session = max(hers, key=rank)
    return {"id": session.id, **session_shown(session, at)}


def open_to(findings: Iterable[Finding], account: str, at: Instant) -> tuple[str, ...]:
    """Name every session in which this caller may read now."""
    return tuple(
        one.id
        for one in findings
        if one.kind is FindingKind.SESSION
        and status_of(one, at) == "open"
        and account in one.document["members"]
        and account not in one.document["recused"]
    )


def session_shown(session: Finding, at: Instant) -> dict[str, Any]:
    """A session in the policy's fields, less its id."""
    named = {"opens": session.from_at, "closes": session.until_at}
    return {
        "status": status_of(session, at),
        **{name: to_text(value) for name, value in named.items() if value is not None},
        **{name: list(session.document[name]) for name in ("members", "recused", "package")},
        "agencies_at_consent": list(session.document["agencies_at_consent"]),
    }


def check_session(
    members: tuple[str, ...], package: tuple[str, ...], period: tuple[Instant, Instant]
) -> None:
    """Accept a session of few, about few documents, that closes after it opens and within a month.

    Raises:
        MalformedError: Nobody or somebody twice, no document or one twice, or another period.
    """
    opens, closes = period
    if not 1 <= len(members) <= MAX_MEMBERS or len(set(members)) != len(members):
        raise MalformedError("a session has 1 to 50 members, each once", field="members")
    check_package(package)
    if not opens < closes <= opens + MAX_SESSION_US:
        raise MalformedError("a session closes after it opens, within 31 days", field="closes")


def check_package(package: tuple[str, ...]) -> None:
    """Accept 1 to 100 documents, each once.

    Raises:
        MalformedError: Any other list.
    """
    if not 1 <= len(package) <= MAX_PACKAGE or len(set(package)) != len(package):
        raise MalformedError("a package has 1 to 100 documents, each once", field="package")


def recused(session: Finding, worker: str) -> Finding:
    """The session with a member who takes no part in it any more; again is the same."""
    told = sorted({*session.document["recused"], worker})
    return _next(session, {"recused": told})


def transfer_for(findings: Iterable[Finding], account: str, fragment: str) -> dict[str, Any] | None:
    """Give the transfer that the policy judges a reading by, in its own fields; None where there is none.

    Of those that name her as who receives, the latest offered that has the fragment in its package and was
    accepted, or refused by the family: a mere offer shuts nothing. Else the latest that has the fragment, or
    the latest. Where none names her, the latest that is still under way, or else that had the fragment: what
    was handed over to one worker is no other's for that purpose.
    """
    known = [one for one in findings if one.kind is FindingKind.TRANSFER]
    hers = [one for one in known if one.document["to_person"] == account]

    def concerns(one: Finding) -> tuple[bool, int, str]:
        return TransferState(one.document["state"]) not in _OVER, one.recorded_at, one.id

    def rank(one: Finding) -> tuple[bool, bool, int, str]:
        has_it = fragment in one.document["package"]
        settled = TransferState(one.document["state"]) in _SETTLED
        return has_it and settled, has_it, one.recorded_at, one.id

    others = [one for one in known if concerns(one)[0] or _keeps(one, fragment)]
    found = max(hers, key=rank, default=None) or max(others, key=concerns, default=None)
    if found is None:
        return None
    document = found.document
    return {
        "state": _told(TransferState(document["state"])),
        "to_person": document["to_person"],
        "package": list(document["package"]),
    }


def _keeps(transfer: Finding, fragment: str) -> bool:
    """Whether what was in its package is kept for its receiver: not where she declined it."""
    return transfer.document["state"] != TransferState.DECLINED and fragment in transfer.document["package"]


def sitting_in(findings: Iterable[Finding], at: Instant) -> list[tuple[list[str], list[str]]]:
    """List the sessions that are open now: who sits in each and may read, and its package."""
    return [
        (
            [name for name in one.document["members"] if name not in one.document["recused"]],
            one.document["package"],
        )
        for one in findings
        if one.kind is FindingKind.SESSION and status_of(one, at) == "open"
    ]


def transferred_to(findings: Iterable[Finding]) -> list[tuple[str, list[str]]]:
    """List the transfers that were accepted: who receives, and the package."""
    return [
        (one.document["to_person"], one.document["package"])
        for one in findings
        if one.kind is FindingKind.TRANSFER and TransferState(one.document["state"]) in BRINGS_IN
    ]


def _told(state: TransferState) -> str:
    """The policy knows four states: what nobody has accepted is proposed, a declined one for good."""
    told = {TransferState.AGREED: TransferState.PROPOSED, TransferState.DECLINED: TransferState.PROPOSED}
    return str(told.get(state, state))


def brings_in(findings: Iterable[Finding], agency: str) -> bool:
    """Whether an accepted or completed transfer names a worker of this agency as who receives."""
    return any(
        one.kind is FindingKind.TRANSFER
        and one.document["to_agency"] == agency
        and TransferState(one.document["state"]) in BRINGS_IN
        for one in findings
    )


def moved(transfer: Finding, state: TransferState) -> Finding:
    """The transfer in its next state, or as it is where that is its state already.

    Raises:
        ConflictError: What it is now is not followed by this.
    """
    if transfer.document["state"] == state:
        return _next(transfer, {})
    if TransferState(transfer.document["state"]) not in _FOLLOWS[state]:
        raise ConflictError("a transfer in this state is not followed by that", field="state")
    return _next(transfer, {"state": str(state)})


def agreed_from(transfer: Finding, opens: Instant, at: Instant) -> Finding:
    """A transfer's next state as it is written at this instant: a family's yes may count only from later on.

    Raises:
        ConflictError: It is accepted before the family's yes counts.
    """
    state, known = TransferState(transfer.document["state"]), transfer.document.get(AGREED_FROM)
    if state is TransferState.ACCEPTED and known is not None and at < known:
        raise ConflictError("the family's yes does not count yet", field="state")
    if state is not TransferState.AGREED:
        return transfer
    # What counts already, or counts sooner, is not put off by another yes.
    counts = opens if known is None else min(known, opens)
    return replace(transfer, document={**transfer.document, AGREED_FROM: counts})


def signed(transfer: Finding, worker: str) -> Finding:
    """The transfer signed off by one of its two workers; completed once both have.

    Raises:
        ConflictError: Nobody has accepted it, or it was refused.
    """
    now = TransferState(transfer.document["state"])
    if now is TransferState.COMPLETED:
        return _next(transfer, {})
    if now is not TransferState.ACCEPTED:
        raise ConflictError("only an accepted transfer is completed", field="state")
    both = sorted({*transfer.document["signed"], worker})
    state = TransferState.COMPLETED if completes(transfer, worker) else TransferState.ACCEPTED
    return _next(transfer, {"signed": both, "state": str(state)})


def completes(transfer: Finding, worker: str) -> bool:
    """Whether this worker's signature is the last that an accepted transfer waits for."""
    told = transfer.document
    both = {told["from_worker"], told["to_person"]}
    return told["state"] == TransferState.ACCEPTED and {*told["signed"], worker} == both


def _next(finding: Finding, changed: Mapping[str, Any]) -> Finding:
    return replace(finding, document={**finding.document, **changed}, revision=finding.revision + 1)
