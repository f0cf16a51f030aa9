"""The tables that the rules' text gives whole, cell by cell."""

import pytest

from tests.policies.conftest import Ask
from tests.policies.grids import GRIDS


@pytest.mark.parametrize("grid", GRIDS)
def test_every_cell_of_a_table_is_as_the_rules_have_it(grid: str, ask: Ask) -> None:
    cells = list(GRIDS[grid]())
    wrong = [cell.name for cell in cells if not cell.is_right(ask(cell.document))]
    assert len(cells) > 13
    assert wrong == []
