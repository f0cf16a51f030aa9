"""The policy's input with what was found about the person: one place where findings become facts."""

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.domain.determinations import co_guardian_agrees, guardian_access_at, harm_at
from gateway.domain.findings import Finding
from gateway.domain.grounds import Held
from gateway.domain.instants import Instant, parse_instant
from gateway.domain.meetings import committee_for, open_to, transfer_for

HARM = "harm_if_disclosed_to"


def with_findings(document: Mapping[str, Any], findings: Sequence[Finding], at: Instant) -> dict[str, Any]:
    """Add harm and consultation to the fragment; committee, transfer and agreement to the context.

    Args:
        document: The policy's input, with actor, purpose, subject, consents and fragment in it.
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
    agreed = _agreed(document["consents"], at)
    committee = committee_for(findings, actor["id"], at, fragment=fragment["id"], agreed=agreed)
    if committee is not None:
        context["committee"] = committee
    # For which purposes it counts is the policy's to say: a table of the bundle.
    transfer = transfer_for(findings, actor["id"], fragment["id"])
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
    """Name the committees in whose name a directive may reach this caller: any that she may read in now."""
    return open_to(findings, account, at)


def fragment_of(
    held: Held, rules: Mapping[str, Any], findings: Sequence[Finding], at: Instant
) -> dict[str, Any]:
    """Give what is held, or stands in for it, in the policy's fields less sections; by its owner's rules."""
    fragment: dict[str, Any] = {
        "id": held.id,
        "owner_agency": held.owner,
        "category": held.category,
        "sensitivity": held.sensitivity,
        "status": held.status,
    }
    if rules.get("sector") is not None:
        fragment["owner_sector"] = rules["sector"]
    if held.youth_alone:
        fragment["youth_alone"] = True
    return fragment | harmful(findings, at, fragment)


def _agreed(consents: Sequence[Mapping[str, Any]], at: Instant) -> frozenset[str]:
    """Name the committees to which a permit speaks that is in force."""
    return frozenset(
        recipient["committee"]
        for one in consents
        if one["decision"] == "permit" and one["recipients"] != "any"
        for recipient in one["recipients"]
        if recipient.get("committee") and _in_force(one, at)
    )


def _in_force(consent: Mapping[str, Any], at: Instant) -> bool:
    """Whether it is active and has begun, and neither ended, nor was withdrawn or used up."""
    ends = [consent[name] for name in ("until", "withdrawn_at") if consent.get(name) is not None]
    return (
        consent["status"] == "active"
        and not consent.get("used")
        and parse_instant(consent["from"], field="from") <= at
        and all(at < parse_instant(one, field="until") for one in ends)
    )
