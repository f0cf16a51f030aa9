"""Every situation of the decision tables that acts can bring about, asked over HTTP of a whole gateway."""

from collections import Counter
from pathlib import Path
from typing import Any

from gateway.adapters.policy.tables import Row
from tests.policies.test_tables import ROWS
from tests.twin.running import Case, run


def _case(row: Row) -> Case:
    expect: dict[str, Any] = {
        "decision": row.decision,
        "reasons": row.reasons,
        "obligations": row.obligations,
        "redacted_sections": row.withheld,
        "disclose_existence": not row.hidden,
    }
    return row.document, expect


async def test_the_gateway_answers_as_the_tables_say(tmp_path: Path) -> None:
    cases = {name: _case(row) for name, row in ROWS.items()}
    told = await run(cases, tmp_path)
    assert told.differing == {}
    assert told.agreeing > len(cases) // 2
    print(Counter(told.unstorable.values()), told.agreeing, len(cases))
