"""The policy's input with what was found about the person: one place where findings become facts."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.determinations import co_guardian_agrees, guardian_access_at, harm_at
from gateway.domain.findings import Finding
from gateway.domain.instants import Instant
from gateway.domain.meetings import committee_for, transfer_for

HARM = "harm_if_disclosed_to"
_MOVES = frozenset({"transfer", "referral"})


def with_findings(document: Mapping[str, Any], findings: Sequence[Finding], at: Instant) -> dict[str, Any]:
    """Add harm and consultation to the fragment; committee, transfer and agreement to the context.

    Args:
        document: The policy's input, with actor, purpose, subject and fragment in it.
        findings: Every record about the person.
        at: The instant of the facts. What of it can change with time alone is within the facts' horizon.
    """
    if not findings:
        return dict(document)
    actor, fragment = document["actor"], document["fragment"]
    context: dict[str, Any] = {}
    if actor["role"] == "guardian":
        context["co_guardian_agrees"] = co_guardian_agrees(
            findings,
            at,
            guardian=actor["id"],
            fragment=fragment,
            authorities=document["subject"]["authorities"],
        )
    committee = committee_for(findings, actor["id"], at)
    if committee is not None:
        context["committee"] = committee
    transfer = transfer_for(findings, actor["id"]) if document["purpose"] in _MOVES else None
    if transfer is not None:
        context["transfer"] = transfer
    consulted = guardian_access_at(findings, at, fragment["id"])
    found = {} if consulted is None else {"guardian_access": consulted}
    return {
        **document,
        "fragment": {**fragment, **harmful(findings, at, fragment), **found},
        "context": {**document["context"], **context},
    }


def harmful(findings: Sequence[Finding], at: Instant, fragment: Mapping[str, Any]) -> dict[str, list[str]]:
    """Give the fragment's `harm_if_disclosed_to`, where there is any; for a stand-in fragment too."""
    whom = harm_at(findings, at, fragment)
    return {HARM: whom} if whom else {}


def committees_of(findings: Sequence[Finding], account: str, at: Instant) -> tuple[str, ...]:
    """Name the committees in whose name a directive may reach this caller."""
    committee = committee_for(findings, account, at)
    return () if committee is None else (committee["id"],)
