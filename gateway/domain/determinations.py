"""Capacity, harm, consultation, agreement: what a record says, and what a decision makes of all of them.

Documents, in the field names of the policy where it has one:

    capacity      {category: code or "all", capable, assessed_by, grounds}
    harm          {owner, to: [guardian|youth], categories: "all" or [code], fragment: id or null, grounds}
    consultation  {fragment, youth_consulted, harm_expected}
    agreement     {giver, guardian, fragment: id or null}

The latest that was recorded counts among those that hold. Source: domain rules 3.1, 3.9 (family branch).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from gateway.domain.errors import MalformedError
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.ids import AgencyId
from gateway.domain.instants import Instant, parse_instant

Capable = bool | tuple[str, ...]
Findings = Iterable[Finding]

ALL: Literal["all"] = "all"


def holding(findings: Findings, kind: FindingKind, at: Instant) -> list[Finding]:
    """The records of one kind that hold at this instant, the latest recorded first."""
    found = [one for one in findings if one.kind is kind and one.holds_at(at)]
    return sorted(found, key=lambda one: (one.recorded_at, one.id), reverse=True)


def capable_at(
    default: Capable, findings: Findings, at: Instant, categories: frozenset[str]
) -> bool | list[str]:
    """Say what she decides on alone: what was known of her, overridden category by category.

    Args:
        default: Of the person's own record.
        findings: Every record about her.
        at: The instant of the request.
        categories: The whole vocabulary; a category outside it is nobody's to decide on alone.
    """
    found = holding(findings, FindingKind.CAPACITY, at)
    if not found:
        return default if isinstance(default, bool) else list(default)
    if found[0].document["category"] == ALL:
        return bool(found[0].document["capable"])
    return sorted(one for one in categories if _is_capable(one, default, found))


def _is_capable(category: str, default: Capable, found: Sequence[Finding]) -> bool:
    for one in found:
        if one.document["category"] in {ALL, category}:
            return bool(one.document["capable"])
    return default if isinstance(default, bool) else category in default


def harm_at(findings: Findings, at: Instant, fragment: Mapping[str, Any]) -> list[str]:
    """Name to whom, of guardian and youth, reading this fragment was found to do harm.

    A determination about a category concerns a fragment with any section of it, and only those of the agency
    that determined it. `fragment` is in the policy's fields.
    """
    sections = fragment.get("sections", ())
    touched = {fragment["category"], *(one["category"] for one in sections if "category" in one)}
    return sorted(
        {
            whom
            for one in holding(findings, FindingKind.HARM, at)
            if one.document["owner"] == fragment["owner_agency"]
            and _concerns(one.document, fragment["id"], touched)
            for whom in one.document["to"]
        }
    )


def _concerns(document: Mapping[str, Any], fragment: str, touched: set[str]) -> bool:
    if document["fragment"] is not None:
        return bool(document["fragment"] == fragment)
    return document["categories"] == ALL or not touched.isdisjoint(document["categories"])


def guardian_access_at(findings: Findings, at: Instant, fragment: str) -> dict[str, Any] | None:
    """What the last consultation about a fragment found; None where the youth was not consulted."""
    for one in holding(findings, FindingKind.CONSULTATION, at):
        if one.document["fragment"] == fragment:
            return {name: one.document[name] for name in ("youth_consulted", "harm_expected")}
    return None


def co_guardian_agrees(
    findings: Findings,
    at: Instant,
    *,
    guardian: str,
    fragment: Mapping[str, Any],
    authorities: Iterable[Mapping[str, Any]],
) -> bool:
    """Whether everybody else who holds joint authority, now or later, agrees that this guardian reads it.

    One whose authority is still to begin counts too: the answer must not outlive the facts it was made from.
    """
    agreed = {
        one.document["giver"]
        for one in holding(findings, FindingKind.AGREEMENT, at)
        if one.document["guardian"] == guardian and one.document["fragment"] in {None, fragment["id"]}
    }
    others = {
        one["person"]
        for one in authorities
        if one["authority"] == "joint" and one["person"] != guardian and _may_count(one, fragment, at)
    }
    return bool(others) and others <= agreed


def _may_count(authority: Mapping[str, Any], fragment: Mapping[str, Any], at: Instant) -> bool:
    ends = authority.get("until")
    over = ends is not None and parse_instant(ends, field="until") <= at
    scope = authority.get("scope", ALL)
    return not over and (scope == ALL or fragment["category"] in scope)


def holds_joint_authority(subject: Mapping[str, Any], person: str, at: Instant) -> bool:
    """Whether she holds joint authority over the person, for anything, at this instant."""
    for one in subject.get("authorities", ()):
        starts, ends = one.get("from"), one.get("until")
        started = starts is None or parse_instant(starts, field="from") <= at
        ended = ends is not None and parse_instant(ends, field="until") <= at
        if one["person"] == person and one["authority"] == "joint" and started and not ended:
            return True
    return False


def check_category(category: str, categories: frozenset[str]) -> None:
    """Accept `all`, or a category of the vocabulary.

    Raises:
        MalformedError: Another word.
    """
    if category != ALL and category not in categories:
        raise MalformedError("a category is not in the vocabulary", field="category")


def check_assessed(assessed_at: Instant | None, until_at: Instant | None, now: Instant) -> None:
    """Accept what was assessed, in the past, for a time that is not over as it begins.

    Raises:
        MalformedError: It lies in the future, or ends before it starts or before now.
    """
    if assessed_at is not None and assessed_at > now:
        raise MalformedError("an assessment does not lie in the future", field="at")
    if until_at is not None and until_at <= max(now, assessed_at or now):
        raise MalformedError("a finding ends after it is recorded", field="until")


def capacity_document(
    agency: AgencyId | None, category: str, *, capable: bool, assessed_by: str, grounds: str
) -> dict[str, Any]:
    found = {"category": category, "capable": capable, "assessed_by": assessed_by, "grounds": grounds}
    return {"agency": agency, **found}


def harm_document(
    owner: AgencyId,
    to: Iterable[str],
    *,
    categories: Literal["all"] | tuple[str, ...],
    fragment: str | None,
    grounds: str,
) -> dict[str, Any]:
    named = ALL if categories == ALL else sorted(categories)
    return {
        "owner": owner,
        "to": sorted(set(to)),
        "categories": named,
        "fragment": fragment,
        "grounds": grounds,
    }
