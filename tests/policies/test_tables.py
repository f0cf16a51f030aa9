"""The decision tables, answered by the embedded engine."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.adapters.policy.codes import OBLIGATIONS, REASONS
from gateway.adapters.policy.embedded import EmbeddedPolicy
from gateway.adapters.policy.tables import Row, read_rows
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


def test_every_reason_stands_in_some_row() -> None:
    assert {reason for row in ROWS.values() for reason in row.reasons} == REASONS


def test_every_obligation_stands_in_some_row() -> None:
    assert {one for row in ROWS.values() for one in row.obligations} | {"log_access"} == OBLIGATIONS


def test_a_misspelt_row_is_refused() -> None:
    table = {"base": {}, "directive": {}, "rows": {"a": {"decision": "deny", "reasons": [], "witheld": []}}}
    with pytest.raises(KeyError):
        list(read_rows(table))
