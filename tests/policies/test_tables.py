"""The decision tables, answered by the embedded engine."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.adapters.policy.answer import parse_text
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.codes import OBLIGATIONS, REASONS
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.engine import ANSWER, DECISION
from gateway.adapters.policy.selftest import KnownAnswers
from gateway.adapters.policy.tables import Row, read_rows
from gateway.http.words import read_words
from tests.policies.conftest import Ask

FOLDER = Path(__file__).parent / "tables"


def _read(path: Path) -> dict[str, Any]:
    table = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(table, dict)
    return table


def _rows() -> Iterator[tuple[str, Row]]:
    base = _read(FOLDER / "base.yaml")
    for path in sorted(FOLDER.glob("*.yaml")):
        table = _read(path)
        if "rows" in table:
            for row in read_rows({**base, **table}):
                yield f"{path.stem}: {row.name}", row


ROWS = dict(_rows())


@pytest.mark.parametrize("name", ROWS)
def test_a_situation_gets_the_answer_that_is_right(name: str, ask: Ask) -> None:
    row = ROWS[name]
    assert row.differences(ask(row.document)) == ()


@pytest.mark.parametrize("name", ROWS)
def test_an_answer_is_exactly_an_answer(name: str, policy: EmbeddedPolicy) -> None:
    decision = policy.decide_document(ROWS[name].document)
    assert "log_access" in decision.obligations


BASES = {
    "ADMIN_NO_CONTENT": "administration",
    "AUDIT_METADATA_ONLY": "oversight",
    "BREAK_GLASS": "emergency",
    "CONSENT_PERMITS": "consent",
    "CONSENT_RECORDED": "recording",
    "COURT_ORDER_REQUIRES": "court_order",
    "DECIDER_MAY_CONSENT": "decider",
    "DECIDER_MAY_REFUSE": "decider",
    "DECIDER_MAY_WITHDRAW": "decider",
    "DEIDENTIFIED_CONSULTATION": "deidentified_consultation",
    "DUTY_TO_REPORT": "duty_to_report",
    "FAMILY_COPY": "family_right",
    "GUARDIAN_ACCESS": "family_right",
    "OWNER_ACCESS": "owner_use",
    "PRESUMED_CONSENT": "presumed",
    "SELF_ACCESS": "family_right",
    "SHARED_SECRET": "shared_secret",
    "STATUTORY_DEMAND": "statutory_demand",
    "SUBJECT_ACCESS_LOG": "family_right",
    "SYSTEM_ROUTING": "routing",
    "WITHDRAWAL_RECORDED": "recording",
}
GATES = {code: text.rules for code, text in read_words().reasons.items()}


def misplaced(row: Row, answer: Mapping[str, Any], way: Mapping[str, Any]) -> tuple[str, ...]:
    """What an answer says otherwise of the gate that it came from and of what it rests on."""
    right = "none" if row.decision == "deny" else BASES[row.reasons[0]]
    pairs = (
        ("basis", right, answer.get("basis")),
        ("gate", True, way.get("gate") in GATES[row.reasons[0]]),
        (
            "a consent that carries is named",
            row.reasons[0] == "CONSENT_PERMITS",
            bool(answer.get("consents_used")),
        ),
    )
    return tuple(f"{name}: expected {right}, got {got}" for name, right, got in pairs if right != got)


@pytest.mark.parametrize("name", ROWS)
def test_an_answer_comes_from_a_gate_of_its_reason_and_names_its_basis(
    name: str, policy: EmbeddedPolicy
) -> None:
    document = ROWS[name].document
    answer, way = (parse_text(policy.engine().ask(rule, document)) for rule in (DECISION, ANSWER))
    assert isinstance(answer, dict)
    assert isinstance(way, dict)
    assert misplaced(ROWS[name], answer, way) == ()


def test_every_reason_stands_in_some_row() -> None:
    assert {reason for row in ROWS.values() for reason in row.reasons} == REASONS


def test_every_obligation_stands_in_some_row() -> None:
    assert {one for row in ROWS.values() for one in row.obligations} | {"log_access"} == OBLIGATIONS


def test_every_known_answer_is_a_row_of_the_tables(bundle: Bundle) -> None:
    for known in KnownAnswers.of(bundle).rows:
        table, name = known.name.split(": ", 1)
        row = ROWS[f"{table.replace(' ', '_')}: {name}"]
        assert replace(row, name=known.name) == known


def test_a_misspelt_row_is_refused() -> None:
    table = {"base": {}, "directive": {}, "rows": {"a": {"decision": "deny", "reasons": [], "witheld": []}}}
    with pytest.raises(KeyError):
        list(read_rows(table))
