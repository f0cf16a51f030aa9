"""A declared emergency: one person, named categories, a few hours, by one worker who answers for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.caller import Caller
from gateway.domain.findings import Finding, FindingKind
from gateway.domain.instants import Instant, to_text

PURPOSE = "emergency"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a worker declares, in the policy's own codes; whether it suffices, the policy says.

    `delay_family_notice` is her reason for not telling the family yet, empty where there is none.
    """

    risk: str
    justification: str = field(repr=False)
    consent_unobtainable: bool
    categories: tuple[str, ...]
    delay_family_notice: str = field(default="", repr=False)

    def to_document(self) -> dict[str, Any]:
        """Say it in the policy's fields, less whom it is about and since when."""
        document = {
            "risk": self.risk,
            "justification": self.justification,
            "consent_unobtainable": self.consent_unobtainable,
            "categories": list(self.categories),
        }
        return (
            document
            if not self.delay_family_notice
            else {**document, "delay_family_notice": self.delay_family_notice}
        )


def to_finding_document(declared: Declaration, caller: Caller) -> dict[str, Any]:
    """Say what is kept: the declaration, and whose it is."""
    return {**declared.to_document(), "worker": caller.account}


def own_declaration(finding: Finding | None, caller: Caller) -> Mapping[str, Any] | None:
    """Give the policy's `break_glass` of a declaration of this worker's; None of another's, or of nothing."""
    if finding is None or finding.kind is not FindingKind.EMERGENCY:
        return None
    if finding.document.get("worker") != caller.account:
        return None
    return declaration_of(finding)


def declaration_of(finding: Finding) -> dict[str, Any]:
    """Give the policy's `break_glass` of a declaration, whosever it is."""
    kept = {name: value for name, value in finding.document.items() if name != "worker"}
    return {"declared_at": to_text(finding.recorded_at), "subject": finding.person, **kept}


def ends_at(declared_at: Instant, hours: int) -> Instant:
    """Find the first instant at which it holds no longer; there is no renewal."""
    return Instant(declared_at + hours * 3_600_000_000)
