"""`gateway policy check` and `explain`."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.adapters.policy.scenarios import simulate_unavailable
from gateway.adapters.policy.tables import Row
from gateway.cli.failure import CommandError
from gateway.cli.policy import app
from tests.policies.test_tables import ROWS


def _scenario(row: Row) -> dict[str, Any]:
    document = dict(row.document)
    return {
        "id": "T1",
        "group": "consents",
        "title": row.name,
        "jurisdiction": document.pop("profile"),
        **document,
        "expect": {
            "decision": row.decision,
            "reasons": list(row.reasons),
            "obligations": sorted(row.obligations),
            "redacted_sections": sorted(row.withheld),
            "disclose_existence": not row.hidden,
        },
    }


RIGHT = _scenario(ROWS["consents: one section of two"])


def write(path: Path, *scenarios: dict[str, Any]) -> str:
    path.write_text(json.dumps({"scenarios": list(scenarios)}), encoding="utf-8")
    return str(path)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_agreement_is_counted_and_ends_with_zero(tmp_path: Path) -> None:
    result = _run("check", write(tmp_path / "s.json", RIGHT))
    assert result.exit_code == 0
    assert "1 of 1 agree" in result.output


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("decision", "deny"),
        ("reasons", ["NO_CONSENT"]),
        ("reasons", ["CONSENT_PERMITS", "YOUTH_DECISION_PREVAILS"]),
        ("obligations", ["no_redisclosure"]),
        ("redacted_sections", []),
        ("disclose_existence", False),
    ],
)
def test_a_difference_is_shown_and_ends_with_one(tmp_path: Path, field: str, value: object) -> None:
    wrong = {**RIGHT, "expect": {**RIGHT["expect"], field: value}}
    result = _run("check", write(tmp_path / "s.json", RIGHT, wrong), "--json")
    assert result.exit_code == 1
    report = json.loads(result.output)
    assert (report["agree"], report["of"]) == (1, 2)
    assert list(report["differences"][0]["differences"]) == [field]


def test_text_shows_expected_and_got(tmp_path: Path) -> None:
    wrong = {**RIGHT, "expect": {**RIGHT["expect"], "decision": "deny"}}
    result = _run("check", write(tmp_path / "s.json", wrong))
    assert "decision: expected deny, got permit" in result.output
    assert "consents: 0 of 1" in result.output


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"scenarios": 1}', '{"scenarios": []}', '{"scenarios": [{"id": "x"}]}', '{"a": NaN}'],
)
def test_an_unreadable_file_is_wrong_usage(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.json"
    path.write_text(text, encoding="utf-8")
    result = _run("check", str(path))
    assert isinstance(result.exception, CommandError)
    assert result.exception.exit_code == 2


def test_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    for arguments in (
        ("check", str(tmp_path / "none")),
        ("check", write(tmp_path / "s"), "--engine", "other"),
        ("check", write(tmp_path / "s"), "--bundle", str(tmp_path / "none")),
    ):
        result = _run(*arguments)
        assert isinstance(result.exception, CommandError)
        assert result.exception.exit_code == 2


def test_dependencies_that_are_down_are_simulated() -> None:
    down = {"action": "read", "context": {"unavailable": ["policy"]}}
    assert simulate_unavailable(down) == "POLICY_UNAVAILABLE"
    assert simulate_unavailable({**down, "action": "submit_report"}) is None
    assert simulate_unavailable({"context": {"unavailable": ["policy", "audit"]}}) == "AUDIT_UNAVAILABLE"
    assert simulate_unavailable({"context": {}}) is None


def test_explain_tells_the_way_of_a_scenario_and_of_an_input(tmp_path: Path) -> None:
    for content in ({"scenarios": [RIGHT]}, RIGHT, ROWS["consents: one section of two"].document):
        path = tmp_path / "s.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        result = _run("explain", str(path))
        assert result.exit_code == 0
        assert "P6  what the family said, section by section: permit, CONSENT_PERMITS" in result.output
