"""Each small wrong in a rule is noticed by the tables, or listed with the reason why it changes nothing."""

from pathlib import Path

import pytest
import yaml

from gateway.adapters.policy.answer import parse_text
from gateway.adapters.policy.bundle import Bundle
from gateway.adapters.policy.engine import DECISION, VIEWS, Interpreter
from gateway.adapters.policy.tables import Row
from gateway.domain.errors import GatewayError
from tests.policies.audience_cells import CELLS, ENTRY, VIEWERS, situation
from tests.policies.mutants import Mutant, mutants
from tests.policies.test_tables import ROWS
from tests.support.proof import Proof

KILL_SCORE = 0.95
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
        if any(_row_notices(interpreter, row) for row in ROWS.values()):
            return "killed"
        return "killed" if any(_cell_notices(interpreter, name) for name in CELLS) else "survived"
    except GatewayError:
        return "killed"


def _row_notices(interpreter: Interpreter, row: Row) -> bool:
    answer = parse_text(interpreter.ask(DECISION, row.document))
    assert isinstance(answer, dict)
    return row.differences(answer) != ()


def _cell_notices(interpreter: Interpreter, name: str) -> bool:
    changed, given, right = CELLS[name]
    asked = {
        "query": situation(given),
        "entry": {**ENTRY, **changed},
        "viewers": [{"person": viewer.person, "role": viewer.role} for viewer in VIEWERS],
    }
    answer = parse_text(interpreter.ask(VIEWS, asked))
    return answer != dict(zip((viewer.person for viewer in VIEWERS), right, strict=True))
