"""Why an answer is what it is: the gates in their order, and what each consent said."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gateway.adapters.policy.answer import parse_text
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.engine import ANSWER, DECISION, FINDINGS, Engine
from gateway.domain.errors import PolicyUnavailableError

_WORDS = "gateway/explanation/data.yaml"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The engine's answer and the way to it, one sentence a line."""

    answer: Mapping[str, Any]
    way: tuple[str, ...]


def explain(bundle: Bundle, engine: Engine, document: Mapping[str, Any]) -> Explanation:
    """Ask again and tell the way.

    Raises:
        PolicyUnavailableError: The engine raised or gave no answer.
    """
    answer = _object(parse_text(engine.ask(DECISION, document)))
    gate = str(_object(parse_text(engine.ask(ANSWER, document)))["gate"])
    way = list(_gates(bundle.document(_WORDS), gate, answer))
    if gate.startswith("P"):
        way.extend(_consents(engine, document))
    return Explanation(answer, tuple(way))


def _gates(words: Mapping[str, Any], gate: str, answer: Mapping[str, Any]) -> Iterator[str]:
    branch = {"P": "professional", "F": "family"}.get(gate[0])
    steps = [*words["gates"], *(words[branch] if branch else ())]
    for step in steps:
        if step["id"] == gate:
            reasons = ", ".join(answer["reasons"])
            yield f"{gate:>3}  {step['words']}: {answer['decision']}, {reasons}"
            return
        yield f"{step['id']:>3}  {step['words']}: passed on"


def _consents(engine: Engine, document: Mapping[str, Any]) -> Iterator[str]:
    directives = document.get("consents", [])
    findings = _pairs(parse_text(engine.ask(FINDINGS, document)))
    for label, said in findings:
        for finding in said:
            directive = directives[finding["index"]]
            yield (
                f"     {label}: {directive['id']} version {directive['version']} "
                f"({finding['side']}) says {finding['effect']}"
            )
        if not said:
            yield f"     {label}: no consent in force speaks for or against"


def _pairs(value: object) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for label, said in sorted(_object(value).items()):
        # The engine writes a composite key as JSON inside the key.
        yield label.strip('[]"').replace('","', " "), said


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise PolicyUnavailableError("the policy engine gave no answer")
    return value
