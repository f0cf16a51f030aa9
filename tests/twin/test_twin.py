"""Every situation of the decision tables that acts can bring about, asked over HTTP of a whole gateway."""

from pathlib import Path
from typing import Any

from gateway.adapters.policy.tables import Row
from tests.policies.test_tables import ROWS
from tests.twin.running import Case, run

MOST_UNSTORABLE = 160
"""Rows of inputs that the gateway itself never makes: malformed, missing or contradictory ones."""


async def test_the_gateway_answers_over_http_as_the_tables_say(tmp_path: Path) -> None:
    told = await run({name: _case(row) for name, row in ROWS.items()}, tmp_path)
    assert told.differing == {}
    assert len(told.unstorable) <= MOST_UNSTORABLE
    assert told.agreeing == len(ROWS) - len(told.unstorable)


def _case(row: Row) -> Case:
    expect: dict[str, Any] = {
        "decision": row.decision,
        "reasons": row.reasons,
        "obligations": row.obligations,
        "redacted_sections": row.withheld,
        "disclose_existence": not row.hidden,
    }
    return row.document, expect
