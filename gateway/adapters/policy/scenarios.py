"""Worked scenarios: complete policy inputs with the answer that is expected of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.domain.access import Decision
from gateway.domain.errors import MalformedError, PolicyContractError, PolicyUnavailableError

_PARTS = ("subject", "consents", "actor", "action", "purpose", "fragment", "context")
_EXPECTED = frozenset({"decision", "reasons", "obligations", "redacted_sections", "disclose_existence"})
_ALWAYS = "log_access"


class Decides(Protocol):
    """What the comparison needs of an engine: the decision on one complete policy input."""

    def decide_document(self, document: Mapping[str, Any]) -> Decision: ...


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    expected: object
    got: object


@dataclass(frozen=True, slots=True)
class Compared:
    id: str
    title: str
    group: str
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """How the scenarios of a file came out."""

    scenarios: tuple[Compared, ...]

    @property
    def differing(self) -> tuple[Compared, ...]:
        return tuple(one for one in self.scenarios if one.differences)

    @property
    def total(self) -> int:
        return len(self.scenarios)

    @property
    def agreeing(self) -> int:
        return self.total - len(self.differing)

    @property
    def groups(self) -> dict[str, tuple[int, int]]:
        """Group to how many agree, and how many there are."""
        groups: dict[str, tuple[int, int]] = {}
        for one in self.scenarios:
            agreeing, total = groups.get(one.group, (0, 0))
            groups[one.group] = (agreeing + (not one.differences), total + 1)
        return groups


def check_scenarios(policy: Decides, scenarios: Sequence[Mapping[str, Any]]) -> Checked:
    """Decide each scenario and compare it with what it expects.

    Raises:
        MalformedError: A scenario expects nothing readable.
    """
    return Checked(tuple(_compare(policy, scenario) for scenario in scenarios))


def policy_input(scenario: Mapping[str, Any]) -> dict[str, Any]:
    """The policy input of a scenario; a document that is one already is returned as it stands."""
    if "jurisdiction" not in scenario:
        return dict(scenario)
    return {"profile": scenario["jurisdiction"]} | {
        part: scenario[part] for part in _PARTS if part in scenario
    }


def simulate_unavailable(document: Mapping[str, Any]) -> str | None:
    """The reason an enforcement point gives while these dependencies are down, or None if all answer.

    Without the ledger there is no entry and nothing is released; a report needs nothing else.
    """
    context = document.get("context")
    down = context.get("unavailable") if isinstance(context, dict) else None
    if not down:
        return None
    if "audit" in down:
        return "AUDIT_UNAVAILABLE"
    return None if document.get("action") == "submit_report" else "POLICY_UNAVAILABLE"


def _compare(policy: Decides, scenario: Mapping[str, Any]) -> Compared:
    expect = scenario.get("expect")
    if not isinstance(expect, dict) or not expect.keys() >= _EXPECTED:
        raise MalformedError("a scenario does not say what is expected", field=str(scenario.get("id")))
    answer = _decide(policy, policy_input(scenario))
    return Compared(
        id=str(scenario.get("id")),
        title=str(scenario.get("title", "")),
        group=str(scenario.get("group", "")),
        differences=tuple(_differences(expect, answer)),
    )


def _decide(policy: Decides, document: Mapping[str, Any]) -> dict[str, Any]:
    down = simulate_unavailable(document)
    if down is not None:
        return _refusal(down)
    try:
        decision = policy.decide_document(document)
    except (PolicyUnavailableError, PolicyContractError):
        return _refusal("POLICY_UNAVAILABLE")
    return {
        "decision": str(decision.outcome),
        "reasons": list(decision.reasons),
        "obligations": sorted(decision.obligations - {_ALWAYS}),
        "redacted_sections": sorted(decision.withheld),
        "disclose_existence": decision.disclose_existence,
    }


def _refusal(reason: str) -> dict[str, Any]:
    # What an enforcement point answers where the policy does not.
    return {
        "decision": "deny",
        "reasons": [reason],
        "obligations": [],
        "redacted_sections": [],
        "disclose_existence": True,
    }


def _differences(expect: Mapping[str, Any], answer: Mapping[str, Any]) -> Iterator[Difference]:
    for what in ("decision", "disclose_existence"):
        if answer[what] != expect[what]:
            yield Difference(what, expect[what], answer[what])
    right, got = list(expect["reasons"]), answer["reasons"]
    # The primary reason is exact; the other expected ones must be there too.
    if right[:1] != got[:1] or not set(right) <= set(got):
        yield Difference("reasons", right, got)
    for what in ("obligations", "redacted_sections"):
        if set(answer[what]) != set(expect[what]) - {_ALWAYS}:
            yield Difference(what, sorted(expect[what]), answer[what])
