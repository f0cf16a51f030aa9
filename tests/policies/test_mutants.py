"""Each small wrong in a rule is noticed by the tables, or listed with the reason why it changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from gateway.adapters.policy.answer import parse_text
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.engine import ANSWER, DECISION, DECISIONS, VIEWS, Interpreter
from gateway.adapters.policy.tables import Row
from gateway.domain.access import Viewer
from gateway.domain.errors import GatewayError
from tests.policies import audience_table
from tests.policies.audience_cells import ALONE, CELLS, ENTRY, VIEWERS, situation
from tests.policies.grids import GRIDS, Cell, Json
from tests.policies.mutants import Mutant, mutants
from tests.policies.test_tables import ROWS, misplaced
from tests.support.proof import Proof

KILL_SCORE = 0.97
SAMPLE = 40
SURVIVORS: dict[str, str] = (
    yaml.safe_load(Path(__file__).with_name("survivors.yaml").read_text(encoding="utf-8")) or {}
)


def test_a_sample_of_mutants_is_noticed(bundle: Bundle) -> None:
    every = list(mutants(bundle))
    sample = every[:: len(every) // SAMPLE]
    survived = [mutant.name for mutant in sample if _outcome(bundle, mutant) == "survived"]
    assert [name for name in survived if name not in SURVIVORS] == []


@pytest.mark.prove
def test_mutants_are_noticed(bundle: Bundle, proof: Proof) -> None:
    outcomes = {mutant.name: _outcome(bundle, mutant) for mutant in mutants(bundle)}
    killed = sum(outcome == "killed" for outcome in outcomes.values())
    survived = sorted(name for name, outcome in outcomes.items() if outcome == "survived")
    stillborn = len(outcomes) - killed - len(survived)
    score = killed / (killed + len(survived))
    proof.line(
        f"{len(outcomes)} mutants: {killed} noticed, {len(survived)} survived, {stillborn} do not load; "
        f"score {score:.4f}"
    )
    for name in survived:
        proof.line(f"survived: {name}: {SURVIVORS.get(name, 'NO REASON GIVEN')}")
    assert [name for name in survived if name not in SURVIVORS] == []
    assert score >= KILL_SCORE


def test_no_survivor_is_listed_that_is_no_mutant(bundle: Bundle) -> None:
    assert SURVIVORS.keys() <= {mutant.name for mutant in mutants(bundle)}


def _outcome(bundle: Bundle, mutant: Mutant) -> str:
    try:
        interpreter = Interpreter(mutant.put_into(bundle))
    except GatewayError:
        return "stillborn"
    try:
        return "killed" if _is_noticed(interpreter) else "survived"
    except GatewayError:
        return "killed"


def _is_noticed(interpreter: Interpreter) -> bool:
    """Whether anything written down tells the mutant; what costs least is asked first."""
    cells = (cell for grid in GRIDS.values() for cell in grid())
    return (
        any(_cell_notices(interpreter, *cell) for cell in _audience())
        or _list_notices(interpreter, list(ROWS.values())[:3])
        or any(_row_notices(interpreter, row) for row in ROWS.values())
        or any(_way_notices(interpreter, row) for row in ROWS.values())
        or any(_grid_notices(interpreter, cell) for cell in cells)
    )


def _row_notices(interpreter: Interpreter, row: Row) -> bool:
    answer = parse_text(interpreter.ask(DECISION, row.document))
    assert isinstance(answer, dict)
    return row.differences(answer) != ()


def _way_notices(interpreter: Interpreter, row: Row) -> bool:
    answer, way = (parse_text(interpreter.ask(rule, row.document)) for rule in (DECISION, ANSWER))
    assert isinstance(answer, dict)
    assert isinstance(way, dict)
    return misplaced(row, answer, way) != ()


def _audience() -> Iterator[tuple[Json, dict[Viewer, str]]]:
    for changed, given, levels in CELLS.values():
        yield _asked(changed, given, VIEWERS), dict(zip(VIEWERS, levels, strict=True))
    alone = (ALONE, audience_table.cells(), audience_table.OVERSEEN)
    for changed, given, viewer, level in (cell for cells in alone for cell in cells.values()):
        yield _asked(changed, given, (viewer,)), {viewer: level}


def _asked(changed: Json, given: Json, viewers: Sequence[Viewer]) -> Json:
    return {
        "query": situation(given),
        "entry": {**ENTRY, **changed},
        "viewers": [viewer.to_policy() for viewer in viewers],
    }


def _cell_notices(interpreter: Interpreter, asked: Json, right: Mapping[Viewer, str]) -> bool:
    answer = parse_text(interpreter.ask(VIEWS, asked))
    return answer != {viewer.person: level for viewer, level in right.items()}


def _list_notices(interpreter: Interpreter, rows: Sequence[Row]) -> bool:
    answers = parse_text(interpreter.ask(DECISIONS, {"queries": [row.document for row in rows]}))
    assert isinstance(answers, list)
    return len(answers) != len(rows) or any(
        row.differences(answer) != () for row, answer in zip(rows, answers, strict=True)
    )


def _grid_notices(interpreter: Interpreter, cell: Cell) -> bool:
    answer = parse_text(interpreter.ask(DECISION, cell.document))
    assert isinstance(answer, dict)
    return not cell.is_right(answer)
