"""Every row of the decision tables as a bundle that `opa test` reads beside the policies.

    python -m tests.policies.rows_for_opa FOLDER

The reference engine then judges each row by itself, and says how much of the policies the rows reach.
"""

import json
import sys
from pathlib import Path
from typing import Any

from tests.policies import audience_table
from tests.policies.audience_cells import ALONE, CELLS, ENTRY, VIEWERS, situation
from tests.policies.grids import GRIDS
from tests.policies.test_tables import ROWS

_TEST = """package tables.rows_test

wrong contains name if {
	some name, row in data.tables.rows
	not _right(row)
}

_right(row) if {
	answer := data.gateway.main.decision with input as row.input
	answer.decision == row.decision
	answer.reasons == row.reasons
	answer.obligations == {one | some one in row.obligations}
	answer.redacted_sections == {one | some one in row.withheld}
	answer.disclose_existence != row.hidden
	data.gateway.main.answer.gate with input as row.input
}

test_every_row if wrong == set()

test_every_audience if {
	every cell in data.tables.audiences {
		views := data.gateway.wire.views with input as cell.input
		views.answer == cell.views
	}
}

test_lists if {
	every chunk in data.tables.lists {
		said := data.gateway.wire.decisions with input as {"nonce": "n", "queries": chunk}
		count(said.answer) == count(chunk)
	}
}

test_findings if {
	some row in data.tables.rows
	data.gateway.consent.findings with input as row.input
}

test_language if data.gateway.wire.language.answer with input as {"nonce": "n"}
"""


def write(folder: Path) -> None:
    """Write the bundle `tables` into this folder."""
    rows = {
        name: {
            "input": row.document,
            "decision": row.decision,
            "reasons": list(row.reasons),
            "obligations": sorted(row.obligations | {"log_access"}),
            "withheld": sorted(row.withheld),
            "hidden": row.hidden,
        }
        for name, row in ROWS.items()
    }
    alone = (*ALONE.values(), *audience_table.cells().values(), *audience_table.OVERSEEN.values())
    audiences: list[dict[str, Any]] = [
        {
            "input": {
                "nonce": "n",
                "query": situation(given),
                "entry": {**ENTRY, **changed},
                "viewers": [viewer.to_policy() for viewer in viewers],
            },
            "views": {viewer.person: level for viewer, level in zip(viewers, levels, strict=True)},
        }
        for changed, given, viewers, levels in (
            *((changed, given, VIEWERS, levels) for changed, given, levels in CELLS.values()),
            *((changed, given, (viewer,), (level,)) for changed, given, viewer, level in alone),
        )
    ]
    cells = [cell.document for grid in GRIDS.values() for cell in list(grid())[::8]]
    lists = [cells[at : at + 50] for at in range(0, len(cells), 50)]
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    (folder / ".manifest").write_text('{"roots": ["tables"], "rego_version": 1}', encoding="utf-8")
    tables = {"rows": rows, "audiences": audiences, "lists": lists}
    (folder / "tables" / "data.json").write_text(json.dumps(tables), encoding="utf-8")
    (folder / "tables" / "rows_test.rego").write_text(_TEST, encoding="utf-8")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
